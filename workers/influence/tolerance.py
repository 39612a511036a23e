"""How exact the influences of words are to be where each sentence has as many points of the line as it needs."""

from dataclasses import dataclass

INTERVALS = 8
"""To begin with: with half as many, large errors of words have been seen that cancel each other in their sum."""

POINTS = 2 * INTERVALS + 1
"""The fewest that a sentence has."""

LOOKS = 2
"""How often in a row the error must be within the tolerance, since errors of different words may cancel once."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """When a sentence has enough points."""

    error: float  # that is allowed, as a share of Σ |I_s|
    most: int  # points, `POINTS` or more
