"""A model's directory: found on this machine or fetched from the hub; and its config.json."""

import json
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

from cypher.errors import ModelError

_BUNDLED = Path(__file__).parents[1] / "bundled"
BUNDLED = MappingProxyType(
    {"bundled": _BUNDLED / "agreement" / "model", "bundled-sentiment": _BUNDLED / "sentiment" / "model"}
)
"""The models that come with the package, by the names that `load_model` takes."""

ADAPTER = "adapter_config.json"
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
POOLING = "1_Pooling/config.json"
"""Where sentence-transformers says how a sentence's embedding is made of the last hidden states."""
WANTED = [
    "config.json",
    ADAPTER,
    WEIGHTS,
    INDEX,
    "model-*-of-*.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    POOLING,
]
POINTER = b"version https://git-lfs.github.com/spec/"
CONTENT = (
    f"A model's directory holds config.json, {WEIGHTS}, and tokenizer.json, vocab.txt, or vocab.json with merges.txt."
)


def locate(name_or_path: str | Path) -> tuple[str, Path]:
    """The model's name and its directory; a hub name is downloaded unless it is in the cache.

    Raises:
        ModelError: neither a directory nor a model on the hub, or the hub cannot be reached.
    """
    if isinstance(name_or_path, str) and name_or_path in BUNDLED:
        return name_or_path, BUNDLED[name_or_path]
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return path.resolve().name, path
    if path.exists():
        raise ModelError("model", f"{str(path)!r} is a file", f"Give the directory. {CONTENT}")
    name = str(name_or_path)
    try:
        validate_repo_id(name)
    except HFValidationError:
        raise ModelError("model", f"there is no directory {name!r}", "Check the path.") from None
    if isinstance(name_or_path, Path):
        raise ModelError("model", f"there is no directory {name!r}", "Check the path.")
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
    raise ModelError("model", f"{name!r} {problem}", fix)


def refuse_pointer(file: Path) -> None:
    """Is a file, where it is there, the file itself?

    Raises:
        ModelError: it only points at one that Git LFS keeps.
    """
    if file.is_file():
        with file.open("rb") as content:
            if content.read(len(POINTER)) == POINTER:
                problem = "it is a pointer of Git LFS, not the file itself"
                raise ModelError("model", problem, "Fetch the file: run `git lfs pull` in its repository.", str(file))


def read_config(directory: Path) -> dict[str, Any]:
    """The content of config.json, as it is written.

    Raises:
        ModelError: the file is missing or is no JSON object, or the directory holds an adapter.
    """
    file = directory / "config.json"
    _refuse_adapter(directory, whole=file.is_file())
    refuse_pointer(file)
    if not file.is_file():
        raise ModelError("model", f"{str(directory)!r} is not a model: it has no config.json", CONTENT)
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError("model", f"it is not JSON ({error})", "Fetch or save the file again.", str(file)) from error
    if not isinstance(config, dict):
        raise ModelError("model", "it is not a JSON object", "Fetch or save the file again.", str(file))
    return config


def _refuse_adapter(directory: Path, *, whole: bool) -> None:
    """Is all that makes the model in its own weights?

    Args:
        whole: does the directory hold a model's config.json, too?
    """
    file = directory / ADAPTER
    if not file.is_file():
        return
    try:
        base = json.loads(file.read_text(encoding="utf-8")).get("base_model_name_or_path")
    except (ValueError, AttributeError):
        base = None
    of = f" of {base}" if base else ""
    problem = f"{str(directory)!r} holds an adapter (PEFT, such as LoRA){of}" + (
        " beside a model, and its weights would be left out" if whole else ", not a whole model"
    )
    fix = "Merge it into its base model: load it with peft, call merge_and_unload(), then save_pretrained()."
    raise ModelError("model", problem, fix)


def is_pooled(directory: Path) -> bool:
    """Are the sentence embeddings of a model made of other positions than the first?"""
    file = directory / POOLING
    try:
        return file.is_file() and not json.loads(file.read_text(encoding="utf-8"))["pooling_mode_cls_token"]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError("model", f"it does not say how to pool ({error!r})", "Mend or remove it.", str(file)) from None
