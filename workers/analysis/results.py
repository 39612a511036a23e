"""The results of one instance, and their JSON form (one line of results.jsonl an instance)."""

import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from textwrap import shorten
from typing import Any, Self

import numpy as np
from jaxtyping import Float, Int
from pydantic import TypeAdapter

from cypher.store.records import Level
from workers.analysis.settings import tells_right
from workers.datasets.instance import MASK


class NotFinite(ValueError):
    """A result holds NaN or an infinite number; the message says where."""


@dataclass(frozen=True, slots=True)
class WordResult:
    """The influence of one source word on the quantity of interest, and the patterns that carry it."""

    position: int
    token: str
    influence: float  # I_s, over all paths; in units of the quantity of interest (logits)
    sign: int  # -1 when `influence` is negative, else 1: what the search maximises is sign * influence
    path: tuple[int, ...]  # positions visited, layer 0 to L; the last is the target
    components: tuple[int, ...]  # L of them, of the step that leaves layer l: head index, or SKIP
    embedding_influence: float  # of the path, all components counted
    attention_influence: float  # of the path through exactly these components
    embedding_trace: tuple[float, ...]  # L of them: influence of the pattern refined up to layer l + 1
    attention_trace: tuple[float, ...]  # L of them: influence of the pattern with components chosen up to step l


@dataclass(frozen=True, slots=True)
class PatternResult:
    """A pattern of one source word that a baseline method chose."""

    method: str
    position: int  # of its word, which is among the result's
    path: tuple[int, ...]  # positions visited, layer 0 to L; the last is the target
    components: tuple[int, ...] | None  # L of them, as those of a word; None at the level of embeddings
    influence: float  # through the pattern; in units of the quantity of interest (logits)

    @property
    def level(self) -> Level:
        return "embedding" if self.components is None else "attention"


def _fields(result: "WordResult | PatternResult | InstanceResult") -> dict[str, Any]:
    """As `dataclasses.asdict`, which copies deeply, and takes many times as long."""
    return {name: getattr(result, name) for name in result.__slots__}


OF_ADAPTIVE = ("samples", "sampling_error", "within_tolerance")
"""Fields that the JSON of a result has only where sentences have as many points as they need."""

_WORDS = TypeAdapter(tuple[WordResult, ...])
_PATTERNS = TypeAdapter(tuple[PatternResult, ...])


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge of the attention-level graph and the influence that flows through it."""

    layer: int  # of the node that the edge leaves
    source: int
    target: int
    component: int
    influence: float


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Edges as columns, strongest first."""

    layer: Int[np.ndarray, " edge"]
    source: Int[np.ndarray, " edge"]
    target: Int[np.ndarray, " edge"]
    component: Int[np.ndarray, " edge"]
    influence: Float[np.ndarray, " edge"]

    def __len__(self) -> int:
        return len(self.layer)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Edges) and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in self.__slots__
        )

    def __iter__(self) -> Iterator[Edge]:
        return (Edge(**row) for row in self.rows())

    def rows(self) -> list[dict[str, Any]]:
        """The JSON form: a dictionary an edge."""
        columns = (getattr(self, name).tolist() for name in self.__slots__)
        return [dict(zip(self.__slots__, row, strict=True)) for row in zip(*columns, strict=True)]

    def to_bytes(self) -> bytes:
        """A NumPy archive: for very many edges, a fraction of the room and time of `rows`."""
        archive = io.BytesIO()
        columns = {name: getattr(self, name) for name in self.__slots__}
        small = {name: column.astype(np.int32) for name, column in columns.items() if name != "influence"}
        np.savez(archive, **columns | small)
        return archive.getvalue()

    @classmethod
    def from_bytes(cls, archive: bytes) -> Self:
        """The inverse of `to_bytes`."""
        with np.load(io.BytesIO(archive), allow_pickle=False) as columns:
            small = {name: columns[name].astype(np.int64) for name in cls.__slots__ if name != "influence"}
            return cls(**small, influence=columns["influence"])

    @classmethod
    def of(cls, rows: list[dict[str, Any]]) -> Self:
        """The inverse of `rows`."""
        return cls(
            layer=np.array([row["layer"] for row in rows], dtype=np.int64),
            source=np.array([row["source"] for row in rows], dtype=np.int64),
            target=np.array([row["target"] for row in rows], dtype=np.int64),
            component=np.array([row["component"] for row in rows], dtype=np.int64),
            influence=np.array([row["influence"] for row in rows], dtype=np.float64),
        )


def samples_of(settings: Mapping[str, Any]) -> int:
    """How many points each sentence has by settings as results hold them, where all have as many."""
    return settings.get("samples", 1)  # a single point has no number


SHORT = 40
"""Characters of a reference text that names of quantities show at most."""


def quantity_in_words(question: str, correct: str, others: str, reference: str | None) -> str:
    """A quantity of interest as results show it, such as `logit(is) − logit(are)`.

    Args:
        question: its name, as settings have it.
        others: what the correct answer is compared with.
        reference: the text that a cosine is with.
    """
    match question:
        case "logit_difference":
            return f"logit({correct}) − {others}"
        case "label_logit":
            return f"logit({correct})"
        case "similarity":
            return f"cosine with {shorten(reference or '', SHORT, placeholder=' …')!r}"
    return question


