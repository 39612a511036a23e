"""How the components of a step are numbered."""

SKIP = -1
"""The skip connection; heads count from 0."""
