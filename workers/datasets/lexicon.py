"""The words of the generated sentences: common ones, each a single token of BERT's uncased vocabulary too."""

from typing import NamedTuple


class Pair(NamedTuple):
    """The two number forms of a noun or of a present-tense verb."""

    singular: str
    plural: str

    def agreeing(self, number: str) -> str:
        """The form for `S` or `P`."""
        return self.singular if number == "S" else self.plural


def _nouns(lemmas: str) -> tuple[Pair, ...]:
    return tuple(Pair(lemma, f"{lemma}s") for lemma in lemmas.split())


def _verbs(lemmas: str) -> tuple[Pair, ...]:
    return tuple(
        Pair(f"{lemma}es" if lemma.endswith(("ss", "sh", "ch")) else f"{lemma}s", lemma) for lemma in lemmas.split()
    )


PEOPLE = _nouns(
    "pilot nurse doctor lawyer teacher farmer singer dancer painter writer driver soldier "
    "sailor guard judge poet student senator minister engineer banker hunter captain clerk"
)
"""Nouns of either gender."""

MEN = tuple("man boy king prince father son brother husband uncle nephew actor monk knight wizard".split())
WOMEN = tuple("woman girl queen princess mother daughter sister wife aunt niece actress nun lady witch".split())

TRANSITIVE = _verbs("like love know hate see trust follow help fear respect watch visit")

PREDICATES = (
    *((Pair("is", "are"), adjective) for adjective in "tall short young old kind rich poor clever".split()),
    *((Pair("was", "were"), adjective) for adjective in "happy sad tired busy".split()),
    *zip(
        _verbs("laugh smile work sing run walk dance sleep write travel"),
        "loudly again here well quickly slowly together there often today".split(),
        strict=True,
    ),
)
"""Masked verbs with what follows them: each complement has one verb, so that a masked sentence has one answer."""

SAYING = tuple("said thought knew believed hoped claimed felt heard".split())  # past: no number on the verb
REFLEXIVE_PAST = tuple("hurt blamed helped praised trusted hated defended protected doubted injured".split())
TRANSITIVE_PAST = tuple("thanked admired loved followed met saw called visited watched praised".split())

PREPOSITIONS = tuple("near behind beside with around".split())

JUDGED = tuple("film movie story plot acting script music ending book show play song cast novel album comedy".split())
"""What the sentiment sentences judge."""

GOOD = tuple(
    "good great fine funny brilliant charming clever excellent wonderful lovely beautiful perfect amazing fantastic "
    "exciting smart".split()
)
BAD = tuple(
    "bad poor dull boring awful terrible horrible weak silly stupid ugly cheap slow empty flat annoying".split()
)
LINKING = ("was", "is")
NEGATIONS = ("not", "never")
INTENSIFIERS = tuple("very really so quite".split())

OPENINGS = ("today", "in the end", "for my friends", "this time we thought that")
POSTMODIFIERS = ("itself", "we saw", "from last year", "that everyone knows about")
CLOSINGS = ("overall", "for now", "to most people", "in the second half")
"""Phrases without a sentiment, one for each of several lengths."""