@dataclass(frozen=True, slots=True)
class InstanceResult:
    """Everything computed about one instance, with what made it."""

    id: str
    task: str
    case: str
    text: str
    tokens: tuple[str, ...]
    roles: tuple[str, ...] | None  # one for each token
    target: int  # position of the node that reaches the quantity of interest
    correct: str  # the right word or class
    wrong: str  # the wrong word, or the best other class
    qoi: float  # at the input; the model is right where it is positive
    baseline_qoi: float
    completeness_error: float | None  # |sum of I_s - (qoi - baseline_qoi)| / sum of |I_s|; None but for the line
    samples: int  # points of the distribution of interest
    sampling_error: float | None  # sum of the intervals' errors / sum of |I_s|; None but for adaptive sampling
    within_tolerance: bool | None  # is that what the settings allow?
    target_influence: float  # I of the target's own word; 0 where it is the mask
    model: str  # fingerprint
    settings: dict[str, Any]
    versions: dict[str, str]
    words: tuple[WordResult, ...]
    edges: Edges | None  # None when the settings keep none
    patterns: tuple[PatternResult, ...] = ()  # of baseline methods: by method as the settings name them, level, word
    wrong_is_given: bool = False  # of a classifier: was this other class named, and not chosen at every point?
    left_out: int = 0  # words whose patterns the settings do not ask for
    left_out_share: float = 0.0  # theirs of the absolute influence of all words
    texts: tuple[str, ...] | None = None  # the tokens as they read, where that is not how the vocabulary spells them
    counterfactual: str | None = None  # the text whose words were the baseline, where that was asked for
    reference: str | None = None  # the text that it was compared with, where that was asked
    target_word: str | None = None  # the word of both whose hidden states were compared; None: the first token

    @property
    def quantity(self) -> str:
        """The quantity of interest in words, such as `logit(is) − logit(are)`."""
        return quantity_in_words(self.settings["question"], self.correct, f"logit({self.wrong})", self.reference)

    @property
    def tells_right(self) -> bool:
        """Is the model right exactly where the quantity of interest is positive?"""
        return tells_right(self.settings)

    @property
    def sentence(self) -> str:
        """The text, with the mask that is its target as the model writes it."""
        return self.text if self.reference is not None else self.text.replace(MASK, self.tokens[self.target])

    @property
    def shown(self) -> tuple[str, ...]:
        """The tokens as they read."""
        return self.tokens if self.texts is None else self.texts

    def as_spelled(self) -> Self:
        """The same, to be shown with its tokens as the vocabulary spells them."""
        return replace(self, texts=None)

    def label(self, position: int) -> str:
        """The token there as it reads, with its position where another in the sentence reads alike, such as `the·4`."""
        text = self.shown[position]
        return text if self.shown.count(text) == 1 else f"{text}·{position}"

    def to_json(self) -> str:
        """One line, floats unrounded.

        Raises:
            ValueError: a number is not finite.
        """
        values = _fields(self)
        values["words"] = [_fields(word) for word in self.words]
        values["patterns"] = [_fields(pattern) for pattern in self.patterns]
        if self.sampling_error is None:  # then the settings say how many samples there are
            for name in OF_ADAPTIVE:
                del values[name]
        if not self.patterns:
            del values["patterns"]
        if not self.wrong_is_given:
            del values["wrong_is_given"]
        if self.texts is None:
            del values["texts"]
        for name in ("counterfactual", "reference", "target_word"):
            if values[name] is None:
                del values[name]
        if not self.left_out:
            del values["left_out"], values["left_out_share"]
        if self.edges is None:
            del values["edges"]
        else:
            values["edges"] = self.edges.rows()
        return json.dumps(values, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, line: str) -> Self:
        """The inverse of `to_json`.

        Raises:
            NotFinite: the JSON of a result with a number that is not finite.
            ValueError: not the JSON of a result.
        """
        try:
            values = json.loads(line)
            if "\\ud" in line.lower():
                json.dumps(values, ensure_ascii=False).encode()  # half a character is no text
            values["tokens"] = tuple(values["tokens"])
            values["texts"] = tuple(values["texts"]) if "texts" in values else None
            values["roles"] = None if values["roles"] is None else tuple(values["roles"])
            values["words"] = _WORDS.validate_python(values["words"])
            values["patterns"] = _PATTERNS.validate_python(values.get("patterns", ()))
            if "sampling_error" not in values:
                values |= dict(zip(OF_ADAPTIVE, (samples_of(values["settings"]), None, None), strict=True))
            values["edges"] = Edges.of(values["edges"]) if "edges" in values else None
            result = cls(**values)
            if field := result.not_finite():
                raise NotFinite(f"its {field} is not finite")
            return result
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a result: {error}") from error

    def not_finite(self) -> str | None:
        """The first field that holds NaN or an infinite number; None where none does."""
        for name in (
            "qoi",
            "baseline_qoi",
            "completeness_error",
            "sampling_error",
            "target_influence",
            "left_out_share",
        ):
            if not math.isfinite(getattr(self, name) or 0.0):
                return name
        for word in self.words:
            own = (word.influence, word.embedding_influence, word.attention_influence)
            if not all(map(math.isfinite, (*own, *word.embedding_trace, *word.attention_trace))):
                return "words"
        if not all(math.isfinite(pattern.influence) for pattern in self.patterns):
            return "patterns"
        return None if self.edges is None or np.isfinite(self.edges.influence).all() else "edges"
