"""The weights of a model as they are stored: safetensors, never pickles.

1. Which files hold them, and what they are called there (`weight_files`, `weight_names`).
2. Which ones an architecture needs by its config, and of what shape, a family says (`Layout`).
3. `read_weights` finds each under its own name or an older one, and refuses what is missing, left over, misshapen or
   not finite.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import prod
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from cypher.errors import ModelError, PickledWeights
from workers.models.directory import INDEX, WEIGHTS, refuse_pointer

SAVE = "Load the model with transformers, write it with save_pretrained, and use that directory."
CONVERT = "Convert it into a directory with safetensors weights."
OWN_CONFIG = "Use the config.json that was saved with the weights."

OLD_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
"""Ends of names as files of the first years have them, which were written in TensorFlow."""

ADAPTED = re.compile(r"\.(lora_|base_layer\.|modules_to_save\.|ia3_|hada_)")
"""In the names of weights that peft has wrapped."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The weights that an architecture has by its config."""

    architecture: str
    shapes: Mapping[str, tuple[int, ...]]  # by name
    prefix: str  # what files of the encoder alone leave out of its names, such as "bert."
    whole: str  # what every stored weight under this prefix must have its place in
    spare: tuple[str, ...]  # prefixes of what checkpoints often hold besides, for other heads
    tied: Mapping[str, str]  # a weight to the one that it shares: one of the two is enough


def weight_files(directory: Path) -> list[Path]:
    """The safetensors files that hold the weights: one, or all that the index names.

    Raises:
        ModelError: there are none, only pickled ones, or the index names one that is missing.
    """
    if (directory / WEIGHTS).is_file():
        return [directory / WEIGHTS]
    index = directory / INDEX
    if index.is_file():
        try:
            files = [directory / name for name in sorted(set(json.loads(index.read_text())["weight_map"].values()))]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                "model", f"it is not an index ({error!r})", "Fetch or save it again.", str(index)
            ) from error
        for file in files:
            if not file.is_file():
                raise ModelError("model", f"{str(file)!r} is missing, which {INDEX} names", "Fetch or save it again.")
        return files
    problem = f"{str(directory)!r} has no {WEIGHTS}"
    if pickled := sorted(file.name for file in directory.glob("*.bin")):
        raise PickledWeights("model", f"{problem}, only {pickled[0]}, and pickled weights are never read", CONVERT)
    raise ModelError("model", problem, SAVE)


def open_weights(file: Path) -> safe_open:
    """A file of weights, to be read one by one; a context manager.

    Raises:
        ModelError: it is not safetensors, or only points at the file itself.
    """
    refuse_pointer(file)
    try:
        return safe_open(file, framework="pt")
    except SafetensorError as error:
        raise ModelError(
            "model", f"it is not a whole safetensors file ({error})", "Fetch or save the file again.", str(file)
        ) from error


def weight_names(files: Iterable[Path]) -> set[str]:
    """The names of the weights in files.

    Raises:
        ModelError: as `open_weights`.
    """
    names: set[str] = set()
    for file in files:
        with open_weights(file) as weights:
            names.update(weights.keys())
    return names


def count_weights(files: Iterable[Path]) -> int:
    """How many numbers the weights in files are; only headers are read.

    Raises:
        ModelError: as `open_weights`.
    """
    count = 0
    for file in files:
        with open_weights(file) as weights:
            count += sum(prod(weights.get_slice(name).get_shape()) for name in weights.keys())  # noqa: SIM118
    return count


