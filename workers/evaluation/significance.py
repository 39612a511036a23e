"""Every word's pattern among random ones (paper, appendix B.2): how good guided pattern refinement is.

1. The patterns of every word, at both levels (`analysis`).
2. For each of them random patterns: at embedding level paths from the word to the target, at attention level
   components along the word's own path. The seed of a draw is made of the instance's id, the word's position and the
   level, so that it depends neither on the batch nor on the other words.
3. The influence of all of them, and where the word's own stands.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import get_args

import torch

from cypher.errors import InvalidInput
from cypher.store.records import Level
from workers.analysis.analysis import compute, prepare
from workers.analysis.questions import Question, logit_difference
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.evaluation.prepared import PreparedSentence, sentence_of
from workers.influence.baselines.rank_test import significance
from workers.influence.component import ALL
from workers.influence.draws import random_components, random_paths
from workers.influence.graph import Graph
from workers.influence.passes.pattern_influence import Patterns
from workers.models import Encoded, Model


@dataclass(frozen=True, slots=True)
class PatternSignificance:
    """Where the pattern of one word stands among random ones, in the word's sign."""

    id: str  # of the instance
    position: int
    token: str
    level: Level  # embedding: the path among random paths; attention: its components among random ones
    influence: float
    draws: int  # random patterns
    beaten: int  # of them, those whose sign · influence is smaller
    mean: float  # of the random influences
    deviation: float  # standard deviation of the random influences
    z: float  # sign · (influence - mean) / deviation
    p_normal: float  # of a z that large or larger
    p_empirical: float  # (1 + random patterns at least as good) / (1 + draws)


def rank_among_random(
    model: Model,
    instances: Iterable[Instance],
    settings: Settings | None = None,
    *,
    draws: int = 1000,
    seed: int = 0,
    question: Question = logit_difference,
) -> Iterator[PatternSignificance]:
    """The significance of every word's pattern at both levels, a sentence after the other, as it is ready.

    Args:
        settings: how patterns are sought; its `sources` say of which words. By default `Settings()`.
        draws: random patterns for each word and level.
        seed: one seed always draws the same patterns for a word, whatever else is computed.
        question: the quantity of interest, as of `analyze`.

    Raises:
        InvalidInput: as `analyze`, or too few draws; before anything is computed.
    """
    _check_draws(draws)
    settings = replace(settings or Settings(), edges="none")
    plan = prepare(model, instances, settings)
    sentences = {sentence.instance.id: sentence for batch in plan.batches for sentence in batch.sentences}
    results = compute(model, plan, settings, question=question)
    return _rank(model, ((sentences[result.id], result) for result in results), settings, draws, seed, question)


def rank_found(
    model: Model,
    results: Sequence[InstanceResult],
    settings: Settings,
    *,
    draws: int = 1000,
    seed: int = 0,
    question: Question = logit_difference,
) -> Iterator[PatternSignificance]:
    """The same of the patterns that results hold, which are not sought again.

    Args:
        settings: those that made the results.

    Raises:
        InvalidInput: results of another model, or too few draws; before anything is computed.
    """
    _check_draws(draws)
    found = [(sentence_of(model, result), result) for result in results]
    return _rank(model, found, settings, draws, seed, question)


def _check_draws(draws: int) -> None:
    if draws < 2:
        raise InvalidInput("draws", f"{draws} have no standard deviation", "Draw 2 or more; the paper draws 1000.")


def _rank(
    model: Model,
    found: Iterable[tuple[Encoded, InstanceResult]],
    settings: Settings,
    draws: int,
    seed: int,
    question: Question,
) -> Iterator[PatternSignificance]:
    for sentence, result in found:
        prepared = PreparedSentence.of(model, sentence, settings, question)
        graph = model.encoder.graph(len(result.tokens))
        sign = torch.tensor([word.sign for word in result.words], dtype=torch.float64)
        for level in get_args(Level):
            patterns = own_and_random(result, level, graph, draws, seed)
            influences = torch.tensor(prepared.influences(patterns), dtype=torch.float64)
            own, drawn = influences.view(len(result.words), 1 + draws).split([1, draws], 1)
            columns = (own[:, 0], *vars(significance(own[:, 0], drawn, sign)).values())
            for word, values in zip(
                result.words, zip(*(column.tolist() for column in columns), strict=True), strict=True
            ):
                influence, beaten, *others = values
                yield PatternSignificance(
                    result.id, word.position, word.token, level, influence, draws, beaten, *others
                )


def own_and_random(result: InstanceResult, level: Level, graph: Graph, draws: int, seed: int) -> Patterns:
    """For each word of a sentence its own pattern, and after it the random ones."""
    paths, components = [], []
    for word in result.words:
        generator = generator_of(seed, result.id, word.position, level)
        own = torch.tensor([word.path])
        if level == "embedding":
            source, target = own[:, :1], own[0, -1:]
            drawn = random_paths(graph, source, target, draws, generator)[0, 0]
            paths.append(torch.cat([own, drawn]))
            components.append(torch.full_like(paths[-1][:, 1:], ALL))
        else:
            paths.append(own.expand(1 + draws, -1))
            drawn = random_components(graph, paths[-1][1:], generator)
            components.append(torch.cat([torch.tensor([word.components]), drawn]))
    return Patterns(torch.cat(paths)[None].unbind(-1), torch.cat(components)[None])


def generator_of(seed: int, instance: str, position: int, level: Level) -> torch.Generator:
    """What draws for one word at one level, whatever else is computed."""
    digest = sha256(f"{seed}\n{level}\n{position}\n{instance}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8]))
