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
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workers.influence.blocks.rules import feed_forward_jvp
from workers.influence.component import SKIP
from workers.influence.passes.confined import Confined, shared_suffixes
from workers.influence.passes.edges import Departure, Scores, attention_jvp, candidates, score_parts
from workers.influence.passes.forward import Samples


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


def keep_best(departure: Departure, choice: Choice, partials: int) -> Departure:
    """The rows that a choice continues."""
    if partials == choice.parent.shape[-1] == 1:
        return departure
    return departure.take(choice.rows(partials))


def pass_all(part: Samples, index: int, departure: Departure, nodes: Int[Tensor, "batch row"]) -> Departure:
    """Carry each row through one layer to one node, through all heads and the skip connection."""
    trace = part.trace(index)
    summed = F.linear(attention_jvp(trace, departure, nodes), trace.layer.out_weight)
    stays = (nodes == departure.nodes)[..., None, None].to(summed.dtype)
    tangent = feed_forward_jvp(trace.layer, trace.feed_forward.at(nodes), summed.addcmul_(departure.tangent, stays))
    return Departure.of(part.layers[index + 1], nodes, tangent)


def pass_component(
    part: Samples,
    index: int,
    departure: Departure,
    nodes: Int[Tensor, "batch row"],
    component: Int[Tensor, "batch row"],
) -> Departure:
    """Carry each row through one layer to one node, through one component."""
    trace = part.trace(index)
    heads = trace.attention.query.shape[2]
    head = component.clamp(min=0)
    outputs = attention_jvp(trace, departure, nodes).unflatten(-1, (heads, -1))
    chosen = head[:, :, None, None, None].expand(*outputs.shape[:3], 1, outputs.shape[-1])
    weights = trace.layer.out_weight.unflatten(1, (heads, -1)).permute(1, 2, 0)[head]
    summed = outputs.gather(3, chosen)[..., 0, :] @ weights
    summed = torch.where((component == SKIP)[..., None, None], departure.tangent, summed)
    tangent = feed_forward_jvp(trace.layer, trace.feed_forward.at(nodes), summed)
    return Departure.of(part.layers[index + 1], nodes, tangent)


def refine_embedding(
    parts: Sequence[Samples],
    starts: Sequence[Departure],
    first: Scores,
    sign: Float[Tensor, "batch source"],
    target: Int[Tensor, " batch"],
    beam: int,
) -> EmbeddingPatterns:
    """GPR-e: the path of largest sign · influence, from the sources' tangents and the scores of layer 0's edges."""
    count, layers = sign.shape[1], len(parts[0].layers)
    path = starts[0].nodes[:, :, None, None]
    components = path[..., :0]
    trace = alone_trace = first.skip[:, :, None, None][..., :0]
    departures, scores = starts, first
    for index in range(layers):
        last = index == layers - 1
        nodes = departures[0].nodes
        values = scores.all_components(torch.zeros_like(nodes) if last else nodes).unflatten(1, (count, -1))
        partials = values.shape[2]
        choice = choose(values, torch.ones_like(values, dtype=torch.bool), sign, 1 if last else beam)
        rows, query = choice.rows(partials), choice.candidate.flatten(1)
        following = target[:, None].expand_as(query) if last else query
        options, valid = scores.take(rows).components(query, nodes.gather(1, rows) == following)
        row_sign = sign.repeat_interleave(choice.parent.shape[2], 1)
        alone = choose(options[:, :, None], valid[:, :, None], row_sign, 1)
        path = choice.extend(path, following.view_as(choice.parent))
        trace = choice.extend(trace, choice.value)
        components = choice.extend(components, alone.candidate.view_as(choice.parent) + SKIP)
        alone_trace = choice.extend(alone_trace, alone.value.view_as(choice.parent))
        if not last:
            departures = [
                pass_all(part, index, keep_best(departure, choice, partials), following)
                for part, departure in zip(parts, departures, strict=True)
            ]
            scores = score_parts(parts, index + 1, departures)
    return EmbeddingPatterns(path[:, :, 0], trace[:, :, 0], components[:, :, 0], alone_trace[:, :, 0])


def refine_attention(
    parts: Sequence[Samples],
    starts: Sequence[Departure],
    path: Int[Tensor, "batch source nodes"],
    sign: Float[Tensor, "batch source"],
    beam: int,
    keep: bool,
) -> AttentionPatterns:
    """GPR-a in the reference code's order: each step's component, earlier ones chosen, later ones confined to the path.

    `keep` holds the confined gradients of all layers, instead of making them twice.
    """
    count, layers = sign.shape[1], path.shape[2] - 1
    suffixes = shared_suffixes(path)
    confined = [Confined(part, path, suffixes, keep) for part in parts]
    components = path[:, :, None, :0]
    trace = sign[:, :, None, None][..., :0]
    valid = torch.ones_like(path[..., :1], dtype=torch.bool)
    departures = starts
    for index in range(layers):
        partials = valid.shape[2]
        owner = torch.arange(count, device=path.device).repeat_interleave(partials)
        each = (part.components(index, owner, departure) for part, departure in zip(confined, departures, strict=True))
        heads, skip = (torch.stack(tensors).sum(0) for tensors in zip(*each, strict=True))
        stays = path[:, owner, index] == path[:, owner, index + 1]
        options, there = (tensor.unflatten(1, (count, -1)) for tensor in candidates(heads, skip, stays))
        choice = choose(options, there & valid[..., None], sign, 1 if index == layers - 1 else beam)
        valid = choice.valid
        components = choice.extend(components, choice.candidate + SKIP)
        trace = choice.extend(trace, choice.value)
        if index < layers - 1:
            nodes = path[..., index + 1].repeat_interleave(valid.shape[2], 1)
            component = components[..., -1].flatten(1)
            departures = [
                pass_component(part, index, keep_best(departure, choice, partials), nodes, component)
                for part, departure in zip(parts, departures, strict=True)
            ]
    return AttentionPatterns(components[:, :, 0], trace[:, :, 0], trace[:, :, 0, -1])


def refine_independently(
    parts: Sequence[Samples], starts: Sequence[Departure], patterns: EmbeddingPatterns
) -> AttentionPatterns:
    """GPR-a as Algorithm 2 prints it: each step's component was scored alone; here the whole pattern's influence."""
    path, components = patterns.path, patterns.components
    layers = path.shape[2] - 1
    departures = starts
    for index in range(layers - 1):
        departures = [
            pass_component(part, index, departure, path[..., index + 1], components[..., index])
            for part, departure in zip(parts, departures, strict=True)
        ]
    start, end = path[..., -2], path[..., -1]
    options, _ = score_parts(parts, layers - 1, departures).components(torch.zeros_like(start), start == end)
    influence = options.gather(-1, components[..., -1:] - SKIP)[..., 0]
    return AttentionPatterns(components, patterns.component_trace, influence)
