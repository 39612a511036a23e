"""Guided pattern refinement (paper, section 4.1 and Algorithms 1 and 2).

Embedding level, for every source at once:
1. A pattern starts at its word, whose tangent sits at its own node of layer 0.
2. Score every node of the next layer: influence of the pattern with that node, all paths on to q.
3. Keep the `beam` best by sign · influence, carry their tangents there, and repeat up to the target.

Attention level, along the path found:
4. Carry q's gradient back along the path only, once for each distinct suffix of the paths.
5. In layer order score every component of the step, later steps confined to the path but free in
   component; keep the `beam` best, carry the tangent through that component alone, and repeat.
`independent` takes each step's best component of phase 2 instead: embedding-level prefix, all paths on.

Ties go to the lowest position and the lowest component, the skip connection (-1) before head 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workers.influence.component import SKIP
from workers.influence.passes.confined import Confined, shared_suffixes
from workers.influence.passes.edges import Scores, Tangents, candidates, score_slices
from workers.influence.passes.forward_backward import ForwardBackward
from workers.influence.passes.layer import jvp, jvp_of_component


@dataclass(frozen=True)
class EmbeddingPatterns:
    """The path of every source, and the component that suits each of its steps best when taken alone."""

    path: Int[Tensor, "batch source nodes"]  # positions, layer 0 to L
    trace: Float[Tensor, "batch source layer"]  # influence of the pattern up to the node of layer l + 1
    components: Int[Tensor, "batch source layer"]
    component_trace: Float[Tensor, "batch source layer"]


@dataclass(frozen=True)
class AttentionPatterns:
    """The components of every path's steps, and the influence of the path through them."""

    components: Int[Tensor, "batch source layer"]
    trace: Float[Tensor, "batch source layer"]  # the chosen component's score at each step
    influence: Float[Tensor, "batch source"]


@dataclass(frozen=True)
class Choice:
    """The best continuations of every source's partial patterns."""

    parent: Int[Tensor, "batch source kept"]  # which partial pattern is continued
    candidate: Int[Tensor, "batch source kept"]
    value: Float[Tensor, "batch source kept"]  # influence, not times the sign
    valid: Bool[Tensor, "batch source kept"]

    def extend(
        self, history: Tensor, new: Int[Tensor, "batch source kept"] | Float[Tensor, "batch source kept"]
    ) -> Tensor:
        """The kept patterns' histories `[batch, source, partial, step]`, one step longer."""
        index = self.parent[..., None].expand(*self.parent.shape, history.shape[-1])
        return torch.cat([history.gather(2, index), new[..., None]], -1)

    def rows(self, partials: int) -> Int[Tensor, "batch row"]:
        """The continued patterns among all sources' partial patterns in a row."""
        first = torch.arange(0, self.parent.shape[1] * partials, partials, device=self.parent.device)
        return (first[:, None] + self.parent).flatten(1)


def choose(
    values: Float[Tensor, "batch source partial candidate"],
    valid: Bool[Tensor, "batch source partial candidate"],
    sign: Float[Tensor, "batch source"],
    keep: int,
) -> Choice:
    """The `keep` candidates of largest sign · value, the first of equals first; invalid ones come last."""
    candidates = values.shape[-1]
    gain = (values * sign[..., None, None]).masked_fill(~valid, -torch.inf).flatten(2)
    order = gain.sort(dim=-1, descending=True, stable=True).indices[..., :keep]
    return Choice(
        order // candidates, order % candidates, values.flatten(2).gather(-1, order), valid.flatten(2).gather(-1, order)
    )


def keep_best(tangents: Tangents, choice: Choice, partials: int) -> Tangents:
    """The rows that a choice continues."""
    if partials == choice.parent.shape[-1] == 1:
        return tangents
    return tangents.take(choice.rows(partials))


def pass_all(one: ForwardBackward, index: int, tangents: Tangents, nodes: Int[Tensor, "batch row"]) -> Tangents:
    """Carry each row through one layer to one node, through all heads and the skip connection."""
    at_one_node = tangents.tangent.unsqueeze(2), tangents.projected.unsqueeze(2)
    passed = jvp(one.trace(index), *at_one_node, tangents.nodes, nodes).squeeze(2)
    return Tangents.at(one.projection(index + 1), nodes, passed)


def pass_component(
    one: ForwardBackward,
    index: int,
    tangents: Tangents,
    nodes: Int[Tensor, "batch row"],
    component: Int[Tensor, "batch row"],
) -> Tangents:
    """Carry each row through one layer to one node, through one component."""
    rows = tangents.tangent, tangents.projected, tangents.nodes
    return Tangents.at(one.projection(index + 1), nodes, jvp_of_component(one.trace(index), *rows, nodes, component))


