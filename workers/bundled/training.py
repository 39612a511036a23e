"""What the trainings of the bundled models share: the form of the encoder, padding, the optimisation, the command.

The same settings on the same machine give the same weights: one seed, a fixed number of threads, deterministic kernels.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from jaxtyping import Bool, Float, Int
from rich.console import Console
from rich.progress import track
from torch import Tensor
from torch.nn import Module
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR
from transformers import BertConfig, BertModel, PreTrainedModel, PreTrainedTokenizerBase

from workers.bundled.settings import TrainingSettings
from workers.bundled.vocabulary import make_tokenizer
from workers.models import load_model
from workers.models.directory import BUNDLED

M = TypeVar("M", bound=PreTrainedModel)


def make_config(settings: TrainingSettings, pieces: Sequence[str], **more: Any) -> BertConfig:
    """Of the untrained model.

    Dropout is not against overfitting here, hardly a sentence being seen twice. Without it a model comes to need every
    part of its hidden states, and errs when some are taken away, which BERT does not.

    Args:
        more: entries of the prediction head.
    """
    return BertConfig(
        vocab_size=len(pieces),
        hidden_size=settings.width,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        intermediate_size=4 * settings.width,
        max_position_embeddings=settings.max_length,
        hidden_dropout_prob=settings.dropout,
        attention_probs_dropout_prob=settings.dropout,
        pad_token_id=pieces.index("[PAD]"),
        **more,
    )


def pad(sentences: Sequence[Sequence[str]], ids: Mapping[str, int]) -> Int[Tensor, "sentence position"]:
    """Ids of the sentences' words between [CLS] and [SEP], and of [PAD] up to the longest."""
    longest = max(len(words) for words in sentences) + 2
    padded = torch.full((len(sentences), longest), ids["[PAD]"])
    for row, words in enumerate(sentences):
        padded[row, : len(words) + 2] = torch.tensor([ids[token] for token in ("[CLS]", *words, "[SEP]")])
    return padded


def draw_masks(
    attended: Bool[Tensor, "sentence position"], share: float, otherwise: float = 0.0
) -> Bool[Tensor, "sentence position"]:
    """Which positions are masked: in a share of the sentences few or all of those attended to, [CLS] and [SEP] too.

    So a model learns to know nothing where it is shown nothing, which makes the baseline of influences neutral.

    Args:
        otherwise: how likely each position is masked in the other sentences.
    """
    sentences = len(attended), 1
    likely = torch.where(torch.rand(sentences) < share, torch.rand(sentences), otherwise)
    return attended & (torch.rand(attended.shape) < likely)


@contextmanager
def dropped_targets(model: BertModel, targets: Int[Tensor, " sentence"], share: float) -> Iterator[None]:
    """Inside, the target's state is zeros in a share of the sentences, drawn anew for each layer but the last.

    Patterns come to the target, but none begins there: ablation takes its states away up to the layer where a word's
    path arrives. A model that keeps something in these, which are of no word, is lost then, whatever the patterns say.
    """

    def drop(_: Module, __: Any, states: Tensor) -> Tensor:
        kept = torch.ones(states.shape[:2])
        kept[torch.arange(len(states)), targets] = (torch.rand(len(states)) >= share).float()
        return states * kept[:, :, None]

    hooks = [layer.register_forward_hook(drop) for layer in (model.embeddings, *model.encoder.layer[:-1])]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def optimise(
    make_model: Callable[[], M],
    loss: Callable[[M, random.Random], Float[Tensor, ""]],
    settings: TrainingSettings,
    console: Console,
) -> M:
    """The trained model, in evaluation mode; `console` shows the progress.

    Args:
        loss: of a batch that is drawn for the step.
    """
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(settings.seed)
    rng = random.Random(settings.seed)
    model = make_model()
    optimizer = AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = LambdaLR(optimizer, settings.rate)
    for _ in track(range(settings.steps), "training", console=console):
        optimizer.zero_grad(set_to_none=True)
        loss(model, rng).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
        optimizer.step()
        schedule.step()
    return model.eval()


@dataclass(frozen=True)
class Trained(Generic[M]):
    """A trained model as it was written."""

    model: M
    tokenizer: PreTrainedTokenizerBase
    fingerprint: str
    minutes: float  # of processor time


def run_command(
    name: str,
    settings: TrainingSettings,
    pieces: Sequence[str],
    train: Callable[[Console], M],
    write_card: Callable[[Trained[M]], str],
) -> None:
    """The command that trains a bundled model, and writes it with its tokenizer and card to `--output`."""
    parser = argparse.ArgumentParser(description=f"Train the model {name!r}.")
    parser.add_argument("--output", type=Path, default=BUNDLED[name], help="directory for the model (default: its own)")
    output: Path = parser.parse_args().output
    console = Console(stderr=True)
    tokenizer = make_tokenizer(output, pieces, settings.max_length)
    start = time.process_time()
    model = train(console)
    minutes = (time.process_time() - start) / 60
    model.save_pretrained(output)
    card = write_card(Trained(model, tokenizer, load_model(output, "cpu").fingerprint, minutes))
    (output / "README.md").write_text(card, encoding="utf-8")
    console.print(f"{minutes:.1f} minutes of processor time; written to {output}")
