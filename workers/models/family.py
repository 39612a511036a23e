"""What a family of models tells of itself, so that nothing else needs to know it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from workers.influence.blocks.transformer import Transformer
from workers.models.checkpoint import Layout
from workers.models.objective import Objective


@dataclass(frozen=True, slots=True)
class Family:
    """Models of one kind of layer, with the heads that are read.

    `check` raises `ModelError` where config.json asks for what the rules do not cover; what it passes, `layout` and
    `build` can rely on.
    """

    model_type: str  # as config.json calls the family
    architectures: Mapping[str, frozenset[str]]  # names as in config.json; of each, weights that only its head has
    bare: str  # name of the encoder without a head
    prefix: str  # of the names of the encoder's weights
    undecided: frozenset[str]  # names whose checkpoints may hold any of these heads: the weights tell which
    tokenizers: frozenset[str]  # classes of `tokenizers.models` that its tokenizer may be
    check: Callable[[Mapping[str, Any], str, str], Any]  # config.json, the architecture, the file: a checked config
    layout: Callable[[Any, str], Layout]  # by config and architecture
    build: Callable[[dict[str, Tensor], Any, str], tuple[Transformer, Objective]]  # of the weights that `layout` names

    skips_padding: bool = False  # are positions counted without the tokens that fill up texts?
    exact: bool = True  # does the library compute all of it in the dtype of the weights?

    def told_by(self, weights: set[str]) -> str | None:
        """The first architecture whose head is among the weights of these names, beside an encoder of this family."""
        if not any(name.startswith(self.prefix) for name in weights):
            return None
        return next((name for name, own in self.architectures.items() if own & weights), None)
