"""From a name or a directory to a model.

1. Settle the device and dtype, and find the directory (on this machine or through the hub's cache).
2. Find the family that reads its architecture.
3. Read config, tokenizer and weights, each refused with one clear error where the rules do not cover it.
4. The first time, compare with the library's own model.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from rich.filesize import decimal
from transformers.utils import logging

from cypher.errors import ModelError, OutOfMemory
from workers.models import registry
from workers.models.checkpoint import count_weights, read_weights, unused_weights, weight_files, weight_names
from workers.models.devices import is_out_of_memory, settle_device, settle_dtype
from workers.models.directory import BUNDLED, is_pooled, locate, read_config
from workers.models.fingerprint import fingerprint
from workers.models.library import compare_once
from workers.models.model import Model
from workers.models.tokenizer import pieces_of, read_tokenizer, require_special


def load_model(
    name_or_path: str | Path, device: str | torch.device = "auto", dtype: str | torch.dtype = "float32"
) -> Model:
    """Loads a masked-language model, sequence classifier or bare encoder, with the tokenizer of its own directory.

    Args:
        name_or_path: a directory as `save_pretrained` writes it, a name on the Hugging Face hub, or one of the models
            that come with this package: "bundled" (masked words) or "bundled-sentiment" (a classifier). Weights are
            read from safetensors only, never from pickles.
        device: "auto" (CUDA where there is any, else the CPU), "cpu", "cuda" or "cuda:N".
        dtype: "float32" or "float64", of weights and arithmetic.

    Raises:
        InvalidInput: a device or dtype that is not to be had.
        ModelError: no such model, a file of it missing or unsound, an architecture or option that is not supported, or
            other numbers than the library's.
        OutOfMemory: the device has too little left for the weights.
    """
    device, dtype = settle_device(str(device)), settle_dtype(str(dtype))
    name, directory = locate(name_or_path)
    raw, where = read_config(directory), str(directory / "config.json")
    files = weight_files(directory)
    names = weight_names(files)
    family, architecture = registry.find(raw, names, where)
    with quiet():
        config = family.check(raw, architecture, where)
        tokenizer = read_tokenizer(directory, family.tokenizers, config)
    identity = fingerprint(files, raw, tokenizer)
    layout = family.layout(config, architecture)
    with _within_memory(name, files, device, dtype):
        weights = read_weights(files, layout, device, dtype)
        encoder, objective = family.build(weights, config, architecture)
    require_special(tokenizer, objective.special, str(directory))
    largest = max(*tokenizer.get_vocab().values(), *pieces_of(tokenizer, "").ids)
    if largest >= len(encoder.word_embeddings):
        raise ModelError(
            "model",
            f"its tokenizer has ids up to {largest} and its vocab_size is {len(encoder.word_embeddings)}",
            "Use the tokenizer that the model was trained with.",
            str(directory),
        )
    model = Model(
        name=name,
        architecture=architecture,
        fingerprint=identity,
        encoder=encoder,
        objective=objective,
        tokenizer=tokenizer,
        max_length=encoder.embeddings.max_length,
        unused=unused_weights(names, layout),
        pooled=is_pooled(directory),
        skips_padding=family.skips_padding,
    )
    if directory not in BUNDLED.values():
        with quiet():
            compare_once(model, directory, config, family.exact)
    return model


def weight_bytes(name_or_path: str | Path, dtype: str | torch.dtype) -> int:
    """What the weights of a model will take once they are loaded, as far as its files tell.

    Raises:
        InvalidInput: as `load_model`.
    """
    return count_weights(weight_files(locate(name_or_path)[1])) * settle_dtype(str(dtype)).itemsize


@contextmanager
def _within_memory(name: str, files: Sequence[Path], device: torch.device, dtype: torch.dtype) -> Iterator[None]:
    """Reading weights; an allocation that fails becomes one of our errors."""
    try:
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        needed = decimal(count_weights(files) * dtype.itemsize)
        problem = f"{device} has too little left for the weights of {name}, which take {needed}"
        raise OutOfMemory("memory", problem, "Free memory there, or use another device.") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' own warnings; what is wrong becomes an error here."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
