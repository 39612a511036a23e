"""Quantities of interest, as they are asked of a model about its sentences (paper, section 3.2).

`logit_difference` is what is asked by default. A question of one's own is made of a function of logits by `of_logits`;
or it is any `Question`, of the last hidden state itself. Results name the question by its function's name.
"""

from collections.abc import Callable, Sequence
from functools import wraps

import torch
from jaxtyping import Float
from torch import Tensor

from cypher.errors import InvalidInput
from workers.influence.blocks.prediction_heads import NoHead
from workers.influence.interest import Interest
from workers.models import Encoded, Model

Question = Callable[[Model, Sequence[Encoded]], Interest]
"""Makes the quantity of interest of a batch of sentences: a differentiable function of `h^L` at their targets."""

OfLogits = Callable[[Float[Tensor, "sample answer"], Encoded], Float[Tensor, " sample"]]
"""From the logits of one sentence to its quantity of interest, sample by sample."""


def logit_difference(model: Model, sentences: Sequence[Encoded]) -> Interest:
    """logit(correct) - logit(wrong); for a classifier logit(label) - the best other class (paper, section 3.2).

    Of a classifier whose classes are independent of each other, the label's own logit; results then name it so.
    """
    return model.objective.interest(sentences, model.device)


def of_logits(quantity: OfLogits) -> Question:
    """A function of one sentence's logits, as a question; a decorator.

    Args:
        quantity: given the logits at the target, `[sample, vocabulary]` or of a classifier `[sample, class]`, and the
            sentence as the model reads it (`correct` and `wrong` are indices of logits), returns a differentiable
            number for each sample. Each may depend on its own row of the logits only.
    """

    @wraps(quantity)
    def question(model: Model, sentences: Sequence[Encoded]) -> Interest:
        head = model.head
        if isinstance(head, NoHead):
            problem = f"{name_of(question, model)} is a function of logits, and {model.name} has none"
            raise InvalidInput("question", problem, "Use a question of the last hidden state, or similarity.")

        def interest(hidden: Float[Tensor, "batch sample d"]) -> Float[Tensor, "batch sample"]:
            rows = zip(hidden, sentences, strict=True)
            return torch.stack([quantity(head.logits(row), sentence) for row, sentence in rows])

        return interest

    return question


def name_of(question: Question, model: Model) -> str:
    """What results call a question that is put to a model.

    Raises:
        InvalidInput: it has no name of its own, so that others could not be told from it.
    """
    if question is logit_difference:
        return model.objective.quantity
    name = getattr(question, "__name__", "<lambda>")
    if name == "<lambda>":
        raise InvalidInput("question", "it has no name to keep results under", "Give a function that is made with def.")
    return name
