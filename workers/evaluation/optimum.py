"""The best of all patterns beside those that the search found, where there are few enough to try them all.

1. The patterns of every word at both levels, for each width of the beam (`analysis`).
2. Embedding level: the best of all paths of every word. Attention level: the best of all components along each path
   that the search found.
3. The influence of what was found and of the best, computed alike, and the gap between them.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import torch

from cypher.errors import InvalidInput
from cypher.store.records import Level
from workers.analysis.analysis import compute, prepare
from workers.analysis.memory import Plan
from workers.analysis.questions import Question, logit_difference
from workers.analysis.results import InstanceResult, WordResult
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.evaluation.prepared import PreparedSentence
from workers.influence.component import ALL
from workers.influence.graph import Graph
from workers.influence.passes.pattern_influence import Patterns
from workers.influence.search.exhaustive import Choices
from workers.models import Encoded, Model

LIMIT = 10**6
"""Patterns of one word that are tried at most."""


@dataclass(frozen=True, slots=True)
class PatternOptimum:
    """How near the pattern found for one word comes to the best there is, in the word's sign."""

    id: str  # of the instance
    position: int
    token: str
    level: Level  # embedding: among all paths of the word; attention: among all components along the path found
    beam: int  # width of the search
    tried: int  # patterns
    path: tuple[int, ...]  # the best one; at attention level the one found
    components: tuple[int, ...] | None  # the best ones; None at embedding level
    influence: float  # of the pattern found
    best: float  # of the best pattern
    gap: float  # (best - influence) / |best|, in the word's sign; 0 where the search found the best
    optimal: bool  # no pattern is better


def compare_with_best(
    model: Model,
    instances: Iterable[Instance],
    settings: Settings | None = None,
    *,
    beams: Sequence[int] = (1,),
    levels: Sequence[Level] = ("embedding", "attention"),
    question: Question = logit_difference,
) -> Iterator[PatternOptimum]:
    """How near the search comes to the best pattern of every word, a sentence after the other, as it is ready.

    Args:
        settings: how patterns are sought; its `sources` say of which words. By default `Settings()`.
        beams: widths of the search; of each there is a comparison.
        levels: `embedding`, `attention` or both.
        question: the quantity of interest, as of `analyze`.

    Raises:
        InvalidInput: as `analyze`, or a word has more than 1,000,000 patterns; before anything is computed.
    """
    if not beams:
        raise InvalidInput("beams", "there are none", "Give a width or several, such as 1 for the greedy search.")
    if unknown := sorted(set(levels) - set(get_args(Level))):
        raise InvalidInput(
            "levels", f"{unknown[0]!r} is not known", f"Use {' and '.join(get_args(Level))}, or one of them."
        )
    wanted = [replace(settings or Settings(), edges="none", beam=beam) for beam in beams]
    first = prepare(model, instances, wanted[0])
    sentences = [sentence for batch in first.batches for sentence in batch.sentences]
    for sentence in sentences:
        check_size(model, sentence, levels)
    plans = [first, *(prepare(model, [sentence.instance for sentence in sentences], one) for one in wanted[1:])]
    return _compare(model, plans, wanted, levels, question)


def most_patterns(graph: Graph, level: Level) -> int:
    """How many there are to try for each word at most: at attention level only steps in place have a skip."""
    return graph.paths if level == "embedding" else graph.most_components**graph.layers


def can_try_all(graph: Graph, level: Level) -> bool:
    """Are the patterns of each word few enough, and are they all choices of nodes, with no window between them?"""
    return graph.is_full and most_patterns(graph, level) <= LIMIT


def check_size(model: Model, sentence: Encoded, levels: Sequence[Level]) -> None:
    """Are a sentence's patterns few enough?

    Raises:
        InvalidInput: they are not, or it is longer than a window of the model's attention.
    """
    graph = model.encoder.graph(len(sentence.ids))
    if not graph.is_full:
        problem = f"it has {graph.length} tokens, and not all of them attend to each other in every layer"
        raise InvalidInput("text", problem, "Give a shorter sentence.", sentence.instance.origin)
    told = {
        "embedding": (f"paths from each word of {graph.length} tokens", "Give shorter sentences"),
        "attention": (f"choices among {graph.heads} heads and a skip", "Use a smaller model"),
    }
    for level in levels:
        size, (what, fix) = most_patterns(graph, level), told[level]
        if size > LIMIT:
            there = f"{size:,} {what} in {graph.layers} layers"
            problem = f"at {level} level there are {there}, and {LIMIT:,} are tried at most"
            raise InvalidInput("levels", problem, f"{fix}, or leave the level out.", sentence.instance.origin)


def _compare(
    model: Model, plans: Sequence[Plan], wanted: Sequence[Settings], levels: Sequence[Level], question: Question
) -> Iterator[PatternOptimum]:
    sentences = {sentence.instance.id: sentence for batch in plans[0].batches for sentence in batch.sentences}
    each = (compute(model, plan, one, question=question) for plan, one in zip(plans, wanted, strict=True))
    for results in zip(*each, strict=True):
        prepared = PreparedSentence.of(model, sentences[results[0].id], wanted[0], question)
        found = [(one.beam, word) for one, result in zip(wanted, results, strict=True) for word in result.words]
        for level in levels:
            yield from _compare_words(model, prepared, results[0], level, found)


def _compare_words(
    model: Model,
    prepared: PreparedSentence,
    result: InstanceResult,
    level: Level,
    found: Sequence[tuple[int, WordResult]],
) -> Iterator[PatternOptimum]:
    """The patterns found for the words of a sentence, by one search after the other, each beside the best."""
    graph = model.encoder.graph(len(result.tokens))
    open_components = (ALL,) * graph.layers
    if level == "embedding":
        sources = [word.position for word in result.words]
        choices = Choices.paths(graph, sources, result.target)
        by_word = dict(zip(sources, prepared.best(choices, [word.sign for word in result.words]), strict=True))
        best = [by_word[word.position] for _, word in found]
        own = [(word.path, open_components) for _, word in found]
        tried = [choices.size] * len(found)
    else:
        searches = {word.path: (Choices.along(graph, word.path), word.sign) for _, word in found}
        by_path = {path: prepared.best(choices, [sign])[0] for path, (choices, sign) in searches.items()}
        best = [by_path[word.path] for _, word in found]
        own = [(word.path, word.components) for _, word in found]
        tried = [searches[word.path][0].size for _, word in found]
    paths, components = (torch.tensor([column]) for column in zip(*own, *best, strict=True))
    influences = prepared.influences(Patterns(paths.unbind(-1), components))
    for index, (beam, word) in enumerate(found):
        influence, most = influences[index], influences[len(found) + index]
        optimal = own[index] == best[index] or word.sign * influence >= word.sign * most
        if optimal:
            most = influence
        path, chosen = own[index] if optimal else best[index]
        yield PatternOptimum(
            id=result.id,
            position=word.position,
            token=word.token,
            level=level,
            beam=beam,
            tried=tried[index],
            path=path,
            components=None if level == "embedding" else chosen,
            influence=influence,
            best=most,
            gap=gap_to(word.sign * most, word.sign * influence),
            optimal=optimal,
        )


def gap_to(best: float, found: float) -> float:
    """How much of the best gain is missed, as a share of it; infinite where the best is 0 and less was found."""
    if found == best:
        return 0.0
    return math.inf if best == 0 else (best - found) / abs(best)
