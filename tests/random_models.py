"""Small random models on disk, for tests: a directory as `save_pretrained` writes it, in some milliseconds."""

import json
from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase, digits
from typing import Any, Literal

import torch
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification, BertTokenizer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = tuple(
    "the a that this and of near in to by with on his her it he she they is are was were has have do does not "
    "like likes guard guards laugh laughs swim swims know knows say says admire admires love loves hate hates "
    "smile smiles tall short old young happy good bad great boring pilot pilots author authors farmer farmers "
    "teacher teachers doctor doctors skater skaters woman women man men movie movies film films "
    "himself herself themselves itself".split()
)
LETTERS = (*".,!?'-", *digits, *ascii_lowercase)
PIECES = (*LETTERS, *("##" + letter for letter in ascii_lowercase + digits))
Kind = Literal["WordPiece", "BPE", "Unigram", "WordLevel"]
NAMES = {  # of special tokens, in the order of the ids that most models of their kind give them
    "bert": {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"},
    "albert": {"pad": "<pad>", "unk": "<unk>", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"},
    "roberta": {"cls": "<s>", "pad": "<pad>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"},
}


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


def write_tokenizer(
    path: Path,
    kind: Kind,
    words: Sequence[str] = WORDS,
    *,
    names: str = "roberta",
    tokenizer_class: str = "PreTrainedTokenizerFast",
    lstrip: bool = True,
    special_in_vocabulary: bool = True,
    normalizer: Any = None,
    **settings: Any,
) -> int:
    """Writes tokenizer.json and tokenizer_config.json of a small tokenizer into `path`; returns its number of ids.

    Every word is one token (with bytes and with `▁` after a space, and with bytes at the start of a text too), and all
    others can be written in letters, but with whole words (WordLevel). Put it where a `random_...` model of as many
    words is.

    Args:
        names: those of the special tokens, of `NAMES`.
        tokenizer_class: that the library reads it with. A model's own class builds the rest than the vocabulary anew.
        lstrip: does the mask's token take in the space before it?
        special_in_vocabulary: are the special tokens of the model's vocabulary, and not only added to it?
        settings: others, for tokenizer_config.json.
    """
    path.mkdir(parents=True, exist_ok=True)
    special = NAMES[names]
    first = list(special.values()) if special_in_vocabulary else []
    tokenizer = _BUILDERS[kind](first, special["unk"], tuple(dict.fromkeys(words)))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    mask = AddedToken(special["mask"], lstrip=lstrip, special=True, normalized=False)
    others = [AddedToken(token, special=True, normalized=False) for role, token in special.items() if role != "mask"]
    tokenizer.add_special_tokens([*others, mask])
    cls, sep = ((token, tokenizer.encode(token).ids[0]) for token in (special["cls"], special["sep"]))
    template = f"{special['cls']} $A {special['sep']}"
    tokenizer.post_processor = (
        processors.RobertaProcessing(sep, cls, trim_offsets=True, add_prefix_space=False)
        if kind == "BPE"
        else processors.TemplateProcessing(single=template, special_tokens=[cls, sep])
    )
    tokenizer.save(str(path / "tokenizer.json"))
    config = {"tokenizer_class": tokenizer_class, **{f"{role}_token": token for role, token in special.items()}}
    (path / "tokenizer_config.json").write_text(json.dumps(config | settings))
    return tokenizer.get_vocab_size()


def _word_piece(special: Sequence[str], unknown: str, words: Sequence[str]) -> Tokenizer:
    vocabulary = dict.fromkeys((*(special or [unknown]), *PIECES, *words))
    tokenizer = Tokenizer(models.WordPiece({token: at for at, token in enumerate(vocabulary)}, unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def _byte_pairs(special: Sequence[str], unknown: str, words: Sequence[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=100_000,
        special_tokens=list(special),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator((space + word for word in words for space in ("", " ")), trainer)
    return tokenizer


def _unigram(special: Sequence[str], unknown: str, words: Sequence[str]) -> Tokenizer:
    likely = dict.fromkeys(special or [unknown], 0.0) | dict.fromkeys((*(f"▁{word}" for word in words), "▁"), -2.0)
    vocabulary = list((likely | dict.fromkeys(LETTERS, -6.0)).items())
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=list(likely).index(unknown), byte_fallback=False))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    return tokenizer


def _words(special: Sequence[str], unknown: str, words: Sequence[str]) -> Tokenizer:
    vocabulary = dict.fromkeys((*(special or [unknown]), *".,!?'-", *words))
    tokenizer = Tokenizer(models.WordLevel({token: index for index, token in enumerate(vocabulary)}, unk_token=unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


_BUILDERS = {"WordPiece": _word_piece, "BPE": _byte_pairs, "Unigram": _unigram, "WordLevel": _words}
