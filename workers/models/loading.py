"""From a name or a directory to a model.

1. Settle the device and dtype, and find the directory (on this machine or through the hub's cache).
2. Read config, tokenizer and weights, each refused with one clear error where the rules do not cover it.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import torch
from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars
from transformers.utils import logging

from cypher.errors import InvalidInput
from workers.models.bert import ARCHITECTURES, HEADS, check_bert, read_bert
from workers.models.directory import count_weights, locate, read_config, read_tokenizer, weight_files, weight_names
from workers.models.fingerprint import fingerprint
from workers.models.model import Model

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def load_model(
    name_or_path: str | Path, device: str | torch.device = "auto", dtype: str | torch.dtype = "float32"
) -> Model:
    """Loads a BERT masked-language model or sentence classifier, with the tokenizer of its own directory.

    Args:
        name_or_path: a directory as `save_pretrained` writes it, a name on the Hugging Face hub, or one of the models
            that come with this package: "bundled" (masked words) or "bundled-sentiment" (a classifier). Weights are
            read from safetensors only, never from pickles.
        device: "auto" (CUDA where there is any, else the CPU), "cpu", "cuda" or "cuda:N".
        dtype: "float32" or "float64", of weights and arithmetic.

    Raises:
        InvalidInput: no such model, a file of it missing or unsound, an architecture or option that is not supported,
            or a device or dtype that is not to be had.
    """
    device, dtype = settle_device(str(device)), _dtype(str(dtype))
    name, directory = locate(name_or_path)
    raw, where = read_config(directory), str(directory / "config.json")
    files = weight_files(directory)
    architecture = _architecture(raw.get("architectures"), files, where)
    with _quiet():
        config = check_bert(raw, where)
        tokenizer = read_tokenizer(directory)
        identity = fingerprint(files, raw, tokenizer)
        encoder, head, labels = read_bert(directory, config, architecture, device, dtype)
    largest = max(tokenizer.get_vocab().values())
    if largest >= len(encoder.word_embeddings):
        raise InvalidInput(
            "model",
            f"its tokenizer has ids up to {largest} and its vocab_size is {len(encoder.word_embeddings)}",
            "Use the tokenizer that the model was trained with.",
            str(directory),
        )
    return Model(
        name=name,
        architecture=architecture,
        fingerprint=identity,
        encoder=encoder,
        head=head,
        tokenizer=tokenizer,
        labels=labels,
        max_length=min(encoder.embeddings.max_length, tokenizer.model_max_length),
        baseline_id=cast(int, tokenizer.mask_token_id),
    )


def weight_bytes(name_or_path: str | Path, dtype: str | torch.dtype) -> int:
    """What the weights of a model will take once they are loaded, as far as its files tell.

    Raises:
        InvalidInput: as `load_model`.
    """
    return count_weights(locate(name_or_path)[1]) * _dtype(str(dtype)).itemsize


def settle_device(name: str) -> torch.device:
    """The device of that name.

    Raises:
        InvalidInput: there is no such device here.
    """
    match = re.fullmatch(r"auto|cpu|cuda(?::(\d+))?", name)
    if match is None:
        raise InvalidInput("device", f"{name!r} is not known", "Use auto, cpu, cuda or cuda:N.")
    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise InvalidInput("device", f"{name!r} is asked for and torch finds no CUDA device", "Use cpu or auto.")
    index, count = int(match[1] or 0), torch.cuda.device_count()
    if index >= count:
        raise InvalidInput(
            "device", f"{name!r} is asked for and torch finds {count}", f"Use cuda:0 to cuda:{count - 1}."
        )
    return torch.device("cuda", index)


def _dtype(name: str) -> torch.dtype:
    try:
        return DTYPES[name.removeprefix("torch.")]
    except KeyError:
        raise InvalidInput("dtype", f"{name!r} is not supported", f"Use {' or '.join(DTYPES)}.") from None


def _architecture(named: object, files: Sequence[Path], where: str) -> str:
    """What config.json names; where that is nothing, or more than one head, what the weights hold."""
    name = named[0] if isinstance(named, list) and named else None
    if name in (None, "BertForPreTraining"):
        weights = {weight for file in files for weight in weight_names(file)}
        for architecture, head in HEADS.items():
            if head in weights:
                return architecture
        raise InvalidInput(
            "architectures",
            "it names no single prediction head, and the weights hold none",
            f"Use a checkpoint that was saved as one of: {', '.join(ARCHITECTURES)}.",
            where,
        )
    if name not in ARCHITECTURES:
        raise InvalidInput(
            "architectures", f"{name!r} is not supported", f"Use one of: {', '.join(ARCHITECTURES)}.", where
        )
    return name


@contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' own warnings and progress bars; what is wrong becomes an error here."""
    verbosity, bars, hub_bars_off = (
        logging.get_verbosity(),
        logging.is_progress_bar_enabled(),
        are_progress_bars_disabled(),
    )
    logging.set_verbosity_error()
    logging.disable_progress_bar()  # the hub's too
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
        if hub_bars_off:
            disable_progress_bars()
