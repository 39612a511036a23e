"""Baseline patterns by their definitions: paths enumerated, conductance and internal influence by autograd.

Nothing here is shared with the engine but the numbering of components.
"""

import math
from collections.abc import Sequence
from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor

from tests.oracle.brute_force import BruteForce, apply_layer, embed


def strength(weights: Sequence[Float[Tensor, "_ node"]], path: Sequence[int]) -> float:
    """The product of a path's weights; of the last layer's, the target is the only query."""
    steps = [float(each[there, here]) for each, here, there in zip(weights[:-1], path, path[1:], strict=False)]
    return math.prod([*steps, float(weights[-1][0, path[-2]])])


def best_path(weights: Sequence[Float[Tensor, "_ node"]], source: int, target: int) -> tuple[tuple[int, ...], float]:
    """The path of largest product, the lowest of equals, and that product."""
    length = weights[0].shape[1]
    paths = [(source, *between, target) for between in product(range(length), repeat=len(weights) - 1)]
    best = min(paths, key=lambda path: (-strength(weights, path), path))
    return best, strength(weights, best)


def rest(brute: BruteForce, hidden: Float[Tensor, "pattern sample pos d"], first: int) -> Float[Tensor, " sample"]:
    """The quantity of interest of a layer's nodes."""
    hidden = through(brute, hidden, first, brute.layers)
    return brute.interest(hidden[:, :, brute.target])[0]


def through(brute: BruteForce, hidden: Tensor, first: int, last: int) -> Tensor:
    """The nodes of a later layer, all edges open."""
    edges = brute.edges_of(brute.prefix())[None]
    for number in range(first, last):
        hidden = apply_layer(brute.transformer.layers[number], hidden, edges[:, number])
    return hidden


def gradients(brute: BruteForce, layer: int) -> tuple[Tensor, Tensor]:
    """The samples' words `[1, sample, pos, d]`, and the gradient at a layer's nodes, times the samples' weights."""
    points, weights = brute.points()
    words = points[None]
    hidden = through(brute, embed(brute.transformer, words), 0, layer).detach().requires_grad_()
    (gradient,) = torch.autograd.grad((rest(brute, hidden, layer) * weights).sum(), hidden)
    return words, gradient


def conductance(brute: BruteForce) -> Float[Tensor, "source layer node"]:
    """Of every node of the layers 1 to L - 1, for each word: what reaches the node, weighed by its gradient."""
    found = torch.zeros(brute.length, brute.layers - 1, brute.length, dtype=brute.transformer.dtype)
    for layer, node in product(range(1, brute.layers), range(brute.length)):
        words, gradient = gradients(brute, layer)
        hidden = through(brute, embed(brute.transformer, words.requires_grad_()), 0, layer)
        (at_words,) = torch.autograd.grad((hidden * gradient)[:, :, node].sum(), words)
        found[:, layer - 1, node] = (at_words * (brute.words - brute.baseline)).sum((0, 1, 3))
    return found


def internal_influence(brute: BruteForce) -> Float[Tensor, "layer node d"]:
    """Of every neuron of every node of the layers 1 to L - 1 (Leino et al. 2018)."""
    found = torch.zeros(brute.layers - 1, brute.length, brute.transformer.width, dtype=brute.transformer.dtype)
    for layer in range(1, brute.layers):
        found[layer - 1] = gradients(brute, layer)[1].sum((0, 1))
    return found
