"""How sentences are laid over each other: by position, or by role where they differ in length."""

from typing import Literal

Align = Literal["position", "role"]
Place = int | str
"""A position or a role."""
