"""What is measured: a random BERT, one sentence for it, and the line of samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import BertForMaskedLM

from tests.oracle.huggingface import encoder_of, masked_lm_head_of, random_bert
from workers.influence.blocks.transformer import Transformer
from workers.influence.engine import Influence, influence
from workers.influence.interest import Line
from workers.influence.passes.forward import Sentences

VOCAB = 1000
BASELINE = 3
CORRECT, WRONG = 5, 6


@dataclass(frozen=True)
class Shape:
    """Of an encoder and a sentence."""

    layers: int = 6
    heads: int = 8
    width: int = 512
    length: int = 11
    samples: int = 50

    def __str__(self) -> str:
        return f"L{self.layers} H{self.width} A{self.heads} N{self.length}, {self.samples} samples"


@dataclass(frozen=True)
class Workload:
    """A masked-LM sentence whose target is its middle, put to a random BERT in float32, parameters frozen."""

    shape: Shape
    model: BertForMaskedLM
    encoder: Transformer
    sentences: Sentences
    line: Line
    target: int

    @classmethod
    def of(cls, shape: Shape, device: str) -> "Workload":
        model = random_bert(
            BertForMaskedLM,
            dtype=torch.float32,
            vocab_size=VOCAB,
            hidden_size=shape.width,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=4 * shape.width,
            max_position_embeddings=128,
        )
        torch.nn.Module.to(model, device)
        head, target = masked_lm_head_of(model), shape.length // 2
        ids = torch.randint(10, VOCAB, (1, shape.length), generator=torch.Generator().manual_seed(1))
        ids[0, target] = BASELINE
        correct, wrong = torch.tensor([CORRECT], device=device), torch.tensor([WRONG], device=device)
        encoder = encoder_of(model)
        sentences = Sentences(
            ids.to(device),
            torch.tensor([target], device=device),
            BASELINE,
            lambda hidden: head.difference(hidden, correct, wrong),
        )
        line = Line.of("paper", shape.samples, encoder.word_embeddings)
        return cls(shape, model, encoder, sentences, line, target)

    @property
    def words(self) -> Int[Tensor, "1 source"]:
        """All source words: every position but the target."""
        positions = [position for position in range(self.shape.length) if position != self.target]
        return torch.tensor([positions], device=self.encoder.device)

    @property
    def embeddings(self) -> Float[Tensor, "pos d"]:
        return self.encoder.word_embeddings[self.sentences.ids[0]]

    @property
    def baseline(self) -> Float[Tensor, "pos d"]:
        return self.encoder.word_embeddings[BASELINE].expand(self.shape.length, -1)

    def patterns(self, methods: Sequence[str] = ()) -> Influence:
        """GPR at both levels, all words; and the patterns of baselines."""
        return influence(self.encoder, self.sentences, self.line, self.words, methods=methods)

    def edges(self) -> Influence:
        """Every edge of the attention-level graph."""
        return influence(self.encoder, self.sentences, self.line, self.words[:, :0], edges=True)

    def everything(self) -> Influence:
        return influence(self.encoder, self.sentences, self.line, self.words, edges=True)
