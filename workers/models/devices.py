"""Where a model is computed and in which numbers."""

import re

import torch

from cypher.errors import InvalidInput

DTYPES = {"float32": torch.float32, "float64": torch.float64}


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
        raise InvalidInput("device", f"{name!r} was requested, but torch finds no CUDA device", "Use cpu or auto.")
    index, count = int(match[1] or 0), torch.cuda.device_count()
    if index >= count:
        raise InvalidInput(
            "device", f"{name!r} was requested, but torch finds {count}", f"Use cuda:0 to cuda:{count - 1}."
        )
    return torch.device("cuda", index)


def settle_dtype(name: str) -> torch.dtype:
    """The dtype of that name, with or without `torch.` before it.

    Raises:
        InvalidInput: there is no arithmetic in it here.
    """
    try:
        return DTYPES[name.removeprefix("torch.")]
    except KeyError:
        raise InvalidInput("dtype", f"{name!r} is not supported", f"Use {' or '.join(DTYPES)}.") from None


def is_out_of_memory(error: RuntimeError) -> bool:
    """Did an allocation fail? On CPUs torch says so in the message only."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
