"""Where words' patterns stand among random ones (paper, appendix B.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean, median

from cypher.store.records import Level
from service.experiments.findings import Findings, Sheet
from service.experiments.material import Material
from service.experiments.paper import BEATEN, P_VALUES
from service.experiments.sampling import sample_words
from service.statistics.bootstrap import mean_interval
from workers.evaluation.significance import PatternSignificance, rank_found

TITLE = "Significance"
ABOUT = (
    "The influence through a word's pattern, compared with that through random ones: at embedding level random paths "
    "from the word to the target, at attention level random components along the word's own path. Only the tasks for "
    "which the paper has this are ranked. Sentences are taken from every case in turn, until they have enough words."
)
CHOICES = ("words", "patterns", "seed")
NOTE = (
    "words: whose patterns are ranked. patterns: random ones, for each. beaten: of 1,000 of them how many are smaller, "
    "on average; low and high: 95 % of 2,000 bootstrap draws of the words; least: that of the worst word. z, p_normal, "
    "p_empirical: medians. paper, paper_p: the paper's beaten and p_normal. inside: our interval meets paper."
)
WORDS = "Every word: its sign times the influence is compared. deviation: standard deviation of the random influences."


@dataclass(frozen=True, slots=True)
class Ranked:
    """The words of one task at one level."""

    task: str
    level: Level
    words: int
    patterns: int
    beaten: float
    low: float
    high: float
    least: float
    z: float
    p_normal: float
    paper_p: float | None
    p_empirical: float
    paper: float | None
    inside: bool | None


def make(material: Material) -> Findings:
    """A row for every task and level, and one for every word."""
    with_paper = [task for task in material.results if (task, "embedding") in BEATEN]
    rows: list[Ranked] = []
    words: list[PatternSignificance] = []
    for task in with_paper or material.results:
        of_task = material.cached("significance", task, PatternSignificance, partial(_words, material, task))
        levels: tuple[Level, ...] = ("embedding", "attention")
        rows += [_ranked(task, level, [each for each in of_task if each.level == level]) for level in levels]
        words += of_task
    sheets = [
        Sheet.from_rows("significance", "Patterns among random ones", NOTE, Ranked, rows),
        Sheet.from_rows("words", "Every word", WORDS, PatternSignificance, words),
    ]
    return Findings(sheets)


def _words(material: Material, task: str) -> list[PatternSignificance]:
    """The significance of the first words of sentences, at both levels."""
    options, model = material.options, material.model(task)
    chosen, count = sample_words(options.words, material.results[task])
    found: list[PatternSignificance] = []
    settings = material.settings(task)
    for each in rank_found(model, chosen, settings, draws=options.patterns, seed=options.seed):
        found.append(each)
        material.progress(f"{task}: ranking", len(found), 2 * count)
    levels = ([each for each in found if each.level == level] for level in ("embedding", "attention"))
    return [each for of_level in levels for each in of_level[: options.words]]


def _ranked(task: str, level: Level, words: Sequence[PatternSignificance]) -> Ranked:
    # What is resampled are words: the random patterns of one word are not independent.
    beaten = [1000 * each.beaten / each.draws for each in words]
    low, high = mean_interval(beaten)
    paper = BEATEN.get((task, level))
    return Ranked(
        task=task,
        level=level,
        words=len(words),
        patterns=words[0].draws,
        beaten=fmean(beaten),
        low=low,
        high=high,
        least=min(beaten),
        z=median(each.z for each in words),
        p_normal=median(each.p_normal for each in words),
        paper_p=P_VALUES.get((task, level)),
        p_empirical=median(each.p_empirical for each in words),
        paper=None if paper is None else paper.value,
        inside=None if paper is None else paper.meets(low, high),
    )
