"""What is ablated, and how: everything that can change a number of an ablation, besides the results it starts from."""

from dataclasses import dataclass
from typing import Literal, get_args

from cypher.errors import InvalidInput
from cypher.store.records import Level

Replace = Literal["zeros", "mean"]

LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, slots=True)
class AblationSettings:
    """Which ablations are made of an instance. Immutable and comparable.

    Raises:
        InvalidInput: a value out of range; the message names the field, the value and the fix.
    """

    methods: tuple[str, ...] | None = None  # None: all that there are
    levels: tuple[Level, ...] = LEVELS
    replace: Replace = "zeros"  # what stands in for nodes that are not kept: zeros, or the task's mean activation
    draws: int = 50  # of random patterns
    seed: int = 0  # of those draws

    def __post_init__(self) -> None:
        for field, chosen in (("methods", self.methods), ("levels", self.levels)):
            if chosen is not None and (not chosen or len(set(chosen)) < len(chosen)):
                raise InvalidInput(field, f"{', '.join(chosen)!r} is not a choice", "Name one or more, each once.")
        for level in self.levels:
            if level not in LEVELS:
                raise InvalidInput(
                    "levels", f"{level!r} is not a level", f"Use {' and '.join(LEVELS)}, or one of them."
                )
        if self.replace not in get_args(Replace):
            raise InvalidInput("replace", f"{self.replace!r} is not known", f"Use {' or '.join(get_args(Replace))}.")
        if self.draws < 1:
            raise InvalidInput("draws", f"{self.draws} is too few", "Use 1 or more; the paper has 50.")


@dataclass(frozen=True, slots=True)
class Ablation:
    """One way to ablate an instance."""

    method: str
    level: Level | None  # None where nothing is ablated, at neither level

    def sets(self, draws: int) -> int:
        """How many sets of nodes and components it keeps, one after the other."""
        return draws if self.method == "random" else 1
