"""How often the sentiment classifier finds the class, by case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from transformers import BertForSequenceClassification, PreTrainedTokenizerBase

from workers.bundled.sentiment.language import TASK, held_out
from workers.datasets.instance import Instance

Accuracies = Mapping[str, float]
"""Case -> share of sentences whose class has the largest logit."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The held-out sentences that the model card's accuracies are measured on."""

    n: int = 500  # of every case
    seed: int = 2021


def accuracies(
    model: BertForSequenceClassification, tokenizer: PreTrainedTokenizerBase, evaluation: Evaluation
) -> Accuracies:
    """The accuracy on held-out sentences of every case."""
    drawn = {case: held_out(case, evaluation.n, evaluation.seed) for case in TASK.cases}
    return {case: accuracy(model, tokenizer, instances) for case, instances in drawn.items()}


@torch.inference_mode()
def accuracy(
    model: BertForSequenceClassification, tokenizer: PreTrainedTokenizerBase, instances: Sequence[Instance]
) -> float:
    """The accuracy on sentences of any lengths."""
    batch = tokenizer([instance.text for instance in instances], padding=True, return_tensors="pt")
    found = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits.argmax(-1)
    labels = torch.tensor([TASK.labels.index(str(instance.label)) for instance in instances])
    return float((found == labels).double().mean())
