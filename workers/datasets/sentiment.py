"""Two-class sentiment: the class of a sentence is the sign of the judgement that decides it.

- plain: one clause, "the film was good".
- negated: one clause whose negation turns its adjective's sign around, "the film was not good".
- joined: two clauses of the same sign, with "and" between them.
- contrast: two clauses of opposite signs, with "but" between them; the second decides.

A joined and a contrast sentence of one class differ in the first clause's sign and the conjunction only. Neutral
phrases stand before, within and after the deciding clause, or are left out, so that lengths vary.
"""

from collections.abc import Sequence
from functools import cache

from workers.datasets.frames import Fill, Frame, words
from workers.datasets.lexicon import (
    BAD,
    CLOSINGS,
    GOOD,
    INTENSIFIERS,
    JUDGED,
    LINKING,
    NEGATIONS,
    OPENINGS,
    POSTMODIFIERS,
)

LABELS = ("negative", "positive")
"""The classes by index, as in SST-2."""

CASES = tuple(f"{kind}-{label}" for kind in ("plain", "negated", "joined", "contrast") for label in reversed(LABELS))


def opposite(label: str) -> str:
    """The other class."""
    return LABELS[1 - LABELS.index(label)]


@cache
def _slots(case: str) -> tuple[Sequence[Fill], ...]:
    kind, label = case.split("-")
    return (
        words("opening", ("", *OPENINGS)),
        *_earlier(kind, label),
        words("postmodifier", ("", *POSTMODIFIERS)),
        words("verb", LINKING),
        words("negation", NEGATIONS if kind == "negated" else ("",)),
        words("intensifier", ("", *INTENSIFIERS)),
        words("adjective", adjectives(opposite(label) if kind == "negated" else label)),
        words("closing", ("", *CLOSINGS)),
        words("label", (label,)),
    )


def _earlier(kind: str, label: str) -> tuple[Sequence[Fill], ...]:
    """The subject that decides, and the clause before its own, where there is one."""
    if kind not in ("joined", "contrast"):
        nothing = ("earlier_det", "earlier_subject", "earlier_verb", "earlier_intensifier", "earlier_adjective")
        return words("subject", JUDGED), [dict.fromkeys((*nothing, "conjunction"), "")]
    sign, conjunction = (label, "and") if kind == "joined" else (opposite(label), "but")
    return (
        [
            {"subject": subject, "earlier_subject": earlier}
            for subject in JUDGED
            for earlier in JUDGED
            if earlier != subject
        ],
        [{"earlier_det": "the", "conjunction": conjunction}],
        words("earlier_verb", LINKING),
        words("earlier_intensifier", ("", *INTENSIFIERS)),
        words("earlier_adjective", adjectives(sign)),
    )


def adjectives(label: str) -> tuple[str, ...]:
    """Those of a class."""
    return GOOD if label == "positive" else BAD


SENTIMENT = Frame(
    "{opening}/opening {earlier_det}/earlier-det {earlier_subject}/earlier-subject {earlier_verb}/earlier-verb "
    "{earlier_intensifier}/earlier-intensifier {earlier_adjective}/earlier-adjective {conjunction}/conjunction "
    "the/det {subject}/subject {postmodifier}/postmodifier {verb}/verb {negation}/negation "
    "{intensifier}/intensifier {adjective}/adjective {closing}/closing ./period",
    _slots,
)
