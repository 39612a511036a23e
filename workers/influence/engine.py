"""Influence of a batch of sentences of one length (Lu et al. 2021): the phases in order.

1. One forward and one backward pass over the samples of the distribution of interest (`sampled`).
2. Every word's own tangent at layer 0, and the edges that leave it: their sum is the word's influence,
   over all words, where the samples stand for the line from the baseline to the input, the change of q between the two
   up to quadrature error (completeness).
3. All edges, when asked for (`edges`).
4. The pattern of every source, embedding level then attention level (`refinement`).
5. Baseline patterns, when asked for (`baselines`).

With several slices the samples are worked on in turn, layer by layer, and what a layer leaves behind is
made again when it is needed: same result, less memory, about twice the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from workers.influence.baselines.baselines import BaselineInputs, BaselinePatterns, baseline_patterns
from workers.influence.blocks.transformer import Transformer
from workers.influence.interest import Distribution
from workers.influence.passes.edges import EdgeInfluence, Tangents, all_edges, score_slices
from workers.influence.passes.forward import Sentences
from workers.influence.passes.forward_backward import hidden_at_ends
from workers.influence.passes.sampled import Sampled
from workers.influence.search.refinement import (
    AttentionPatterns,
    EmbeddingPatterns,
    refine_attention,
    refine_embedding,
    refine_independently,
)
from workers.influence.selection import ALL, Selection


@dataclass(frozen=True)
class Influence:
    """What was computed of a batch; in units of the quantity of interest."""

    quantity: Float[Tensor, " batch"]  # at the input
    baseline_quantity: Float[Tensor, " batch"]
    hidden: Float[Tensor, "batch d"]  # the target's last hidden state at the input
    total: Float[Tensor, "batch pos"]  # I_s, over all paths
    completeness_error: Float[Tensor, " batch"] | None  # |Σ I_s - (q(x) - q(xb))| / Σ |I_s|; None but for the line
    samples: int  # of each sentence
    sampling_error: (
        Float[Tensor, " batch"] | None
    )  # known of the quadrature (see `quadrature`); None without a tolerance
    sources: Int[Tensor, "batch source"]  # whose patterns were sought, in the order asked for
    wanted: Bool[Tensor, "batch source"]  # which of them are selected: sentences of a batch may have fewer than others
    embedding: EmbeddingPatterns | None  # None without sources
    attention: AttentionPatterns | None
    edges: EdgeInfluence | None  # None where not asked for
    baselines: tuple[BaselinePatterns, ...]  # by method and level, as asked for; none without sources


@torch.no_grad()
def influence(
    transformer: Transformer,
    sentences: Sentences,
    distribution: Distribution,
    sources: Int[Tensor, "batch source"],
    *,
    words: Selection = ALL,
    beam: int = 1,
    refine: Literal["sequential", "independent"] = "sequential",
    edges: bool = False,
    methods: Sequence[str] = (),
    slice_size: int | None = None,
) -> Influence:
    """Total influence of every word, the patterns of `sources`, and on demand every edge and baseline patterns.

    Args:
        sources: positions whose patterns are sought, as many for each sentence; may be none.
        words: which of the sources, by their total influence.
        beam: partial patterns kept a layer.
        refine: how attention-level components are chosen (see `refinement`).
        methods: whose baseline patterns of the sources are sought besides (see `baselines`).
        slice_size: samples worked on at a time; None for all at once.
    """
    sampled = Sampled.at(transformer, sentences, distribution, slice_size)
    return influence_of_sampled(sampled, sources, words=words, beam=beam, refine=refine, edges=edges, methods=methods)


@torch.no_grad()
def influence_of_sampled(
    sampled: Sampled,
    sources: Int[Tensor, "batch source"],
    *,
    words: Selection = ALL,
    beam: int = 1,
    refine: Literal["sequential", "independent"] = "sequential",
    edges: bool = False,
    methods: Sequence[str] = (),
) -> Influence:
    """The same of sentences whose samples were passed forward and backward before."""
    transformer, sentences, distribution = sampled.transformer, sampled.sentences, sampled.distribution
    slices = sampled.slices
    starts = [Tangents.everywhere(one.projection(0), one.tangent) for one in slices]
    first = score_slices(slices, 0, starts)
    total = first.heads.sum((2, 3)) + first.skip
    hidden = hidden_at_ends(transformer, sentences, distribution, slices)
    ends = sentences.interest(hidden)

    found = all_edges(slices, starts, first, sentences.target) if edges else None
    embedding = attention = None
    baselines: tuple[BaselinePatterns, ...] = ()
    sources, wanted = select_sources(total, sources, words)
    if sources.shape[1] > 0:
        sign = torch.where(total.gather(1, sources) < 0, -1.0, 1.0).to(total.dtype)
        starts = [start.take(sources) for start in starts]
        embedding = refine_embedding(slices, starts, first.take(sources), sign, sentences.target, beam)
        if refine == "sequential":
            attention = refine_attention(slices, starts, embedding.path, sign, beam, sampled.keep)
        else:
            attention = refine_independently(slices, starts, embedding)
        inputs = BaselineInputs(transformer, sentences, distribution, slices, sources, sign, embedding.path)
        baselines = baseline_patterns(inputs, methods)
    return Influence(
        quantity=ends[:, 1],
        baseline_quantity=ends[:, 0],
        hidden=hidden[:, 1],
        total=total,
        completeness_error=completeness_error(total, ends) if distribution.complete else None,
        samples=sampled.samples,
        sampling_error=sampled.error,
        sources=sources,
        wanted=wanted,
        embedding=embedding,
        attention=attention,
        edges=found,
        baselines=baselines,
    )


def select_sources(
    total: Float[Tensor, "batch pos"], sources: Int[Tensor, "batch source"], words: Selection
) -> tuple[Int[Tensor, "batch kept"], Bool[Tensor, "batch kept"]]:
    """The sources of largest absolute influence in each sentence, in their order; of equals the first.

    Sentences that keep fewer than others of the batch have their next strongest as well, which are not wanted.
    """
    strength, order = total.gather(1, sources).abs().sort(dim=-1, descending=True, stable=True)
    wanted = torch.ones_like(order, dtype=torch.bool)
    wanted[:, words.most(order.shape[1]) :] = False
    if words.kind == "mass":
        mass = strength.double().cumsum(-1)
        wanted[:, 1:] = mass[:, :-1] < words.amount * mass[:, -1:]
    most = int(wanted.any(0).sum())
    places = order[:, :most].sort(-1)
    return sources.gather(1, places.values), wanted[:, :most].gather(1, places.indices)


def completeness_error(total: Float[Tensor, "batch pos"], ends: Float[Tensor, "batch 2"]) -> Float[Tensor, " batch"]:
    """Quadrature error of the words' influences, as a share of their absolute sum.

    Relative to that sum, not to the change of q: words may cancel each other, and then a small change
    of q would make a good quadrature look bad.
    """
    difference = (total.sum(1) - (ends[:, 1] - ends[:, 0])).abs()
    scale = total.abs().sum(1)
    return torch.where(scale == 0, 0.0, difference / scale)  # without any displacement x is xb
