"""True error of the words' influences against points: as many as each sentence needs, and equally spaced ones.

1. The truth is adaptive sampling with a tolerance of 0.01 %.
2. Equally spaced points are nested, so that each is run once: those of the trapezoid rule with 2ⁿ intervals.
"""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from tests.benchmarks import accuracy, timing
from tests.benchmarks.accuracy import agreement_sentences
from tests.benchmarks.speed import Row
from tests.benchmarks.timing import interleaved
from tests.oracle.random_transformer import random_classifier_head, random_transformer
from workers.influence.blocks.transformer import Transformer
from workers.influence.engine import influence_of_sampled
from workers.influence.interest import Line
from workers.influence.passes.forward import Sentences
from workers.influence.passes.sampled import Sampled, sample
from workers.influence.tolerance import Tolerance

ADAPTIVE, UNIFORM = "adaptive", "trapezoid"
TOLERANCES = (0.05, 0.02, 0.01, 0.005, 0.002)
COUNTS = (17, 33, 65, 129, 257, 513)
SLICE = 32
TRUTH = Tolerance(1e-4, 8193)

Sentence = tuple[Transformer, Sentences]
"""One of them, and its encoder."""


@dataclass(frozen=True)
class Errors:
    """Σ|I - I'| / Σ|I'| over a sentence's words, I' the truth: over some sentences, with one choice of points."""

    sampling: str
    choice: float  # a tolerance, or a number of points
    points: float  # mean
    most: int
    median: float
    worst: float


@dataclass(frozen=True)
class Comparison:
    """Both samplings on the same sentences."""

    name: str
    sentences: int
    errors: list[Errors]
    factor: float  # points of the first trapezoid that is as exact as adaptive sampling with 1 %, over its points
    at_least: bool  # does not even the finest come up to it?


def influences(sampled: Sampled) -> Float[Tensor, " pos"]:
    """The words' influences of one sentence."""
    return torch.stack([one.word_influences()[0].double().sum(-1) for one in sampled.slices]).sum(0)


def adaptive(sentence: Sentence, tolerance: Tolerance) -> tuple[Float[Tensor, " pos"], int]:
    """Influences, and how many points they took."""
    ((_, sampled),) = sample(*sentence, tolerance, slice_size=SLICE)
    return influences(sampled), sampled.samples


@torch.no_grad()
def trapezoids(sentence: Sentence, counts: Sequence[int]) -> list[Float[Tensor, " pos"]]:
    """Influences with each number of points, which are among those of the last."""
    encoder, sentences = sentence
    line = Line.of("paper", counts[-1], encoder.word_embeddings)
    ones = Line(line.alphas, torch.ones_like(line.weights))
    runs = Sampled.at(encoder, sentences, ones, SLICE).slices
    words = torch.cat([run.word_influences()[0].double() for run in runs], -1)
    found = []
    for count in counts:
        weights = Line.of(UNIFORM, count, words).weights[0]
        found.append(words[:, :: (counts[-1] - 1) // (count - 1)] @ weights)
    return found


@torch.no_grad()
def compare(
    name: str,
    sentences: Sequence[Sentence],
    tolerances: Sequence[float] = TOLERANCES,
    counts: Sequence[int] = COUNTS,
    said: Callable[[str], None] = lambda text: None,
) -> Comparison:
    """Every choice of points on every sentence."""
    errors: dict[tuple[str, float], list[tuple[float, int]]] = {}
    for number, sentence in enumerate(sentences):
        truth, most = adaptive(sentence, TRUTH)
        said(f"{name} {number}: {sentence[1].ids.shape[1]} tokens, truth {most} points")
        found = [
            ((UNIFORM, count), (total, count))
            for count, total in zip(counts, trapezoids(sentence, counts), strict=True)
        ]
        found += [((ADAPTIVE, error), adaptive(sentence, Tolerance(error, 512))) for error in tolerances]
        for choice, (total, points) in found:
            errors.setdefault(choice, []).append((float((total - truth).abs().sum() / truth.abs().sum()), points))
    rows = [
        Errors(
            *choice,
            points=statistics.mean(points for _, points in each),
            most=max(points for _, points in each),
            median=statistics.median(error for error, _ in each),
            worst=max(error for error, _ in each),
        )
        for choice, each in errors.items()
    ]
    return Comparison(name, len(sentences), rows, *ratio(rows))


def ratio(rows: Iterable[Errors]) -> tuple[float, bool]:
    """How many times as many points the trapezoid rule takes to be as exact, in the median, as adaptive sampling."""
    uniform = sorted((row for row in rows if row.sampling == UNIFORM), key=lambda row: row.points)
    (chosen,) = (row for row in rows if (row.sampling, row.choice) == (ADAPTIVE, 0.01))
    enough = [row.points for row in uniform if row.median <= chosen.median]
    return (enough[0] if enough else uniform[-1].points) / chosen.points, not enough


def measure(each: int, rounds: int, device: str, tolerances: Sequence[float] = (0.01,), most: int = 513) -> list[Row]:
    """Seconds over those of 32 points, and points that equal spacing takes over those of adaptive sampling.

    Args:
        each: sentences of a case, and hard ones.
        most: equally spaced points that are tried.
    """
    counts = [count for count in COUNTS if count <= most]
    rows = [Row("adaptive sampling", "trapezoid, 32 points, bundled model", seconds(each, rounds, device), 1.0)]
    for name, sentences, goal in (("bundled model", bundled(1, device), None), ("hard sentences", hard(2 * each), 4.0)):
        compared = compare(name, sentences, tolerances, counts)
        least = "≥ " if compared.at_least else ""
        what = f"points of the trapezoid for the same error, {least}{compared.factor:.1f}"
        rows.append(Row(what, f"those of adaptive sampling, {name}", compared.factor, goal, more_is_better=True))
    return rows


def seconds(each: int, rounds: int, device: str) -> float:
    """Of everything about agreement sentences, as a share of what it takes with 32 points."""
    encoder, batches = agreement_sentences(each, device)

    def everything() -> None:
        for batch in batches:
            sources = torch.arange(1, batch.ids.shape[1], device=device).expand(len(batch.ids), -1)
            for rows, sampled in sample(encoder, batch, Tolerance(0.01, 512)):
                influence_of_sampled(sampled, sources[rows], edges=True)

    measured = interleaved(
        {
            ADAPTIVE: everything,
            UNIFORM: lambda: [accuracy.everything(encoder, batch, UNIFORM, 32) for batch in batches],
        },
        rounds,
        device,
    )
    return timing.ratio(measured, ADAPTIVE, UNIFORM)


def bundled(each: int, device: str) -> list[Sentence]:
    """Agreement sentences of the bundled model, one by one."""
    encoder, batches = agreement_sentences(each, device)
    rows = [(batch, torch.tensor([row], device=device)) for batch in batches for row in range(len(batch.ids))]
    return [(encoder, batch.take(row)) for batch, row in rows]


def hard(count: int) -> list[Sentence]:
    """Random classifiers with weights so large that q jumps along the line; the best other class makes kinks, too."""
    label = torch.ones(1, dtype=torch.long)
    found: list[Sentence] = []
    for seed in range(count):
        encoder = random_transformer(4, 4, 8, vocab=50, scale=0.6, seed=seed, dtype=torch.float32)
        head = random_classifier_head(encoder, 4)
        ids = torch.randint(1, 50, (1, 12), generator=torch.Generator().manual_seed(seed))
        found.append((encoder, Sentences(ids, label - 1, 0, lambda hidden, head=head: head.difference(hidden, label))))
    return found
