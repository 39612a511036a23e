"""The prediction heads: from the target's last hidden state to logits, or to what an encoder without one gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.blocks.feed_forward import ACTIVATIONS, Activation
from workers.influence.blocks.linear import Linear
from workers.influence.blocks.norms import LayerNorm

PoolerActivation = Literal["tanh", "gelu", "relu"]

POOLERS: dict[PoolerActivation, Callable[[Tensor], Tensor]] = {"tanh": torch.tanh, "gelu": F.gelu, "relu": F.relu}


def normed(hidden: Float[Tensor, "*batch d"], norm: LayerNorm | None) -> Float[Tensor, "*batch d"]:
    """Behind a LayerNorm, if there is one; autograd differentiates it."""
    return hidden if norm is None else F.layer_norm(hidden, hidden.shape[-1:], norm.weight, norm.bias, norm.eps)


@dataclass(frozen=True)
class MaskedLMHead:
    """The masked-language-model head of encoders: dense, activation, LayerNorm, then the vocabulary's rows.

    A final norm of the residual stream, where the model has one, comes before them.
    """

    dense_weight: Float[Tensor, "e d"]
    dense_bias: Float[Tensor, " e"] | None
    activation: Activation
    norm: LayerNorm
    decoder_weight: Float[Tensor, "vocab e"]
    decoder_bias: Float[Tensor, " vocab"]
    final_norm: LayerNorm | None = None

    def features(self, hidden: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch e"]:
        """What the vocabulary's rows are multiplied with."""
        hidden = normed(hidden, self.final_norm)
        return normed(ACTIVATIONS[self.activation](F.linear(hidden, self.dense_weight, self.dense_bias)), self.norm)

    def logits(self, hidden: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch vocab"]:
        """A logit for every word of the vocabulary."""
        return F.linear(self.features(hidden), self.decoder_weight, self.decoder_bias)

    def difference(
        self, hidden: Float[Tensor, "batch sample d"], correct: Int[Tensor, " batch"], wrong: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch sample"]:
        """logit(correct) - logit(wrong), from two rows of the vocabulary only (paper, section 3.2)."""
        rows = self.decoder_weight[correct] - self.decoder_weight[wrong]
        bias = self.decoder_bias[correct] - self.decoder_bias[wrong]
        return (self.features(hidden) @ rows[:, :, None]).squeeze(-1) + bias[:, None]


@dataclass(frozen=True)
class NoHead:
    """An encoder without a prediction head: what it gives is the residual stream behind its final norm, if any."""

    final_norm: LayerNorm | None = None


@dataclass(frozen=True)
class ClassifierHead:
    """The classification head of encoders: the pooler's dense layer and activation, then a row for each class.

    Norms, where the model has them, come before the dense layer and behind its activation.
    """

    dense: Linear
    activation: PoolerActivation
    out: Linear
    final_norm: LayerNorm | None = None
    norm: LayerNorm | None = None

    def logits(self, hidden: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch label"]:
        """A logit for every class."""
        pooled = POOLERS[self.activation](self.dense(normed(hidden, self.final_norm)))
        return self.out(normed(pooled, self.norm))

    def difference(
        self,
        hidden: Float[Tensor, "batch sample d"],
        correct: Int[Tensor, " batch"],
        wrong: Int[Tensor, " batch"] | None = None,
    ) -> Float[Tensor, "batch sample"]:
        """logit(label) - logit(wrong), or the largest logit of another class: positive exactly where the label wins.

        Args:
            wrong: another class; -1 (or None for every sentence) for the best one at each sample.
        """
        logits = self.logits(hidden)
        label = correct[:, None, None].expand(*logits.shape[:2], 1)
        others = logits.scatter(-1, label, -float("inf")).amax(-1)
        if wrong is not None:
            other = wrong[:, None, None].expand_as(label)
            named = logits.gather(-1, other.clamp(min=0)).squeeze(-1)
            others = others.where(other[..., 0] < 0, named)
        return logits.gather(-1, label).squeeze(-1) - others


Head = MaskedLMHead | ClassifierHead | NoHead
"""What may follow an encoder."""
