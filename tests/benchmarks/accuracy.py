"""Accuracy against cost of the samplings of the line from the baseline to the input."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tests.benchmarks.timing import interleaved
from workers.analysis.questions import logit_difference
from workers.datasets import MASKED
from workers.influence.blocks.transformer import Transformer
from workers.influence.engine import influence
from workers.influence.interest import Line
from workers.influence.passes.forward import Sentences
from workers.models import load_model

SAMPLINGS = ("paper", "trapezoid", "gauss-legendre")


@dataclass(frozen=True)
class Accuracy:
    """Σ|I - I'| / Σ|I'| over a sentence's words, I' from many Gauss-Legendre nodes: the sentences' median and worst."""

    sampling: str
    samples: int
    median: float
    worst: float
    seconds: float  # a sentence, everything computed


def agreement_sentences(each: int, device: str) -> tuple[Transformer, list[Sentences]]:
    """The bundled model and sentences of every agreement task's mismatched cases, a batch for each case."""
    model = load_model("bundled", device=device)
    batches = []
    for task in MASKED.values():
        for case in task.cases[1::2]:
            encoded = [model.encode(instance) for instance in task.generate(case, each)]
            ids = torch.tensor([sentence.ids for sentence in encoded], device=device)
            target = torch.tensor([sentence.target for sentence in encoded], device=device)
            batches.append(Sentences(ids, target, model.baseline_id, logit_difference(model, encoded)))
    return model.encoder, batches


def totals(encoder: Transformer, sentences: Sentences, sampling: str, samples: int) -> Tensor:
    none = torch.zeros(len(sentences.ids), 0, dtype=torch.long, device=encoder.device)
    return influence(encoder, sentences, Line.of(sampling, samples, encoder.word_embeddings), none, slice_size=50).total


def everything(encoder: Transformer, sentences: Sentences, sampling: str, samples: int) -> None:
    sources = torch.arange(1, sentences.ids.shape[1], device=encoder.device).expand(len(sentences.ids), -1)
    influence(encoder, sentences, Line.of(sampling, samples, encoder.word_embeddings), sources, edges=True)


def measure(
    encoder: Transformer,
    batches: Sequence[Sentences],
    counts: Sequence[int],
    exact_nodes: int,
    rounds: int,
    device: str,
) -> list[Accuracy]:
    """Every sampling with every number of samples."""
    choices = [(sampling, samples) for sampling in SAMPLINGS for samples in counts]
    timed = interleaved(
        {f"{choice}": lambda choice=choice: everything(encoder, batches[0], *choice) for choice in choices},
        rounds,
        device,
    )
    exact = [totals(encoder, batch, "gauss-legendre", exact_nodes) for batch in batches]
    rows = []
    for choice in choices:
        errors: list[float] = []
        for batch, best in zip(batches, exact, strict=True):
            difference = totals(encoder, batch, *choice) - best
            errors += (difference.abs().sum(1) / best.abs().sum(1)).tolist()
        a_sentence = statistics.median(timed[f"{choice}"]) / len(batches[0].ids)
        rows.append(Accuracy(*choice, statistics.median(errors), max(errors), a_sentence))
    return rows
