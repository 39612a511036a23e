"""What may be meant by a name that is not known."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

NEAREST = 3
"""The most names to suggest."""


def nearest(wanted: str, known: Iterable[str]) -> list[str]:
    """The names that may be meant, upper and lower case being the same; empty where nothing is near.

    They are those that are equal; else those that begin with what was wanted, or hold it as whole words; else the most
    alike.
    """
    folded = wanted.casefold()
    names = {name: name.casefold() for name in sorted(known)}
    part = re.compile(rf"^{re.escape(folded)}|\b{re.escape(folded)}\b")
    alike = get_close_matches(folded, names.values(), n=1)
    ways = (
        [name for name, lower in names.items() if lower == folded],
        [name for name, lower in names.items() if part.search(lower)],
        [name for name, lower in names.items() if lower in alike],
    )
    return next(filter(None, ways), [])[:NEAREST]


def did_you_mean(wanted: str, known: Iterable[str]) -> str:
    """A question that names the nearest, with a space behind it; empty where nothing is near."""
    near = [repr(name) for name in nearest(wanted, known)]
    return f"Did you mean {' or '.join(near)}? " if near else ""
