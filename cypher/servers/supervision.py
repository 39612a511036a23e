"""What is to run, and how often it had to be restarted: a small file each, which outlives whoever wrote it."""

import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from cypher.servers.daemon import write_private

WINDOW = 3600.0
"""Seconds in which restarts are counted against the limit."""
LIMIT = 60
"""Restarts within the window, after which the supervisor gives up."""


@dataclass(frozen=True, slots=True)
class Supervision:
    """The state of one server or process that is to run: from its start until it is stopped."""

    options: tuple[str, ...] = ()  # of its command line
    restarts: int = 0  # since it was started
    recent: tuple[float, ...] = ()  # when those of the last hour were, in seconds since the epoch
    cause: str | None = None  # of the last restart
    gave_up: str | None = None  # why it is not restarted any more

    def restarted(self, cause: str) -> Self:
        """After one more restart."""
        now = time.time()
        recent = (*(each for each in self.recent if now - WINDOW < each <= now), now)
        return replace(self, restarts=self.restarts + 1, recent=recent[-LIMIT:], cause=cause)

    @property
    def exhausted(self) -> bool:
        """Has it been restarted as often as it may be?"""
        return len(self.recent) >= LIMIT and self.recent[-LIMIT] > time.time() - WINDOW


def read(file: Path) -> Supervision | None:
    """What is known of it; None where it is not to run."""
    try:
        known: dict[str, Any] = json.loads(file.read_text())
        options, recent = tuple(known.pop("options")), tuple(known.pop("recent"))
        return Supervision(options=options, recent=recent, **known)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError):  # of another version, or damaged
        return Supervision()


def write(file: Path, supervision: Supervision) -> None:
    """Remember it, whole or not at all."""
    write_private(file, json.dumps(asdict(supervision)))


def begin(file: Path, options: tuple[str, ...] = ()) -> None:
    """From now on it is to run. What is known of its restarts stays, unless the supervisor has given up."""
    known = read(file)
    if known is None or known.gave_up or known.options != options:
        write(file, Supervision(options))


def end(file: Path) -> None:
    """From now on it is not to run."""
    file.unlink(missing_ok=True)
