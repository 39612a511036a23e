"""Small random models on disk, for tests: a directory as `save_pretrained` writes it, in some milliseconds."""

from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase, digits
from typing import Literal

import torch
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification, BertTokenizer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = tuple(
    "the a that this and of near in to by with on his her it he she they is are was were has have do does not "
    "like likes guard guards laugh laughs swim swims know knows say says admire admires love loves hate hates "
    "smile smiles tall short old young happy good bad great boring pilot pilots author authors farmer farmers "
    "teacher teachers doctor doctors skater skaters woman women man men movie movies film films "
    "himself herself themselves itself".split()
)
PIECES = (*".,!?'-", *digits, *ascii_lowercase, *("##" + letter for letter in ascii_lowercase + digits))


def random_bert(
    path: Path,
    *,
    layers: int = 2,
    heads: int = 2,
    width: int = 16,
    ff: int = 32,
    words: Sequence[str] = WORDS,
    kind: Literal["masked-lm", "classifier"] = "masked-lm",
    labels: Sequence[str] = ("negative", "positive"),
    max_length: int = 64,
    activation: str = "gelu",
    initializer_range: float = 0.3,
    seed: int = 0,
) -> Path:
    """Writes a random BERT (float32 safetensors) and its word-piece tokenizer into `path` and returns `path`.

    Every parameter is random, biases and LayerNorm gains too, so that none can be forgotten unseen. The vocabulary is
    the special tokens, punctuation, digits, single letters and their continuations (so that any English word can
    be written in pieces), and `words`; the tokenizer lower-cases. The same arguments give the same files.
    """
    path.mkdir(parents=True, exist_ok=True)
    vocabulary = {token: index for index, token in enumerate(dict.fromkeys((*SPECIAL, *PIECES, *words)))}
    tokenizer = BertTokenizer(vocab=vocabulary, do_lower_case=True, model_max_length=max_length)
    tokenizer.save_pretrained(path)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=ff,
        hidden_act=activation,
        max_position_embeddings=max_length,
        id2label=dict(enumerate(labels)) if kind == "classifier" else None,
    )
    model = BertForMaskedLM(config) if kind == "masked-lm" else BertForSequenceClassification(config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(std=initializer_range, generator=generator)
            if name.endswith("LayerNorm.weight"):
                parameter.add_(1)
    model.save_pretrained(path)
    return path
