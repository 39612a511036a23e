"""Sums that come out the same, to the last bit, in whatever order their terms are added."""

GRID = 2.0**30


def rounded(value: float) -> float:
    """The nearest multiple of 2^-30.

    Floating-point sums of such multiples are exact while they stay below 2^23, and so have no order.
    """
    return round(value * GRID) / GRID
