"""How tensors are laid out, and how rows of them are picked.

Nodes of a layer are `[batch, node, sample, d]`; what attention works on is per head, `[batch, sample, head, node, dh]`.
A *row* is a tangent or gradient that sits at one node of a layer, or at all of them: `nodes [batch, row]` says at
which, None means all nodes in order. Its *places* are the nodes it sits at: one, or all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

Nodes = Int[Tensor, "batch row"] | None
"""The nodes that rows are at; None: all there are, in order."""

BY_NODE, BY_HEAD, BY_PLACE = 2, 1, 3
"""The samples' axis: of `[batch, node, sample, d]`, `[batch, sample, head, …]` and `[batch, row, place, sample, d]`."""


@dataclass(frozen=True)
class Selection:
    """Sentences that are chosen from the batches of several runs of samples; they are in all of them."""

    rows: Sequence[Int[Tensor, " chosen"] | None]  # of each run's batch; None: all, in order

    def join(self, runs: Sequence[Tensor], axis: int) -> Tensor:
        """The chosen sentences' values, the samples of all runs one after the other along their axis; a copy."""
        pairs = zip(runs, self.rows, strict=True)
        return torch.cat([values if rows is None else values.index_select(0, rows) for values, rows in pairs], axis)

    def of_one(self, values: Shaped[Tensor, "batch *rest"]) -> Shaped[Tensor, "chosen *rest"]:
        """The chosen sentences' values where there are no samples; `values` are the first run's."""
        return values if self.rows[0] is None else values.index_select(0, self.rows[0])


def take(
    values: Shaped[Tensor, "batch node *rest"], nodes: Int[Tensor, "batch row"]
) -> Shaped[Tensor, "batch row *rest"]:
    """`values[b, nodes[b, r]]` for every row, as one copy of whole rows."""
    batch, count = values.shape[:2]
    first = torch.arange(0, batch * count, count, device=nodes.device)[:, None]
    return values.flatten(0, 1).index_select(0, (first + nodes).flatten()).unflatten(0, nodes.shape)


def take_per_head(
    values: Float[Tensor, "batch sample head node *rest"], nodes: Int[Tensor, "batch row"]
) -> Float[Tensor, "batch sample head row *rest"]:
    """`values[b, :, :, nodes[b, r]]` for every row, as one copy of whole rows."""
    outer, count = values.shape[:3], values.shape[3]
    first = torch.arange(0, outer.numel() * count, count, device=nodes.device).view(*outer, 1)
    rows = (first + nodes[:, None, None]).flatten()
    return values.flatten(0, 3).index_select(0, rows).unflatten(0, (*outer, nodes.shape[1]))


def split_heads(
    values: Float[Tensor, "batch node sample kinds_d"], heads: int, kinds: int
) -> Float[Tensor, "kinds batch sample head node dh"]:
    """Nodes' vectors, so many kinds side by side (query, key, value), cut into heads for the matrix products."""
    return values.unflatten(-1, (kinds, heads, -1)).permute(3, 0, 2, 4, 1, 5).contiguous()


def merge_heads(
    values: Float[Tensor, "batch sample head node dh"],
) -> Float[Tensor, "batch node sample d"]:
    """The inverse of `split_heads`."""
    return values.permute(0, 3, 1, 2, 4).flatten(3)


def meets(
    have: Int[Tensor, "batch row"], want: Int[Tensor, "batch row"] | None, length: int
) -> Bool[Tensor, "batch row place"]:
    """Whether the one node that a row has is the one that is wanted, or which of all the layer's `length` nodes."""
    return have[..., None] == (torch.arange(length, device=have.device) if want is None else want[..., None])


def place(
    values: Float[Tensor, "batch row place sample d"],
    have: Nodes,
    want: Nodes,
    length: int,
) -> Float[Tensor, "batch row place2 sample d"]:
    """The rows' values at the places that are wanted, of those that they have; 0 where a row has none."""
    if have is not None:
        return values * meets(have, want, length)[..., None, None]
    if want is None:
        return values
    return take(values.flatten(1, 2), _in_a_row(want, length)).unsqueeze(2)


def place_per_head(
    values: Float[Tensor, "batch sample head row place x"],
    have: Nodes,
    want: Nodes,
    length: int,
) -> Float[Tensor, "batch sample head row place2 x"]:
    """The same of what is per head."""
    if have is not None:
        return values * meets(have, want, length)[:, None, None, ..., None]
    if want is None:
        return values
    return take_per_head(values.flatten(3, 4), _in_a_row(want, length)).unsqueeze(4)


def _in_a_row(nodes: Int[Tensor, "batch row"], length: int) -> Int[Tensor, "batch row"]:
    """Where each row's node is among all rows' `length` places, one row's after the other's."""
    rows = nodes.shape[1]
    return nodes + torch.arange(0, rows * length, length, device=nodes.device)


def flat(nodes: Nodes, rows_places: Sequence[int], like: Tensor) -> Nodes:
    """The nodes of rows' places, one row's after the other's; None: every node, in order.

    Args:
        like: any tensor of the batch.
    """
    rows, places = rows_places
    if nodes is not None or rows == 1:
        return nodes
    return torch.arange(places, device=like.device).repeat(rows).expand(len(like), rows * places)
