"""An instance as one model reads it."""

from dataclasses import dataclass

from workers.datasets.instance import Instance


@dataclass(frozen=True, slots=True)
class Reference:
    """A text that a sentence is compared with."""

    ids: tuple[int, ...]  # of the tokens, the special ones included
    target: int  # position whose last hidden state is compared


@dataclass(frozen=True, slots=True)
class Encoded:
    """An instance as one model reads it."""

    instance: Instance
    ids: tuple[int, ...]  # of the tokens, with the special ones that the tokenizer puts around them
    tokens: tuple[str, ...]  # as the vocabulary spells them
    roles: tuple[str, ...] | None  # one for each token; "cls" and "sep" at the ends
    target: int  # position that reaches the quantity of interest: the mask's, a named word's, or 0 ([CLS])
    sources: tuple[int, ...]  # positions of the words whose influence on it is asked for
    correct: int | None  # index of the right logit: a vocabulary id, or of a classifier a class; None: it has none
    wrong: int | None  # index of the wrong one; None for a classifier, where all others are wrong
    reference: Reference | None = None  # the text that it is compared with
    counterfactual: tuple[int, ...] | None = None  # token ids of the instance's other text
    unknown: tuple[str, ...] = ()  # parts of the text that the vocabulary has no token for
    texts: tuple[str, ...] | None = None  # the tokens as they read, where that is not how the vocabulary spells them
