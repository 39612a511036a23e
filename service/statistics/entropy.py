"""Pattern entropy (paper, section 5): the mean over nodes of the binary entropy of how many sentences visit each."""

import numpy as np
from jaxtyping import Float


def binary_entropy(shares: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*any"]:
    """H(p) = -p log2 p - (1 - p) log2 (1 - p) of every share p, in bits; 0 at 0 and at 1."""
    certain = (shares <= 0) | (shares >= 1)
    p = np.where(certain, 0.5, shares)
    return np.where(certain, 0.0, -(p * np.log2(p) + (1 - p) * np.log2(1 - p)))


def pattern_entropy(shares: Float[np.ndarray, "*any node"]) -> Float[np.ndarray, "*any"]:
    """The mean binary entropy of the nodes' shares, in bits.

    Args:
        shares: of the sentences whose positive patterns visit a node; at least one node.
    """
    return binary_entropy(shares).mean(axis=-1)
