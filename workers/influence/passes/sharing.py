"""Rows that are alike are carried once."""

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor


@dataclass(frozen=True)
class Shared:
    """The distinct ones among each sentence's rows."""

    member: Int[Tensor, "batch row"]  # which of the distinct ones each row is
    example: Int[Tensor, "batch distinct"]  # a row that is it; where a sentence has fewer than others, any

    @property
    def count(self) -> int:
        """As many as the sentence with the most has."""
        return self.example.shape[1]


def share(keys: Int[Tensor, "batch row"]) -> Shared:
    """Rows of one sentence are alike where their keys are."""
    ordered, order = keys.sort(1)
    starts = torch.zeros_like(ordered)
    starts[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    rank = starts.cumsum(1)
    member = torch.empty_like(rank).scatter_(1, order, rank)
    example = rank.new_zeros(len(keys), int(rank.max()) + 1).scatter_(1, rank, order)
    return Shared(member, example)
