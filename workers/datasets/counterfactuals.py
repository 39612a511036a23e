"""Counterfactuals among given sentences: each one's other text is the sentence that differs in one noun's form alone.

Which words a noun has for its other number or gender nobody needs to know for sure: what is tried and is no sentence of
the same task and the flipped case is no counterfactual.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from workers.datasets.instance import Instance
from workers.datasets.lexicon import MEN, WOMEN
from workers.datasets.tasks import OTHER, Flipped, flipped

AGREEING = "embedded-verb"
"""Role of the verb that may agree with the noun, and then has another form as well."""

_GENDERS = dict(zip(MEN + WOMEN, WOMEN + MEN, strict=True))


def with_counterfactuals(instances: Sequence[Instance], noun: Flipped) -> list[Instance]:
    """The instances that have a counterpart among them, each with the counterpart's text; in their order.

    Args:
        noun: the role of the noun that has the other number or gender.
    """
    known = {(instance.task, instance.case, instance.text) for instance in instances}
    found = []
    for instance in instances:
        case = flipped(instance.case, noun) if _is_case(instance.case) else None
        texts = (text for text in _texts(instance, noun) if (instance.task, case, text) in known)
        if case is not None and (other := next(texts, None)) is not None:
            found.append(replace(instance, counterfactual=other))
    return found


def _is_case(case: str) -> bool:
    """Does it tell the number or gender of a subject and an attractor?"""
    return len(case) == 2 and all(letter in OTHER for letter in case)


def _texts(instance: Instance, noun: Flipped) -> Iterator[str]:
    """The texts that may be the counterpart's, the most alike first."""
    words = instance.text.split()
    if instance.roles is None or len(instance.roles) != len(words) or noun not in instance.roles:
        return
    last = max(index for index, role in enumerate(instance.roles) if role == noun)  # of taxi drivers, drivers
    verbs = [index for index, role in enumerate(instance.roles) if role == AGREEING][:1]
    for form in _other_forms(words[last]):
        for others in product(*([words[verb], *_other_forms(words[verb])] for verb in verbs)):
            changed = words.copy()
            changed[last] = form
            for verb, other in zip(verbs, others, strict=True):
                changed[verb] = other
            yield " ".join(changed)


def _other_forms(word: str) -> list[str]:
    """What may be the word's form for the other number or gender: of a noun, or of a verb in the present tense."""
    forms = [_GENDERS[word]] if word in _GENDERS else []
    forms += [f"{word}s", f"{word}es"]
    if word.endswith("y"):
        forms.append(f"{word[:-1]}ies")
    if word.endswith("s"):
        forms.append(word[:-1])
    if word.endswith("es"):
        forms.append(word[:-2])
    if word.endswith("ies"):
        forms.append(f"{word[:-3]}y")
    if "man" in word or "men" in word:
        forms += [word.replace("man", "men"), word.replace("men", "man")]
    return [form for form in forms if form != word] + _AUXILIARIES.get(word, [])


_AUXILIARIES = {"is": ["are"], "are": ["is"], "has": ["have"], "have": ["has"], "was": ["were"], "were": ["was"]}
