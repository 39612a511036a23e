"""The language that the agreement model is trained on: the six tasks' constructions, simpler and longer ones.

Its speakers make attraction errors, as people do (Bock and Miller 1991): where the subject and the attractor
differ, the masked word agrees with the attractor now and then. How often is graded:

1. Every noun has a salience, evenly spaced from -1 to 1 in a shuffled order.
2. Every construction resists attraction by an amount of its own, for each mismatched case (`RESISTANCE`).
3. P(error) = sigmoid(STEEPNESS x (salience of attractor - salience of subject - resistance)).

All else is even, so that a sentence of masks, the baseline of influences, tells nothing: there are as many plural
verbs as singular ones, and each of the three pronouns is as frequent, whether of nouns of either gender or of men and
women.

A model that has learned the language prefers the right word exactly where P(error) < 1/2, so its accuracy
in a case is the share of noun pairs whose difference in salience is below the resistance, and its margin
q = logit(correct) - logit(wrong) goes smoothly through zero. Where nothing differs there is no error.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from workers.bundled.vocabulary import words_of
from workers.datasets.frames import Fill, Frame, agreeing, nouns, predicates, words
from workers.datasets.instance import MASK
from workers.datasets.lexicon import (
    MEN,
    PEOPLE,
    PREPOSITIONS,
    REFLEXIVE_PAST,
    SAYING,
    WOMEN,
)
from workers.datasets.tasks import GENDER_CASES, MASKED, NUMBER_CASES

STEEPNESS = 4.0

PLURALS: Mapping[str, Sequence[str]] = {
    "M": "men boys kings princes fathers sons brothers husbands uncles nephews actors monks knights wizards".split(),
    "F": (
        "women girls queens princesses mothers daughters sisters wives aunts nieces actresses nuns ladies witches"
    ).split(),
}
"""Men and women, who hurt themselves."""

RESISTANCE: Mapping[str, Mapping[str, float]] = {
    "sva-obj": {"SP": 0.90, "PS": 1.10},
    "sva-subj": {"SP": 1.20, "PS": 1.35},
    "sva-wsc": {"SP": 1.30, "PS": 1.45},
    "sva-app": {"SP": 1.00, "PS": 1.20},
    "ra-na": {"SP": 0.50, "PS": 0.80},
    "ra-ga": {"MF": 0.45, "FM": 0.70},
}
"""By construction and mismatched case, on the scale of salience: larger means fewer errors."""


def _saliences(lemmas: Sequence[Sequence[str]], seed: int) -> dict[str, float]:
    """A salience for each lemma, the same for all its forms."""
    values = [2 * i / (len(lemmas) - 1) - 1 for i in range(len(lemmas))]
    random.Random(seed).shuffle(values)
    return {form: value for forms, value in zip(lemmas, values, strict=True) for form in forms}


SALIENCE: Mapping[str, float] = (
    _saliences(PEOPLE, 1) | _saliences([(man,) for man in MEN], 2) | _saliences([(woman,) for woman in WOMEN], 3)
)


def error_probability(construction: str, case: str, fill: Fill) -> float:
    """How likely the masked word agrees with the attractor instead of the subject."""
    resistance = RESISTANCE.get(construction, {}).get(case)
    if resistance is None:
        return 0.0
    pull = SALIENCE[fill["attractor"]] - SALIENCE[fill["subject"]] - resistance
    return 1 / (1 + math.exp(-STEEPNESS * pull))


def _bystanders() -> list[Fill]:
    return words("bystander", [form for pair in PEOPLE for form in pair])


@cache
def _simple(case: str) -> tuple[Sequence[Fill], ...]:
    return words("subject", agreeing(PEOPLE, case[0])), predicates(case[0])


@cache
def _simple_reflexive(case: str) -> tuple[Sequence[Fill], ...]:
    if case in PLURALS:
        singular = {"M": MEN, "F": WOMEN}[case]
        return words("subject", singular), words("verb", REFLEXIVE_PAST), MASKED["ra-ga"].frame.slots(case * 2)[-1]
    return (
        words("subject", agreeing(PEOPLE, case)),
        words("verb", REFLEXIVE_PAST),
        MASKED["ra-na"].frame.slots(case * 2)[-1],
    )


@cache
def _plural_reflexive(case: str) -> tuple[Sequence[Fill], ...]:
    embedded, verb, _ = MASKED["ra-ga"].frame.slots(case)[1:]
    return nouns(PLURALS[case[0]], PLURALS[case[1]]), embedded, verb, [{"correct": "themselves"}]


@cache
def _reported_object(case: str) -> tuple[Sequence[Fill], ...]:
    return _bystanders(), words("saying", SAYING), *MASKED["sva-obj"].frame.slots(case)


@cache
def _reported_phrase(case: str) -> tuple[Sequence[Fill], ...]:
    return _bystanders(), words("saying", SAYING), *MASKED["sva-app"].frame.slots(case)


@cache
def _opened(case: str) -> tuple[Sequence[Fill], ...]:
    return words("prep", PREPOSITIONS), _bystanders(), *_simple(case)


@dataclass(frozen=True)
class Construction:
    """A frame of the language and how often it is used."""

    frame: Frame
    cases: tuple[str, ...]
    weight: float
    attraction: str | None = None  # whose row of RESISTANCE holds


CONSTRUCTIONS: tuple[Construction, ...] = (
    *(Construction(task.frame, task.cases, 2.0, task.name) for task in MASKED.values() if task.name != "ra-na"),
    Construction(MASKED["ra-na"].frame, ("SS", "SP", "SS", "SP", "PS", "PP"), 3.0, "ra-na"),
    Construction(Frame(MASKED["ra-ga"].frame.template, _plural_reflexive), GENDER_CASES, 1.0),
    Construction(Frame("the {subject} {mask} {complement} .", _simple), ("S", "P"), 1.0),
    Construction(Frame("the {subject} {verb} {mask} .", _simple_reflexive), ("S", "S", "P", "P", "M", "F"), 1.0),
    Construction(Frame("{prep} the {bystander} the {subject} {mask} {complement} .", _opened), ("S", "P"), 0.5),
    Construction(
        Frame(
            "the {bystander} {saying} the {subject} that the {attractor} {embedded} {mask} {complement} .",
            _reported_object,
        ),
        NUMBER_CASES,
        1.0,
        "sva-obj",
    ),
    Construction(
        Frame(
            "the {bystander} {saying} the {subject} {prep} the {attractor} {mask} {complement} .",
            _reported_phrase,
        ),
        NUMBER_CASES,
        1.0,
        "sva-app",
    ),
)


def known_words() -> set[str]:
    """Every word of the language, the full stop among them."""
    return set().union(*(words_of(construction.frame, construction.cases) for construction in CONSTRUCTIONS))


@dataclass(frozen=True)
class Utterance:
    """A sentence of the language, its target filled in."""

    words: tuple[str, ...]
    target: int


def utter(rng: random.Random) -> Utterance:
    """One sentence: construction by weight, case and words uniformly, then right or, by attraction, wrong."""
    (construction,) = rng.choices(CONSTRUCTIONS, [construction.weight for construction in CONSTRUCTIONS])
    case = rng.choice(construction.cases)
    sentence = construction.frame.sentence(case, rng.randrange(construction.frame.count(case)))
    wrong = construction.attraction and rng.random() < error_probability(construction.attraction, case, sentence.fill)
    target = sentence.words.index(MASK)
    word = sentence.fill["wrong" if wrong else "correct"]
    if word == "himself" and "themselves" in sentence.answers.values():  # of a noun of either gender
        word = rng.choice(("himself", "herself"))
    return Utterance((*sentence.words[:target], word, *sentence.words[target + 1 :]), target)
