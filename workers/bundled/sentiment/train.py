"""Trains the sentiment model: `python -m workers.bundled.sentiment.train`.

1. Write the tokenizer of the language's words.
2. Train a 6-layer, 8-head BERT to find the class of sentences drawn afresh for every step. Words are masked in some of
   them, few or all: where these tell the class, the model learns to know no better than even odds, so that the baseline
   of influences, a sentence of masks, is neutral. Smoothed labels keep the way from there from being a cliff. In the
   last part states of [CLS] are dropped (`dropped_targets`).
3. Measure its accuracy by case on sentences held out; write configuration, weights and model card.
"""

import random
from itertools import count

import torch
from jaxtyping import Float
from rich.console import Console
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import BertForSequenceClassification

from workers.bundled.sentiment.accuracy import Evaluation, accuracies
from workers.bundled.sentiment.card import model_card
from workers.bundled.sentiment.language import TASK, known_words, utter
from workers.bundled.sentiment.settings import SentimentSettings
from workers.bundled.training import Trained, draw_masks, dropped_targets, make_config, optimise, pad, run_command
from workers.bundled.vocabulary import vocabulary


def train(settings: SentimentSettings, console: Console) -> BertForSequenceClassification:
    """The trained model, in evaluation mode; `console` shows the progress."""
    pieces = vocabulary(known_words())
    ids = {piece: index for index, piece in enumerate(pieces)}
    steps = count()

    def make_model() -> BertForSequenceClassification:
        names = dict(enumerate(TASK.labels))
        config = make_config(settings, pieces, id2label=names, label2id={name: index for index, name in names.items()})
        return BertForSequenceClassification(config)

    def loss(model: BertForSequenceClassification, rng: random.Random) -> Float[Tensor, ""]:
        sentences, labels = zip(*(utter(rng) for _ in range(settings.batch)), strict=True)
        padded = pad(sentences, ids)
        attended = padded.ne(ids["[PAD]"])
        shown = padded.masked_fill(draw_masks(attended, settings.masked), ids["[MASK]"])
        with dropped_targets(model.bert, torch.zeros(len(labels), dtype=torch.long), settings.dropped(next(steps))):
            logits = model(input_ids=shown, attention_mask=attended.long()).logits
        return cross_entropy(logits, torch.tensor(labels), label_smoothing=settings.smoothing)

    return optimise(make_model, loss, settings, console)


def main() -> None:
    """The command: trains, measures and writes everything to `--output`."""
    settings, evaluation = SentimentSettings(), Evaluation()

    def card(trained: Trained[BertForSequenceClassification]) -> str:
        return model_card(settings, accuracies(trained.model, trained.tokenizer, evaluation), evaluation, trained)

    pieces = vocabulary(known_words())
    run_command("bundled-sentiment", settings, pieces, lambda console: train(settings, console), card)


if __name__ == "__main__":
    main()
