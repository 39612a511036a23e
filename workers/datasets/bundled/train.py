"""Trains the bundled model: `python -m workers.datasets.bundled.train`.

1. Write the tokenizer of the language's words.
2. Train a 6-layer, 8-head BERT to fill masked words of sentences drawn afresh for every step: the target
   is always masked, any other word with probability `mask_probability`.
3. Measure its accuracy by task and case; write configuration, weights and model card.

The same settings on the same machine give the same weights: one seed, a fixed number of threads,
deterministic kernels.
"""

import argparse
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Int
from rich.console import Console
from rich.progress import track
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR
from transformers import BertConfig, BertForMaskedLM

from workers.datasets.bundled import MODEL
from workers.datasets.bundled.accuracy import Evaluation, accuracy_table
from workers.datasets.bundled.card import model_card
from workers.datasets.bundled.language import Utterance, utter
from workers.datasets.bundled.settings import TrainingSettings
from workers.datasets.bundled.vocabulary import make_tokenizer, vocabulary, words

IGNORED = -100  # the label of a word that is not masked, as torch's cross entropy skips it


def make_model(settings: TrainingSettings) -> BertForMaskedLM:
    """The untrained model. No dropout: hardly a sentence is seen twice."""
    config = BertConfig(
        vocab_size=len(vocabulary()),
        hidden_size=settings.width,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        intermediate_size=4 * settings.width,
        max_position_embeddings=settings.max_length,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=vocabulary().index("[PAD]"),
    )
    return BertForMaskedLM(config)


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences as the model takes them, padded to the longest."""

    ids: Int[Tensor, "sentence position"]
    labels: Int[Tensor, "sentence position"]  # the masked words' ids, IGNORED elsewhere
    attended: Int[Tensor, "sentence position"]  # 0 at padding, 1 elsewhere


def make_batch(utterances: Sequence[Utterance], pieces: Mapping[str, int], masked: float, rng: random.Random) -> Batch:
    """The sentences with their targets masked, and every other word with probability `masked`."""
    longest = max(len(utterance.words) for utterance in utterances) + 2
    ids = torch.full((len(utterances), longest), pieces["[PAD]"])
    labels = torch.full_like(ids, IGNORED)
    for row, utterance in enumerate(utterances):
        tokens = ("[CLS]", *utterance.words, "[SEP]")
        ids[row, : len(tokens)] = torch.tensor([pieces[token] for token in tokens])
        for position in range(1, len(tokens) - 1):
            if position == utterance.target + 1 or rng.random() < masked:
                labels[row, position] = ids[row, position]
                ids[row, position] = pieces["[MASK]"]
    return Batch(ids, labels, ids.ne(pieces["[PAD]"]).long())


def train(settings: TrainingSettings, console: Console) -> BertForMaskedLM:
    """The trained model, in evaluation mode; `console` shows the progress."""
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(settings.seed)
    rng = random.Random(settings.seed)
    pieces = {piece: index for index, piece in enumerate(vocabulary())}
    model = make_model(settings)
    optimizer = AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = LambdaLR(optimizer, settings.rate)
    for _ in track(range(settings.steps), "training", console=console):
        batch = make_batch([utter(rng) for _ in range(settings.batch)], pieces, settings.mask_probability, rng)
        masked = batch.labels != IGNORED
        hidden = model.bert(batch.ids, batch.attended).last_hidden_state
        loss = cross_entropy(model.cls(hidden[masked]), batch.labels[masked])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
        optimizer.step()
        schedule.step()
    return model.eval()


def main() -> None:
    """The command: trains, measures and writes everything to `--output`."""
    parser = argparse.ArgumentParser(description="Train the bundled model.")
    parser.add_argument("--output", type=Path, default=MODEL, help="directory for the model (default: the bundled one)")
    output: Path = parser.parse_args().output
    console = Console(stderr=True)
    settings = TrainingSettings()
    tokenizer = make_tokenizer(output, settings.max_length)
    start = time.process_time()
    model = train(settings, console)
    minutes = (time.process_time() - start) / 60
    model.save_pretrained(output)
    evaluation = Evaluation()
    table = accuracy_table(model, tokenizer, evaluation.n, evaluation.seed)
    card = model_card(settings, table, evaluation, model.num_parameters(), len(words()), minutes)
    (output / "README.md").write_text(card, encoding="utf-8")
    console.print(f"{minutes:.1f} minutes of processor time; written to {output}")


if __name__ == "__main__":
    main()
