"""How often a masked language model prefers the right word, by task and case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from transformers import BertForMaskedLM, PreTrainedTokenizerBase

from workers.datasets.instance import MASK, Instance
from workers.datasets.tasks import MASKED

AccuracyTable = Mapping[str, Mapping[str, float]]
"""Task -> case -> share of sentences with logit(correct) > logit(wrong)."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The generated sentences that the model card's accuracies are measured on."""

    n: int = 500  # of every case
    seed: int = 2021


def accuracy_table(model: BertForMaskedLM, tokenizer: PreTrainedTokenizerBase, n: int, seed: int) -> AccuracyTable:
    """The accuracy on `n` generated sentences of every task of a masked word, and case."""
    return {
        task.name: {case: accuracy(model, tokenizer, task.generate(case, n, seed)) for case in task.cases}
        for task in MASKED.values()
    }


@torch.inference_mode()
def accuracy(model: BertForMaskedLM, tokenizer: PreTrainedTokenizerBase, instances: Sequence[Instance]) -> float:
    """The accuracy on sentences of one length whose words are all single tokens."""
    texts = [instance.text.replace(MASK, str(tokenizer.mask_token)) for instance in instances]
    ids = torch.tensor(tokenizer(texts)["input_ids"])
    target = ids[0].tolist().index(tokenizer.mask_token_id)
    logits = model(input_ids=ids).logits[:, target]
    correct = torch.tensor(tokenizer.convert_tokens_to_ids([str(instance.correct) for instance in instances]))
    wrong = torch.tensor(tokenizer.convert_tokens_to_ids([str(instance.wrong) for instance in instances]))
    margin = logits.gather(1, correct[:, None]) - logits.gather(1, wrong[:, None])
    return float((margin > 0).double().mean())