def refine_embedding(
    slices: Sequence[ForwardBackward],
    starts: Sequence[Tangents],
    first: Scores,
    sign: Float[Tensor, "batch source"],
    target: Int[Tensor, " batch"],
    beam: int,
) -> EmbeddingPatterns:
    """GPR-e: the path of largest sign · influence, from the sources' tangents and the scores of layer 0's edges."""
    graph, count, layers = slices[0].graph, sign.shape[1], slices[0].graph.layers
    path = starts[0].nodes[:, :, None, None]
    components = path[..., :0]
    trace = alone_trace = first.skip[:, :, None, None][..., :0]
    valid = torch.ones_like(path, dtype=torch.bool)[..., 0]
    tangents, scores = starts, first
    for index in range(layers):
        last = index == layers - 1
        nodes = tangents[0].nodes
        values = scores.all_components(torch.zeros_like(nodes) if last else nodes).unflatten(1, (count, -1))
        partials = values.shape[2]
        there = (
            graph.exists(index, nodes, target[:, None].expand_as(nodes))[..., None]
            if last
            else graph.leading(index, nodes, target)
        )
        choice = choose(values, there.view_as(values) & valid[..., None], sign, 1 if last else beam)
        valid = choice.valid
        rows, query = choice.rows(partials), choice.candidate.flatten(1)
        following = target[:, None].expand_as(query) if last else query
        options, there = scores.take(rows).components(query, graph.has_skip(nodes.gather(1, rows), following))
        row_sign = sign.repeat_interleave(choice.parent.shape[2], 1)
        alone = choose(options[:, :, None], there[:, :, None], row_sign, 1)
        path = choice.extend(path, following.view_as(choice.parent))
        trace = choice.extend(trace, choice.value)
        components = choice.extend(components, alone.candidate.view_as(choice.parent) + SKIP)
        alone_trace = choice.extend(alone_trace, alone.value.view_as(choice.parent))
        if not last:
            tangents = [
                pass_all(one, index, keep_best(own, choice, partials), following)
                for one, own in zip(slices, tangents, strict=True)
            ]
            scores = score_slices(slices, index + 1, tangents)
    return EmbeddingPatterns(path[:, :, 0], trace[:, :, 0], components[:, :, 0], alone_trace[:, :, 0])


def refine_attention(
    slices: Sequence[ForwardBackward],
    starts: Sequence[Tangents],
    path: Int[Tensor, "batch source nodes"],
    sign: Float[Tensor, "batch source"],
    beam: int,
    keep: bool,
) -> AttentionPatterns:
    """GPR-a in the reference code's order: each step's component, earlier ones chosen, later ones confined to the path.

    `keep` holds the confined gradients of all layers, instead of making them twice.
    """
    graph, count, layers = slices[0].graph, sign.shape[1], slices[0].graph.layers
    suffixes = shared_suffixes(path)
    confined = [Confined(one, path, suffixes, keep) for one in slices]
    components = path[:, :, None, :0]
    trace = sign[:, :, None, None][..., :0]
    valid = torch.ones_like(path[..., :1], dtype=torch.bool)
    tangents = starts
    for index in range(layers):
        partials = valid.shape[2]
        owner = torch.arange(count, device=path.device).repeat_interleave(partials)
        each = (one.components(index, owner, own) for one, own in zip(confined, tangents, strict=True))
        heads, skip = (torch.stack(tensors).sum(0) for tensors in zip(*each, strict=True))
        has_skip = graph.has_skip(path[:, owner, index], path[:, owner, index + 1])
        options, there = (tensor.unflatten(1, (count, -1)) for tensor in candidates(heads, skip, has_skip))
        choice = choose(options, there & valid[..., None], sign, 1 if index == layers - 1 else beam)
        valid = choice.valid
        components = choice.extend(components, choice.candidate + SKIP)
        trace = choice.extend(trace, choice.value)
        if index < layers - 1:
            nodes = path[..., index + 1].repeat_interleave(valid.shape[2], 1)
            component = components[..., -1].flatten(1)
            tangents = [
                pass_component(one, index, keep_best(own, choice, partials), nodes, component)
                for one, own in zip(slices, tangents, strict=True)
            ]
    return AttentionPatterns(components[:, :, 0], trace[:, :, 0], trace[:, :, 0, -1])


def refine_independently(
    slices: Sequence[ForwardBackward], starts: Sequence[Tangents], patterns: EmbeddingPatterns
) -> AttentionPatterns:
    """GPR-a as Algorithm 2 prints it: each step's component was scored alone; here the whole pattern's influence."""
    path, components = patterns.path, patterns.components
    graph, layers = slices[0].graph, slices[0].graph.layers
    tangents = starts
    for index in range(layers - 1):
        tangents = [
            pass_component(one, index, own, path[..., index + 1], components[..., index])
            for one, own in zip(slices, tangents, strict=True)
        ]
    start, end = path[..., -2], path[..., -1]
    scores = score_slices(slices, layers - 1, tangents)
    options, _ = scores.components(torch.zeros_like(start), graph.has_skip(start, end))
    influence = options.gather(-1, components[..., -1:] - SKIP)[..., 0]
    return AttentionPatterns(components, patterns.component_trace, influence)
