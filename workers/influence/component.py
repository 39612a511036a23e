"""How the components of a step are numbered."""

SKIP = -1
"""The skip connection; heads count from 0."""

ALL = -2
"""In a pattern: every component of the step, the heads and where it stays the skip connection."""
