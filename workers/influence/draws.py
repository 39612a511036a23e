"""What is drawn at random, on the CPU: the same whatever the device. Random patterns (paper, appendices B.2 and C)."""

from hashlib import sha256

import torch
from jaxtyping import Int
from torch import Tensor

from workers.influence.component import SKIP


def seeded(ids: Int[Tensor, " pos"], number: int | None = None) -> torch.Generator:
    """A generator of the CPU that begins alike for the same sentence, and with a number for the same of its draws."""
    words = " ".join(map(str, ids.tolist()))
    name = words if number is None else f"{words}\n{number}"
    return torch.Generator().manual_seed(int.from_bytes(sha256(name.encode()).digest()[:8]))


def random_paths(
    sources: Int[Tensor, "batch source"],
    target: Int[Tensor, " batch"],
    length: int,
    layers: int,
    draws: int,
    generator: torch.Generator,
) -> Int[Tensor, "batch source draw nodes"]:
    """Paths of layers 0 to L from each source to the target, every node between uniform over the positions.

    Args:
        length: tokens of the sentences.
        draws: paths from each source.
        generator: of the CPU; its state is moved on.
    """
    shape = (*sources.shape, draws, layers - 1)
    between = torch.randint(length, shape, generator=generator).to(sources)
    start = sources[:, :, None, None].expand(*shape[:3], 1)
    end = target[:, None, None, None].expand(*shape[:3], 1)
    return torch.cat([start, between, end], -1)


def random_components(
    path: Int[Tensor, "*batch nodes"], heads: int, generator: torch.Generator
) -> Int[Tensor, "*batch layer"]:
    """A component of every step, uniform over those that there are: the heads, and where the step stays the skip.

    Args:
        generator: of the CPU; its state is moved on.
    """
    stays = (path[..., :-1] == path[..., 1:]).to(path.dtype)
    either = torch.randint(heads * (heads + 1), stays.shape, generator=generator).to(path)
    return either % (heads + stays) + SKIP * stays  # a multiple of both counts, so that both remainders are uniform
