"""Pickled weights as safetensors: a program of its own, so that what a pickle does stays in its process.

`python -m workers.models.unpickle OUT FILE...` reads tensors and nothing else (`weights_only`), out of a state dict or
a checkpoint that holds one.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

HOLDERS = ("state_dict", "model_state_dict", "model", "module")
"""What training programs call the state dict within a checkpoint."""


def main(output: str, *files: str) -> None:
    """Write the tensors of all files into one."""
    weights: dict[str, Tensor] = {}
    for file in files:
        found = tensors(torch.load(file, map_location="cpu", weights_only=True))
        if not found:
            sys.exit(f"{Path(file).name} holds no weights by name")
        weights |= found
    save_file({name: tensor.contiguous().clone() for name, tensor in weights.items()}, output)


def tensors(content: Any) -> dict[str, Tensor]:
    """The state dict in what a file holds."""
    if not isinstance(content, Mapping):
        return {}
    for holder in HOLDERS:
        if isinstance(content.get(holder), Mapping):
            return tensors(content[holder])
    return {name: value for name, value in content.items() if isinstance(value, Tensor)}


if __name__ == "__main__":
    main(*sys.argv[1:])
