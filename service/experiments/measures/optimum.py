"""How near the search comes to the best of all patterns, where they are few enough to try them all."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from statistics import fmean
from typing import get_args

from cypher.store.records import Level
from service.experiments.findings import Findings, Sheet
from service.experiments.material import Material
from service.experiments.sampling import sample_words
from workers.analysis.results import InstanceResult
from workers.evaluation.optimum import LIMIT, PatternOptimum, can_try_all, compare_with_best
from workers.evaluation.prepared import sentence_of

TITLE = "The search compared with the best of all patterns"
ABOUT = (
    "At embedding level every path from a word to the target is tried, at attention level every choice of components "
    f"along the path that the search found, if there are at most {LIMIT:,} of them. This shows what the greedy "
    "search, and a search with a beam, miss. The paper could only draw random patterns."
)
CHOICES = ("words",)
NOTE = (
    "beam: partial patterns kept at each layer; 1 is the paper's search. tried: patterns of each word, on average. "
    "optimal: share of words for which no pattern is better. "
    "gap: (best - found) / best, in the word's sign; mean and worst."
)
WORDS = "Every word. path and components are those of the best pattern; at attention level the path is the one found."
BEAMS = (1, 4)
MOST = 20
"""Words of a task, at most: of each up to a million patterns are tried."""


@dataclass(frozen=True, slots=True)
class Searched:
    """The words of one task at one level, by one width of the search."""

    task: str
    level: Level
    beam: int
    words: int
    tried: float
    optimal: float
    mean_gap: float
    worst_gap: float


def make(material: Material) -> Findings:
    """A row for every task, level and beam, and one for every word."""
    rows: list[Searched] = []
    words: list[PatternOptimum] = []
    for task in material.results:
        found = material.cached("optimum", task, PatternOptimum, partial(_task, material, task))
        words += found
        for level, beam in product(get_args(Level), BEAMS):
            group = [each for each in found if (each.level, each.beam) == (level, beam)]
            rows += [_searched(task, level, group)] if group else []
    return Findings(
        [
            Sheet.from_rows("optimum", "Greedy and beam search beside the best", NOTE, Searched, rows),
            Sheet.from_rows("words", "Every word", WORDS, PatternOptimum, words),
        ]
    )


def _task(material: Material, task: str) -> list[PatternOptimum]:
    """The words of one task that have few enough patterns, by level and beam."""
    model = material.model(task).encoder
    words: list[PatternOptimum] = []
    for level in get_args(Level):
        results = material.results[task]
        few = [each for each in results if can_try_all(model.graph(len(each.tokens)), level)]
        found = _words(material, task, level, few) if few else []
        for beam in BEAMS:
            words += [each for each in found if each.beam == beam][: _words_wanted(material)]
    return words


def _words(material: Material, task: str, level: Level, results: Sequence[InstanceResult]) -> list[PatternOptimum]:
    """The first words of sentences, by every beam."""
    chosen, count = sample_words(_words_wanted(material), results)
    found: list[PatternOptimum] = []
    settings, model = material.settings(task), material.model(task)
    sentences = [sentence_of(model, result).instance for result in chosen]
    for each in compare_with_best(model, sentences, settings, beams=BEAMS, levels=(level,)):
        found.append(each)
        material.progress(f"{task}: trying all patterns at {level} level", len(found), len(BEAMS) * count)
    return found


def _words_wanted(material: Material) -> int:
    return min(material.options.words, MOST)


def _searched(task: str, level: Level, words: Sequence[PatternOptimum]) -> Searched:
    return Searched(
        task=task,
        level=level,
        beam=words[0].beam,
        words=len(words),
        tried=fmean(each.tried for each in words),
        optimal=fmean(each.optimal for each in words),
        mean_gap=fmean(each.gap for each in words),
        worst_gap=max(each.gap for each in words),
    )
