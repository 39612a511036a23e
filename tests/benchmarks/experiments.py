"""What the paper's experiments cost: baseline patterns, ablation and significance, over guided pattern refinement."""

import statistics
from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Int
from torch import Tensor

from tests.benchmarks.speed import PATTERNS, Row, Speed
from tests.benchmarks.timing import interleaved, ratio, seconds
from tests.benchmarks.workload import Workload
from workers.analysis.settings import Settings
from workers.datasets import TASKS, Instance, generate
from workers.evaluation.significance import rank_among_random
from workers.influence.baselines.methods import METHODS
from workers.influence.draws import random_components, random_paths
from workers.influence.passes.forward_backward import ForwardBackward
from workers.influence.passes.masked_forward import KeepMask, ablate
from workers.influence.passes.pattern_influence import Patterns, influence_of
from workers.models import load_model

SETTINGS = Settings(sampling="paper", samples=50, edges="none")
GOAL = 120.0
"""Seconds, on two cores."""


def measure(work: Workload, rounds: int, device: str, ablated: int = 50, ranked: int = 1000) -> Speed:
    """Each over the engine's own pass, which finds the patterns of all words of the sentence.

    Args:
        ablated: random draws that are ablated beside the patterns, at each level.
        ranked: random patterns that one word's is ranked among, at each level.
    """
    ablation = f"ablation, {ablated} random draws, both levels"
    significance = f"one word among {ranked} random patterns, both levels"
    everything = f"all {len(METHODS)} baselines"
    found = work.patterns()
    assert found.embedding is not None
    assert found.attention is not None
    paths, components = found.embedding.path.cpu(), found.attention.components.cpu()
    graph = work.encoder.graph(work.shape.length)
    own = paths.expand(ablated, *paths.shape[1:])
    drawn = _paths(work, paths[:, :, 0], ablated)
    sets = [
        _kept(work, paths[None], None),
        _kept(work, drawn, None),
        _kept(work, paths[None], components[None]),
        _kept(work, own[None], random_components(graph, own[None], _generator())),
    ]
    one = paths[0, 0].expand(ranked, -1)
    ranks = [
        Patterns.along(_paths(work, paths[:, :1, 0], ranked)[0].transpose(0, 1)),
        Patterns(one[None].unbind(-1), random_components(graph, one[None], _generator())),
    ]
    functions: dict[str, Callable[[], object]] = {PATTERNS: work.patterns}
    functions |= {f"GPR and {name}": partial(work.patterns, (name,)) for name in METHODS}
    functions |= {
        f"GPR and {everything}": lambda: work.patterns(tuple(METHODS)),
        ablation: lambda: [ablate(work.encoder, work.sentences, kept) for kept in sets],
        significance: lambda: _influences(work, ranks),
    }
    measured = interleaved(functions, rounds, device)
    rows = [Row(name, PATTERNS, ratio(measured, name, PATTERNS)) for name in functions if name != PATTERNS]
    return Speed({name: statistics.median(each) for name, each in measured.items()}, rows)


def measure_significance(device: str, words: int = 100, patterns: int = 1000) -> Row:
    """Seconds of the paper's significance on the bundled model: of sentences of `sva-obj`, every case in turn."""
    model = load_model("bundled", device)
    of_cases = [generate("sva-obj", case, words) for case in TASKS["sva-obj"].cases]
    in_turn = (sentence for row in zip(*of_cases, strict=True) for sentence in row)
    chosen: list[Instance] = []
    count = 0
    while count < words:
        chosen.append(next(in_turn))
        count += len(model.encode(chosen[-1]).ids) - 1  # all but the target
    taken = seconds(lambda: list(rank_among_random(model, chosen, SETTINGS, draws=patterns)), device)
    return Row(f"significance, {count} words, {patterns:,} random patterns, both levels", "one second", taken, GOAL)


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def _paths(work: Workload, sources: Int[Tensor, "1 source"], draws: int) -> Int[Tensor, "1 draw source nodes"]:
    graph, target = work.encoder.graph(work.shape.length), torch.tensor([work.target])
    return random_paths(graph, sources, target, draws, _generator()).transpose(1, 2)


def _kept(work: Workload, paths: Tensor, components: Tensor | None) -> KeepMask:
    kept = KeepMask.of_patterns(paths, components, work.shape.length, work.encoder.heads)
    return KeepMask(kept.nodes.to(work.encoder.device), kept.components.to(work.encoder.device))


@torch.no_grad()
def _influences(work: Workload, patterns: list[Patterns]) -> list[Tensor]:
    slices = [ForwardBackward(work.encoder, work.sentences, work.line)]
    return [influence_of(slices, each.to(work.encoder.device)) for each in patterns]
