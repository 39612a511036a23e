"""Ablation by hooks on the Hugging Face model itself, and layer by layer in the brute force's own forward pass.

One sentence and one choice of patterns at a time. Nothing here is shared with the engine: what patterns keep is a set
of plain tuples, and all the rest is overwritten.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from tests.oracle.brute_force import BruteForce, after_attention, embed, heads_outputs
from tests.oracle.huggingface import Bert
from tests.oracle.pre_ln import RMSPreLN
from workers.influence.blocks.post_ln import PostLN
from workers.influence.blocks.pre_ln import PreLN

SKIP = -1

Pattern = tuple[tuple[int, ...], tuple[int, ...] | None]
"""Positions of layers 0 to L, and the component of every step; None: all of them."""


def ablated_logits(
    model: Bert, ids: Sequence[int], patterns: Sequence[Pattern], level: str, replacement: Tensor | None = None
) -> Tensor:
    """The model's logits when only what the patterns use is kept.

    Args:
        level: "embedding" or "attention".
        replacement: of nodes, `[layer, pos, d]`; None for zeros.
    """
    nodes, used = _kept_by(patterns)
    length, bert = len(ids), model.bert
    with ExitStack() as hooks:
        for number, layer in enumerate(bert.encoder.layer):
            gone = [position for position in range(length) if (number, position) not in nodes]
            before = bert.embeddings if number == 0 else bert.encoder.layer[number - 1]
            instead = torch.zeros(length, model.config.hidden_size) if replacement is None else replacement[number]
            hooks.enter_context(_replaced(before, gone, instead))
            if level == "attention":
                hooks.enter_context(_cut(layer, number, used, model.config.num_attention_heads))
        return model(input_ids=torch.tensor([list(ids)])).logits[0]


def ablated_quantity(brute: BruteForce, patterns: Sequence[Pattern], level: str) -> float:
    """The quantity of interest of a sentence when only what the patterns use is kept, all else zero."""
    nodes, used = _kept_by(patterns)
    edges = brute.edges_of(brute.prefix())[None]
    hidden = embed(brute.transformer, brute.words[None, None])
    for number, layer in enumerate(brute.transformer.layers):
        assert isinstance(layer, PostLN | PreLN | RMSPreLN)
        hidden = hidden.clone()
        for position in range(brute.length):
            if (number, position) not in nodes:
                hidden[..., position, :] = 0
        outputs, skip = heads_outputs(layer, hidden, edges[:, number]), hidden.clone()
        for position in range(brute.length if level == "attention" else 0):
            if (number, SKIP, position) not in used:
                skip[..., position, :] = 0
            for head in range(layer.heads):
                if (number, head, position) not in used:
                    outputs[:, :, head, position] = 0
        hidden = after_attention(layer, skip, outputs.transpose(-2, -3).flatten(-2))
    return brute.interest(hidden[:, :, brute.target]).item()


def _kept_by(patterns: Sequence[Pattern]) -> tuple[set[tuple[int, int]], set[tuple[int, int, int]]]:
    """Nodes (layer, position), and components (layer, component, end of the step), that the patterns use."""
    nodes = {node for path, _ in patterns for node in enumerate(path)}
    used = {
        (layer, component, path[layer + 1])
        for path, components in patterns
        for layer, component in enumerate(components or ())
    }
    return nodes, used


@contextmanager
def _replaced(module: nn.Module, positions: Sequence[int], instead: Tensor) -> Iterator[None]:
    """What the module puts out at these positions is overwritten."""

    def overwrite(_module: nn.Module, _inputs: Any, output: Any) -> Any:
        hidden = output[0] if isinstance(output, tuple) else output
        for position in positions:
            hidden[0, position] = instead[position]
        return output

    handle = module.register_forward_hook(overwrite)
    yield
    handle.remove()


@contextmanager
def _cut(layer: Any, number: int, used: set[tuple[int, int, int]], heads: int) -> Iterator[None]:
    """The heads' slices and the skip connection that nothing uses arrive as zeros at the attention block's sum."""

    def overwrite(_module: nn.Module, inputs: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        context, skipped = (each.clone() for each in inputs)
        length, width = context.shape[1:]
        for position in range(length):
            if (number, SKIP, position) not in used:
                skipped[0, position] = 0
            for head in range(heads):
                if (number, head, position) not in used:
                    context[0, position, head * width // heads : (head + 1) * width // heads] = 0
        return context, skipped

    handle = layer.attention.output.register_forward_pre_hook(overwrite)
    yield
    handle.remove()
