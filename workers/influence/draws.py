"""What is drawn at random, on the CPU: the same whatever the device. Random patterns (paper, appendices B.2 and C)."""

from hashlib import sha256

import torch
from jaxtyping import Int
from torch import Tensor

from workers.influence.component import SKIP
from workers.influence.graph import Graph


def seeded(ids: Int[Tensor, " pos"], number: int | None = None) -> torch.Generator:
    """A generator of the CPU that begins alike for the same sentence, and with a number for the same of its draws."""
    words = " ".join(map(str, ids.tolist()))
    name = words if number is None else f"{words}\n{number}"
    return torch.Generator().manual_seed(int.from_bytes(sha256(name.encode()).digest()[:8]))


def random_paths(
    graph: Graph,
    sources: Int[Tensor, "batch source"],
    target: Int[Tensor, " batch"],
    draws: int,
    generator: torch.Generator,
) -> Int[Tensor, "batch source draw nodes"]:
    """Paths of layers 0 to L from each source to the target, uniform over those that there are.

    Args:
        draws: paths from each source.
        generator: of the CPU; its state is moved on.
    """
    if not graph.is_full:
        return _random_steps(graph, sources, target, draws, generator)
    shape = (*sources.shape, draws, graph.layers - 1)
    between = torch.randint(len(graph.nodes(1)), shape, generator=generator).to(sources)
    start = sources[:, :, None, None].expand(*shape[:3], 1)
    end = target[:, None, None, None].expand(*shape[:3], 1)
    return torch.cat([start, between, end], -1)


def _random_steps(
    graph: Graph,
    sources: Int[Tensor, "batch source"],
    target: Int[Tensor, " batch"],
    draws: int,
    generator: torch.Generator,
) -> Int[Tensor, "batch source draw nodes"]:
    """`random_paths` step by step, each node as likely as paths lead on from it."""
    everywhere = torch.arange(graph.length).expand(len(target), -1)
    end = target.cpu()
    onward = [(everywhere == end[:, None]).double()]  # shares of the paths on to the target, by node, from the last on
    for layer in reversed(range(1, graph.layers)):
        there = graph.ends(layer, everywhere).double()
        counts = (there @ onward[-1][..., None])[..., 0]
        onward.append(counts / counts.sum(-1, keepdim=True))  # of 512 tokens and 22 layers there are 1e57
    nodes = [sources.cpu()[..., None].expand(*sources.shape, draws).flatten(1)]
    for layer in range(graph.layers - 1):
        likely = graph.ends(layer, nodes[-1]) * onward[graph.layers - 1 - layer][:, None]
        drawn = torch.multinomial(likely.flatten(0, 1), 1, generator=generator)
        nodes.append(drawn.view_as(nodes[-1]))
    nodes.append(end[:, None].expand_as(nodes[-1]))
    return torch.stack(nodes, -1).unflatten(1, (sources.shape[1], draws)).to(sources)


def random_components(
    graph: Graph, path: Int[Tensor, "*batch nodes"], generator: torch.Generator
) -> Int[Tensor, "*batch layer"]:
    """A component of every step, uniform over those that there are.

    Args:
        generator: of the CPU; its state is moved on.
    """
    has_skip = graph.has_skip(path[..., :-1], path[..., 1:]).to(path.dtype)
    fewest, most = graph.heads, graph.most_components
    either = torch.randint(fewest * most, has_skip.shape, generator=generator).to(path)
    return (
        either % (fewest + has_skip) + SKIP * has_skip
    )  # a multiple of both counts, so that both remainders are uniform
