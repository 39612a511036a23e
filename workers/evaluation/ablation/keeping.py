"""What each method keeps of an instance: always the union of its patterns, those of words of positive influence.

- `original`: everything.
- `gpr`, and any other method whose patterns the results hold: those patterns.
- `random`: as many random patterns as there are of `gpr`. At embedding level paths from the same words to the same
  target; at attention level the paths of `gpr` through random components.
- `repl_skip`: at attention level, the patterns of `gpr` with every head replaced by the skip connection at the end of
  its step.

At embedding level a kept node keeps all its components.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from cypher.errors import InvalidInput
from cypher.suggestions import did_you_mean
from workers.analysis.found_patterns import METHOD, patterns_of
from workers.analysis.results import InstanceResult
from workers.evaluation.ablation.settings import Ablation, AblationSettings
from workers.influence.component import SKIP
from workers.influence.draws import random_components, random_paths
from workers.influence.graph import Graph
from workers.influence.passes.masked_forward import KeepMask
from workers.models import Encoded

MADE = (Ablation("random", "embedding"), Ablation("random", "attention"), Ablation("repl_skip", "attention"))
"""Made here of the patterns of `gpr`, whatever the results hold by these names."""


@dataclass(frozen=True, slots=True)
class PositivePatterns:
    """The positive patterns of an instance by one method at one level."""

    paths: tuple[tuple[int, ...], ...]  # positions, layer 0 to L
    components: tuple[tuple[int, ...], ...] | None  # of each step; None at embedding level


@dataclass(frozen=True, slots=True)
class Subject:
    """An instance that is ablated."""

    sentence: Encoded
    found: Mapping[Ablation, PositivePatterns]


def positive_patterns(result: InstanceResult) -> dict[Ablation, PositivePatterns]:
    """The patterns that a result holds of words of positive influence, by method and level.

    Raises:
        LookupError: a pattern of a word that the result has not.
    """
    paths: defaultdict[Ablation, list[tuple[int, ...]]] = defaultdict(list)
    components: defaultdict[Ablation, list[tuple[int, ...]]] = defaultdict(list)
    for each in patterns_of(result):
        ablation = Ablation(each.method, each.level)
        positive = each.word.influence > 0
        paths[ablation] += [each.path] * positive
        components[ablation] += [each.components] * positive if each.components is not None else []
    return {
        each: PositivePatterns(tuple(paths[each]), tuple(components[each]) if each.level == "attention" else None)
        for each in paths
    }


def ablations(found: Sequence[Ablation], settings: AblationSettings) -> tuple[Ablation, ...]:
    """The ablations that the settings choose, in the order in which they are told.

    Args:
        found: methods and levels of the patterns that every result holds.

    Raises:
        InvalidInput: a method that is not to be had of these results, or at none of the levels.
    """
    offered = (Ablation("original", None), *(each for each in found if each not in MADE), *MADE)
    methods = list(dict.fromkeys(each.method for each in offered))
    for method in settings.methods or ():
        if method not in methods:
            fix = f"{did_you_mean(method, methods)}Choose from {', '.join(methods)}."
            raise InvalidInput("methods", f"the results have no method {method!r}", fix)
    chosen = [each for each in offered if each.method in (settings.methods or methods)]
    at_levels = tuple(each for each in chosen if each.level is None or each.level in settings.levels)
    for method in settings.methods or ():
        if all(each.method != method for each in at_levels):
            levels = " and ".join(str(each.level) for each in chosen if each.method == method)
            raise InvalidInput("levels", f"{method} is at level {levels} only", "Name that level too, or leave it out.")
    return tuple(sorted(at_levels, key=lambda each: methods.index(each.method)))


def kept_by(subject: Subject, ablation: Ablation, settings: AblationSettings, graph: Graph) -> KeepMask:
    """What the sets of an ablation keep of one instance, on the CPU: one set, or one for each random draw."""
    layers, heads, length = graph.layers, graph.heads, graph.length
    if ablation.method == "original":
        nodes = torch.ones(1, 1, layers, length, dtype=torch.bool)
        return KeepMask(nodes, nodes[:, :, :, None].expand(1, 1, layers, heads + 1, length))
    if ablation.method == "random":
        paths, components = _random(subject, ablation, settings, graph)
    elif ablation.method == "repl_skip":
        paths = _tensor(subject.found[Ablation(METHOD, "attention")].paths, layers + 1)
        paths, components = paths[None], torch.full((1, len(paths), layers), SKIP)
    else:
        patterns = subject.found[ablation]
        paths = _tensor(patterns.paths, layers + 1)[None]
        components = None if patterns.components is None else _tensor(patterns.components, layers)[None]
    return KeepMask.of_patterns(paths[None], None if components is None else components[None], length, heads)


def _random(
    subject: Subject, ablation: Ablation, settings: AblationSettings, graph: Graph
) -> tuple[Int[Tensor, "draw pattern nodes"], Int[Tensor, "draw pattern layer"] | None]:
    """The random patterns of every draw; of this instance, level and seed alone, whatever else is ablated."""
    name = json.dumps([settings.seed, subject.sentence.instance.id, ablation.level])
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    generator = torch.Generator().manual_seed(seed)
    assert ablation.level is not None
    paths = _tensor(subject.found[Ablation(METHOD, ablation.level)].paths, graph.layers + 1)
    if ablation.level == "attention":
        paths = paths.expand(settings.draws, *paths.shape)
        return paths, random_components(graph, paths, generator)
    target = torch.tensor([subject.sentence.target])
    drawn = random_paths(graph, paths[None, :, 0], target, settings.draws, generator)
    return drawn[0].transpose(0, 1), None


def _tensor(rows: Sequence[Sequence[int]], width: int) -> Int[Tensor, "row width"]:
    """The rows, of which there may be none."""
    return torch.tensor(rows, dtype=torch.long).reshape(len(rows), width)
