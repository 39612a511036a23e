"""How significant an influence is among random patterns' (paper, appendix B.2): in the word's own sign.

1. Rank: how many of the random influences it beats.
2. z-score: its distance from their mean in their standard deviations, and the probability of that much or more
   if they were normal.
3. Without that assumption: the share of all influences, its own among them, that are at least as good.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Significance:
    """Of each of some patterns."""

    beaten: Int[Tensor, "*batch"]  # random patterns whose sign · influence is smaller; of equals none beats the other
    mean: Float[Tensor, "*batch"]  # of the random influences
    deviation: Float[Tensor, "*batch"]  # of the random influences, as a sample's
    z: Float[Tensor, "*batch"]  # where nothing deviates 0, or infinite where the pattern itself does
    p_normal: Float[Tensor, "*batch"]  # one-sided
    p_empirical: Float[Tensor, "*batch"]  # (1 + random ones at least as good) / (1 + random ones)


def significance(
    found: Float[Tensor, "*batch"], drawn: Float[Tensor, "*batch draw"], sign: Float[Tensor, "*batch"]
) -> Significance:
    """Of the influences found, each among its own random ones; in float64.

    Args:
        sign: -1 where the smaller is the better.
    """
    found, drawn = found.double(), drawn.double()
    draws = drawn.shape[-1]
    beaten = ((sign * found)[..., None] > sign[..., None] * drawn).sum(-1)
    equal = (drawn == drawn[..., :1]).all(-1)
    mean = torch.where(equal, drawn[..., 0], drawn.mean(-1))  # a mean of equals may be off by its last bit
    deviation = torch.where(equal, 0.0, drawn.std(-1))
    distance = sign * (found - mean)
    z = torch.where(distance == 0, 0.0, distance / deviation)
    p_normal = torch.special.erfc(z / math.sqrt(2)) / 2
    return Significance(beaten, mean, deviation, z, p_normal, (1 + draws - beaten).double() / (1 + draws))
