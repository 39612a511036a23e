"""What a sentence would be asked, before anything is computed: the checks of a submission, of one sentence."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workers.datasets.instance import Instance

if TYPE_CHECKING:
    from workers.analysis.settings import Settings
    from workers.models import Model

OTHERS = "the largest other logit"
"""What a class is compared with where a sentence names no other."""


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence as a model reads it, and what would be found out about it."""

    text: str
    tokens: tuple[str, ...]  # as they read
    target: int
    sources: tuple[int, ...]  # positions of the words whose influence would be computed
    correct: str
    wrong: str | None  # None: whichever other class is the best
    quantity: str  # the quantity of interest in words
    notices: tuple[str, ...]  # what a reader of the result should know


def check_sentence(model: "Model", instance: Instance, settings: "Settings") -> CheckedSentence:
    """A sentence that can be put to this model with these settings.

    Raises:
        InvalidInput: it cannot, or the settings cannot.
    """
    from service.operations.submission import encode_checked  # torch takes seconds to import
    from workers.analysis.notices import notices
    from workers.analysis.results import quantity_in_words

    (sentence,) = encode_checked(model, [instance], settings)
    objective = model.objective
    correct, wrong = objective.correct_answer(sentence), instance.wrong
    if not objective.names_both and sentence.wrong is None:
        wrong = None
    others = OTHERS if wrong is None else f"logit({wrong})"
    return CheckedSentence(
        text=instance.text,
        tokens=sentence.texts or sentence.tokens,
        target=sentence.target,
        sources=sentence.sources,
        correct=correct,
        wrong=wrong,
        quantity=quantity_in_words(objective.quantity, correct, others, instance.reference),
        notices=tuple(notices(model, [sentence])),
    )
