"""What a reader gives for each row of a file: fields, what is wrong with it, or why it is left out."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cypher.errors import InvalidInput

NAMED = 6
"""Of the constructions that rows are left out of, that a notice names."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A good row that asks for nothing that can be put to a model."""

    reason: str  # in words, of many: "pairs that differ in more than one word"
    of: str = ""  # its construction, or what else is to be named


Record = tuple[int, dict[str, Any] | InvalidInput | LeftOut]
"""The line that a row begins on, counted from 1, and its fields, what is wrong with the line itself, or why not."""


@dataclass(frozen=True, slots=True)
class Omissions:
    """The rows that are left out, counted by reason."""

    reasons: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def count(self, row: LeftOut) -> None:
        """One more."""
        self.reasons[row.reason][row.of] += 1

    def notices(self) -> Iterator[str]:
        """One for each reason, such as "left out: neutral sentences: 240"."""
        for reason, counts in self.reasons.items():
            named = [f"{count:,} of {of}" for of, count in counts.most_common(NAMED) if of]
            more = len([of for of in counts if of]) - len(named)
            named += [f"{more:,} others"] if more > 0 else []
            yield f"left out: {reason}: {counts.total():,}" + (f" ({', '.join(named)})" if named else "")
