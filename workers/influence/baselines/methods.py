"""What baseline patterns are found by (paper, appendix C), and at which levels each method has them."""

from collections.abc import Mapping
from typing import Literal

Level = Literal["embedding", "attention"]

METHODS: Mapping[str, tuple[Level, ...]] = {
    "attention": ("embedding",),
    "attention_raw": ("embedding",),
    "conductance": ("embedding",),
    "internal": ("embedding",),
    "random": ("embedding", "attention"),
    "repl_skip": ("attention",),
}
"""By name; `workers.influence.baselines.baselines` says how each works."""
