"""Trains the agreement model: `python -m workers.bundled.agreement.train`.

1. Write the tokenizer of the language's words.
2. Train a 6-layer, 8-head BERT to fill masked words of sentences drawn afresh for every step: the target
   is always masked, any other word with probability `mask_probability`.
3. Measure its accuracy by task and case; write configuration, weights and model card.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from rich.console import Console
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import BertForMaskedLM

from workers.bundled.agreement.accuracy import Evaluation, accuracy_table
from workers.bundled.agreement.card import model_card
from workers.bundled.agreement.language import Utterance, known_words, utter
from workers.bundled.agreement.settings import AgreementSettings
from workers.bundled.training import Trained, make_config, optimise, pad, run_command
from workers.bundled.vocabulary import vocabulary

IGNORED = -100  # the label of a word that is not masked, as torch's cross entropy skips it


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences as the model takes them, padded to the longest."""

    ids: Int[Tensor, "sentence position"]
    labels: Int[Tensor, "sentence position"]  # the masked words' ids, IGNORED elsewhere
    attended: Int[Tensor, "sentence position"]  # 0 at padding, 1 elsewhere


def make_batch(utterances: Sequence[Utterance], pieces: Mapping[str, int], masked: float, rng: random.Random) -> Batch:
    """The sentences with their targets masked, and every other word with probability `masked`."""
    ids = pad([utterance.words for utterance in utterances], pieces)
    labels = torch.full_like(ids, IGNORED)
    for row, utterance in enumerate(utterances):
        for position in range(1, len(utterance.words) + 1):
            if position == utterance.target + 1 or rng.random() < masked:
                labels[row, position] = ids[row, position]
                ids[row, position] = pieces["[MASK]"]
    return Batch(ids, labels, ids.ne(pieces["[PAD]"]).long())


def train(settings: AgreementSettings, console: Console) -> BertForMaskedLM:
    """The trained model, in evaluation mode; `console` shows the progress."""
    pieces = vocabulary(known_words())
    ids = {piece: index for index, piece in enumerate(pieces)}

    def loss(model: BertForMaskedLM, rng: random.Random) -> Float[Tensor, ""]:
        batch = make_batch([utter(rng) for _ in range(settings.batch)], ids, settings.mask_probability, rng)
        masked = batch.labels != IGNORED
        hidden = model.bert(batch.ids, batch.attended).last_hidden_state
        return cross_entropy(model.cls(hidden[masked]), batch.labels[masked])

    return optimise(lambda: BertForMaskedLM(make_config(settings, pieces)), loss, settings, console)


def main() -> None:
    """The command: trains, measures and writes everything to `--output`."""
    settings, evaluation = AgreementSettings(), Evaluation()

    def card(trained: Trained[BertForMaskedLM]) -> str:
        table = accuracy_table(trained.model, trained.tokenizer, evaluation.n, evaluation.seed)
        return model_card(settings, table, evaluation, trained)

    run_command("bundled", settings, vocabulary(known_words()), lambda console: train(settings, console), card)


if __name__ == "__main__":
    main()
