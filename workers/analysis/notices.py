"""What a reader of results should know of how the model reads the sentences, each told once for all of them."""

from collections import Counter
from collections.abc import Iterable, Iterator

from workers.models import Encoded, Model
from workers.models.spelling import spelling_of

NAMED = 5
"""Of many, that a notice names."""


def notices(model: Model, sentences: Iterable[Encoded]) -> Iterator[str]:
    """Words unknown to the vocabulary, answers that became other tokens, and what the model itself has to tell."""
    tally = NoticeTally(model)
    for sentence in sentences:
        tally.add(sentence)
    return tally.notices()


class NoticeTally:
    """Counts what there is to tell while sentences come."""

    def __init__(self, model: Model):
        self._model = model
        self._unknown: Counter[str] = Counter()
        self._affected = 0
        self._others: Counter[str] = Counter()

    def add(self, sentence: Encoded) -> None:
        """One more."""
        self._unknown.update(map(repr, sentence.unknown))
        self._affected += bool(sentence.unknown)
        self._others.update(_other_tokens(self._model, sentence))

    def notices(self) -> Iterator[str]:
        """What there is to tell of all so far."""
        model, unknown, affected = self._model, self._unknown, self._affected
        yield from model.notices
        if unknown:
            times = (
                f"{unknown.total()} token{'s' * (unknown.total() != 1)} of {affected} sentence{'s' * (affected != 1)}"
            )
            unk = model.tokenizer.unk_token
            yield f"{times} unknown to the vocabulary of {model.name}, read as {unk}: {some(unknown)}"
        if self._others:
            yield f"answers that are other tokens of {model.name}: {some(self._others)}"


def some(counts: Counter[str]) -> str:
    """The most frequent, with their numbers where there are several."""
    named = (f"{name} ({count}×)" if count > 1 else name for name, count in counts.most_common(NAMED))
    more = len(counts) - NAMED
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def _other_tokens(model: Model, sentence: Encoded) -> Iterator[str]:
    """The answers that are words of the vocabulary, but not as they were given."""
    if not model.objective.names_both:  # they are classes
        return
    for given, index in ((sentence.instance.correct, sentence.correct), (sentence.instance.wrong, sentence.wrong)):
        assert index is not None
        (token,) = spelling_of(model.tokenizer).read(model.tokenizer.convert_ids_to_tokens([index]))
        if given is not None and given.strip() != token:
            yield f"{given.strip()!r} is {token!r}"
