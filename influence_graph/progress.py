"""How far a long call is: a bar, where someone watches."""

import sys

from tqdm import tqdm

SECONDS = 1.0
"""After which a call counts as long."""


class Bar:
    """A bar on the terminal or under the notebook's cell; nothing elsewhere, and nothing of what takes no time."""

    def __init__(self, doing: str, unit: str):
        self._doing = doing
        self._unit = unit
        self._bar: tqdm | None = None

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` are done."""
        if self._bar is None:
            watched = sys.stderr.isatty() or "ipykernel" in sys.modules
            self._bar = tqdm(
                total=total, initial=done - 1, desc=self._doing, unit=self._unit, delay=SECONDS, disable=not watched
            )
        self._bar.update(done - self._bar.n)
        if done == total:
            self._bar.close()