def read_weights(files: Sequence[Path], layout: Layout, device: torch.device, dtype: torch.dtype) -> dict[str, Tensor]:
    """The weights of a layout by name; of two that are tied and equal only the one that is shared.

    Raises:
        ModelError: the files lack one, hold one without a place in the encoder, or one of another shape or not finite.
    """
    where = str(files[0].parent)
    with ExitStack() as stack:
        stored = {}  # by the layout's names: the file and the name there
        for file in files:
            weights = stack.enter_context(open_weights(file))
            names = {_name_of(name, layout): name for name in weights.keys()}  # noqa: SIM118
            stored |= {name: (weights, own) for name, own in names.items()}
        _check_names(stored, layout, where)
        shapes = {name: tuple(file.get_slice(own).get_shape()) for name, (file, own) in stored.items()}
        for name in sorted(stored.keys() & layout.shapes.keys()):
            if shapes[name] != layout.shapes[name]:
                found, wanted = list(shapes[name]), list(layout.shapes[name])
                problem = f"{name} is {found} in its weights and {wanted} by its config.json"
                raise ModelError("model", problem, OWN_CONFIG, where)
        # Copied, because the file's own pages lie beneath.
        read = {
            name: stored[name][0].get_tensor(stored[name][1]).to(device, dtype, copy=True)
            for name in layout.shapes
            if name in stored
        }
    for name, weight in read.items():
        if not weight.isfinite().all():
            raise ModelError(
                "model", f"{name} has NaN or infinite weights in {dtype}", "Use a sound checkpoint.", where
            )
    for name, shared in layout.tied.items():
        if shared not in read:
            read[shared] = read.pop(name)
        elif name in read and read[name].equal(read[shared]):
            del read[name]
    return read


def _name_of(stored: str, layout: Layout) -> str:
    """What the layout calls a weight."""
    for old, new in OLD_NAMES.items():
        stored = stored.replace(old, new)
    for name in (stored, stored.removeprefix(layout.prefix), layout.prefix + stored):
        if name in layout.shapes:
            return name
    return stored


def _check_names(stored: Iterable[str], layout: Layout, where: str) -> None:
    stored = set(stored)
    if adapters := {name for name in stored if ADAPTED.search(name)}:
        problem = f"its weights hold an adapter's ({_some(adapters)}), which are not merged"
        raise ModelError("model", problem, "Call peft's merge_and_unload() before save_pretrained().", where)
    needed = layout.shapes.keys() - {
        name for pair in layout.tied.items() if not stored.isdisjoint(pair) for name in pair
    }
    if missing := needed - stored:
        if wrapper := _wrapper(stored, layout):
            problem = f"the names of its weights begin with {wrapper!r}: it was saved from inside a wrapper"
            raise ModelError("model", problem, "Save the model within it, or rename the weights.", where)
        raise ModelError(
            "model",
            f"its weights lack {_some(missing)}, which {layout.architecture} needs",
            "Use a checkpoint that was trained and saved as this architecture, with its own config.json.",
            where,
        )
    # Of the encoder only: a head of another task may stay unused.
    whole = (layout.whole, layout.whole.removeprefix(layout.prefix))
    if unused := {name for name in stored - layout.shapes.keys() if name.startswith(whole)}:
        problem = f"its weights hold {_some(unused)}, for which config.json has no place"
        raise ModelError("model", problem, OWN_CONFIG, where)


def _wrapper(stored: set[str], layout: Layout) -> str | None:
    """What stands before the layout's names, such as `module.` of DataParallel or `_orig_mod.` of torch.compile."""
    for name in sorted(stored):
        for known in (each for each in layout.shapes if name.endswith("." + each)):
            wrapper = name.removesuffix(known)
            if all((wrapper + each) in stored for each in layout.shapes if each.startswith(layout.whole)):
                return wrapper
    return None


def rename_weights(stored: Iterable[str], layout: Layout) -> dict[str, str]:
    """The layout's weights among those that are stored, each with the name it is stored under.

    What a wrapper put before all names is seen through.
    """
    names = set(stored)
    wrapper = _wrapper(names, layout) or ""
    found = {_name_of(name.removeprefix(wrapper), layout): name for name in sorted(names)}
    return {name: own for name, own in found.items() if name in layout.shapes}


def unused_weights(stored: Iterable[str], layout: Layout) -> tuple[str, ...]:
    """The names of stored weights that the model is not made of, but for those that other heads are known to have."""
    unused = {name for name in stored if _name_of(name, layout) not in layout.shapes}
    return tuple(sorted(name for name in unused if not name.startswith(layout.spare)))


def _some(names: set[str]) -> str:
    first = sorted(names)[:5]
    return ", ".join(first) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
