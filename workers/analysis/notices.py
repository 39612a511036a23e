"""What a reader of results should know of how the model reads the sentences, each told once for all of them."""

from collections import Counter
from collections.abc import Iterator, Sequence

from workers.models import Encoded, Model
from workers.models.spelling import spelling_of

NAMED = 5
"""Of many, that a notice names."""


def notices(model: Model, sentences: Sequence[Encoded]) -> Iterator[str]:
    """Words unknown to the vocabulary, answers that became other tokens, and what the model itself has to tell."""
    yield from model.notices
    unknown = Counter(repr(part) for sentence in sentences for part in sentence.unknown)
    if unknown:
        affected = sum(bool(sentence.unknown) for sentence in sentences)
        times = f"{unknown.total()} token{'s' * (unknown.total() != 1)} of {affected} sentence{'s' * (affected != 1)}"
        unk = model.tokenizer.unk_token
        yield f"{times} unknown to the vocabulary of {model.name}, read as {unk}: {some(unknown)}"
    if others := Counter(answer for sentence in sentences for answer in _other_tokens(model, sentence)):
        yield f"answers that are other tokens of {model.name}: {some(others)}"


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
