"""Which of many influences are kept: all, or the strongest, by number or by their share of the whole."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Selection:
    """What of many influences is kept; largest absolute influences first."""

    kind: Literal["none", "top", "mass", "all"]
    amount: float = 0.0  # the number of `top`, the share of `mass`

    def most(self, count: int) -> int:
        """How many are kept of so many, at most."""
        return {"none": 0, "top": min(count, int(self.amount))}.get(self.kind, count)


ALL = Selection("all")
