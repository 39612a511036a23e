"""A model's directory: found on this machine or fetched from the hub, and its files but for the weights' values."""

import json
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import validate_repo_id
from safetensors import SafetensorError, safe_open
from tokenizers.models import WordPiece
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from cypher.errors import InvalidInput

_BUNDLED = Path(__file__).parents[1] / "bundled"
BUNDLED = MappingProxyType(
    {"bundled": _BUNDLED / "agreement" / "model", "bundled-sentiment": _BUNDLED / "sentiment" / "model"}
)
"""The models that come with the package, by the names that `load_model` takes."""

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
WANTED = [
    "config.json",
    WEIGHTS,
    INDEX,
    "model-*-of-*.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
]
CONTENT = f"A model's directory holds config.json, {WEIGHTS}, and tokenizer.json or vocab.txt."
SAVE = "Load the model with transformers, write it with save_pretrained, and use that directory."


def locate(name_or_path: str | Path) -> tuple[str, Path]:
    """The model's name and its directory; a hub name is downloaded unless it is in the cache.

    Raises:
        InvalidInput: neither a directory nor a model on the hub, or the hub cannot be reached.
    """
    if isinstance(name_or_path, str) and name_or_path in BUNDLED:
        return name_or_path, BUNDLED[name_or_path]
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return path.resolve().name, path
    if path.exists():
        raise InvalidInput("model", f"{str(path)!r} is a file", f"Give the directory. {CONTENT}")
    name = str(name_or_path)
    try:
        validate_repo_id(name)
    except HFValidationError:
        raise InvalidInput("model", f"there is no directory {name!r}", "Check the path.") from None
    if isinstance(name_or_path, Path):
        raise InvalidInput("model", f"there is no directory {name!r}", "Check the path.")
    try:
        return name, Path(snapshot_download(name, allow_patterns=WANTED))
    except GatedRepoError:
        problem, fix = (
            "wants its terms accepted on the Hugging Face hub",
            "Accept them there and log in (hf auth login).",
        )
    except RepositoryNotFoundError:
        problem, fix = "is neither a directory here nor a public model on the Hugging Face hub", "Check the spelling."
    except LocalEntryNotFoundError:
        problem = "is not a directory here, and the Hugging Face hub cannot be reached"
        fix = "Check the path, or the connection."
    except (HfHubHTTPError, OSError) as error:
        problem, fix = f"could not be fetched from the Hugging Face hub ({error})", "Try again, or give a directory."
    raise InvalidInput("model", f"{name!r} {problem}", fix)


def read_config(directory: Path) -> dict[str, Any]:
    """The content of config.json, as it is written.

    Raises:
        InvalidInput: the file is missing or is no JSON object.
    """
    file = directory / "config.json"
    if not file.is_file():
        raise InvalidInput("model", f"{str(directory)!r} is no model: it has no config.json", CONTENT)
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidInput("model", f"it is not JSON ({error})", "Fetch or save the file again.", str(file)) from error
    if not isinstance(config, dict):
        raise InvalidInput("model", "it is not a JSON object", "Fetch or save the file again.", str(file))
    return config


def weight_files(directory: Path) -> list[Path]:
    """The safetensors files that hold the weights: one, or all that the index names.

    Raises:
        InvalidInput: there are none, only pickled ones, or the index names one that is missing.
    """
    if (directory / WEIGHTS).is_file():
        return [directory / WEIGHTS]
    index = directory / INDEX
    if index.is_file():
        try:
            files = [directory / name for name in sorted(set(json.loads(index.read_text())["weight_map"].values()))]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidInput("model", f"it is no index ({error!r})", "Fetch or save it again.", str(index)) from error
        for file in files:
            if not file.is_file():
                raise InvalidInput("model", f"{str(file)!r} is missing, which {INDEX} names", "Fetch or save it again.")
        return files
    problem = f"{str(directory)!r} has no {WEIGHTS}"
    if pickled := sorted(file.name for file in directory.glob("*.bin")):
        problem += f", only {pickled[0]}, and pickled weights are never read"
    raise InvalidInput("model", problem, SAVE)


def open_weights(file: Path) -> safe_open:
    """A file of weights, to be read one by one; a context manager.

    Raises:
        InvalidInput: it is not safetensors.
    """
    try:
        return safe_open(file, framework="pt")
    except SafetensorError as error:
        raise InvalidInput(
            "model", f"it is not a whole safetensors file ({error})", "Fetch or save the file again.", str(file)
        ) from error


def weight_names(file: Path) -> list[str]:
    """The names of the weights in a file.

    Raises:
        InvalidInput: as `open_weights`.
    """
    with open_weights(file) as weights:
        return list(weights.keys())


def count_weights(directory: Path) -> int:
    """How many numbers the weights of a model are; only headers are read.

    Raises:
        InvalidInput: as `weight_files` and `open_weights`.
    """
    count = 0
    for file in weight_files(directory):
        with open_weights(file) as weights:
            count += sum(prod(weights.get_slice(name).get_shape()) for name in weights.keys())  # noqa: SIM118
    return count


def read_tokenizer(directory: Path) -> PreTrainedTokenizerFast:
    """The directory's own word-piece tokenizer.

    Raises:
        InvalidInput: its files are missing or unreadable, it is no word-piece tokenizer, or it lacks a special token.
    """
    where = str(directory)
    if not any((directory / name).is_file() for name in ("tokenizer.json", "vocab.txt")):
        raise InvalidInput("model", f"{where!r} has neither tokenizer.json nor vocab.txt", CONTENT)
    try:
        tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # the tokenizers library raises Exception itself
        reason = str(error).partition("\n")[0]
        raise InvalidInput("model", f"its tokenizer cannot be read ({reason})", "Save it again.", where) from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast) or not isinstance(
        tokenizer.backend_tokenizer.model, WordPiece
    ):
        kind = type(tokenizer).__name__
        raise InvalidInput("model", f"its tokenizer ({kind}) is not a word-piece one", "Use a BERT with one.", where)
    vocabulary = tokenizer.backend_tokenizer.get_vocab(with_added_tokens=False)
    for role in ("mask", "cls", "sep", "unk"):
        token = getattr(tokenizer, f"{role}_token")
        # A token that its vocabulary lacks would be added behind it, where the model has no trained embedding.
        if token not in vocabulary:
            detail = "" if token is None else f" ({token} is not in its vocabulary)"
            raise InvalidInput(
                "model", f"its tokenizer has no {role} token{detail}", "Name one of its vocabulary.", where
            )
    return tokenizer
