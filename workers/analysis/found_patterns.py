"""All patterns of a result in one form, whatever found them."""

from collections.abc import Iterator
from typing import NamedTuple

from cypher.store.records import Level
from workers.analysis.results import InstanceResult, WordResult

METHOD = "gpr"
"""Guided pattern refinement (paper, section 4)."""


class FoundPattern(NamedTuple):
    """A pattern and the word whose influence it carries."""

    method: str
    level: Level
    word: WordResult
    path: tuple[int, ...]
    components: tuple[int, ...] | None  # None at the level of embeddings
    influence: float
    trace: tuple[float, ...] | None  # None where nothing was refined


def patterns_of(result: InstanceResult) -> Iterator[FoundPattern]:
    """A word's two patterns of guided pattern refinement, word by word, then those of the baseline methods.

    Raises:
        LookupError: a pattern of a word that the result has not.
    """
    for word in result.words:
        at_embeddings = word.embedding_influence, word.embedding_trace
        at_heads = word.attention_influence, word.attention_trace
        yield FoundPattern(METHOD, "embedding", word, word.path, None, *at_embeddings)
        yield FoundPattern(METHOD, "attention", word, word.path, word.components, *at_heads)
    words = {word.position: word for word in result.words}
    for each in result.patterns:
        word = words[each.position]
        yield FoundPattern(each.method, each.level, word, each.path, each.components, each.influence, None)
