"""Trains the agreement model: `python -m workers.bundled.agreement.train`.

1. Write the tokenizer of the language's words.
2. Train a 6-layer, 8-head BERT to fill masked words of sentences drawn afresh for every step: the target
   is always masked, other words too, in some sentences few or all of them. In the last part states of the target are
   dropped (`dropped_targets`).
3. Measure its accuracy by task and case; write configuration, weights and model card.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

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
from workers.bundled.training import Trained, draw_masks, dropped_targets, make_config, optimise, pad, run_command
from workers.bundled.vocabulary import vocabulary

IGNORED = -100  # the label of a word that is not masked, as torch's cross entropy skips it


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences as the model takes them, padded to the longest."""

    ids: Int[Tensor, "sentence position"]
    labels: Int[Tensor, "sentence position"]  # the masked words' ids, IGNORED elsewhere
    attended: Int[Tensor, "sentence position"]  # 0 at padding, 1 elsewhere


def make_batch(
    utterances: Sequence[Utterance], pieces: Mapping[str, int], masked: float, mask_probability: float
) -> Batch:
    """The sentences with their targets masked, and other positions as `draw_masks` says; only words have labels."""
    ids = pad([utterance.words for utterance in utterances], pieces)
    attended = ids.ne(pieces["[PAD]"])
    hidden = draw_masks(attended, masked, mask_probability)
    hidden[torch.arange(len(ids)), torch.tensor([1 + utterance.target for utterance in utterances])] = True
    words = hidden & ids.ne(pieces["[CLS]"]) & ids.ne(pieces["[SEP]"])
    return Batch(ids.masked_fill(hidden, pieces["[MASK]"]), ids.masked_fill(~words, IGNORED), attended.long())


def train(settings: AgreementSettings, console: Console) -> BertForMaskedLM:
    """The trained model, in evaluation mode; `console` shows the progress."""
    pieces = vocabulary(known_words())
    ids = {piece: index for index, piece in enumerate(pieces)}
    steps = count()

    def loss(model: BertForMaskedLM, rng: random.Random) -> Float[Tensor, ""]:
        utterances = [utter(rng) for _ in range(settings.batch)]
        batch = make_batch(utterances, ids, settings.masked, settings.mask_probability)
        masked = batch.labels != IGNORED
        targets = torch.tensor([1 + utterance.target for utterance in utterances])
        with dropped_targets(model.bert, targets, settings.dropped(next(steps))):
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
