"""Sentences of a run as programs are told of them."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from pydantic import BaseModel

from cypher.store.runs import EdgeChoice, SentenceSummary
from service.operations.sentences import ChosenEdges
from workers.analysis.results import InstanceResult

Part = Literal["words", "patterns", "edges"]
Content = Part | Literal["network"]
"""Also edges as columns."""


class Sentence(BaseModel):
    """A sentence in a few words."""

    id: str
    task: str
    case: str
    text: str
    correct: str
    wrong: str
    qoi: float
    positive: bool  # is the quantity of interest above 0, as where the model is right?
    completeness_error: float | None
    sampling_error: float | None
    within_tolerance: bool | None

    @classmethod
    def of(cls, found: SentenceSummary) -> Self:
        values = asdict(found)
        del values["order"]
        return cls(id=values.pop("name"), **values)


class Word(BaseModel):
    """A word's influence, and the pattern that carries it."""

    position: int
    token: str
    influence: float
    sign: int
    path: list[int]
    components: list[int]
    embedding_influence: float
    attention_influence: float


class Pattern(BaseModel):
    """A pattern by a baseline method."""

    method: str
    level: str
    position: int
    path: list[int]
    components: list[int] | None
    influence: float


class Edge(BaseModel):
    """One edge of the sentence's graph."""

    layer: int
    source: int
    target: int
    component: int | None  # None: all of them, merged
    influence: float


class Network(BaseModel):
    """The same edges as columns, which take a fraction of the room."""

    layer: list[int]
    source: list[int]
    target: list[int]
    component: list[int] | None
    influence: list[float]


class SentenceDetails(BaseModel):
    """A sentence, and the parts of its graph that were asked for."""

    id: str
    task: str
    case: str
    text: str
    tokens: list[str]  # as they read
    roles: list[str] | None
    target: int
    correct: str
    wrong: str
    quantity: str  # the quantity of interest in words
    qoi: float
    baseline_qoi: float
    completeness_error: float | None
    sampling_error: float | None
    within_tolerance: bool | None
    samples: int
    target_influence: float
    model: str
    settings: dict[str, Any]
    words: list[Word] | None = None
    words_left_out: int = 0  # whose patterns the run does not have
    words_left_out_share: float = 0.0
    patterns: list[Pattern] | None = None
    edges: list[Edge] | None = None  # the strongest first
    network: Network | None = None
    edges_stored: int | None = None  # each component by itself, also where they are merged here
    edges_left_out: int | None = None  # that are stored, and were not asked for
    edges_left_out_share: float | None = None  # of the absolute influence of those that are stored


@dataclass(frozen=True, slots=True)
class Parts:
    """What is wanted of a sentence."""

    names: frozenset[Content]
    edges: EdgeChoice

    @property
    def choice(self) -> EdgeChoice | None:
        """Of edges; None where none are wanted."""
        return None if self.names.isdisjoint({"edges", "network"}) else self.edges


def details(result: InstanceResult, edges: ChosenEdges | None, parts: Parts) -> SentenceDetails:
    """A sentence, and these parts of its graph.

    Args:
        edges: those that are wanted; None where none are, or none are kept.
    """
    names = ("id", "task", "case", "text", "target", "correct", "wrong", "quantity", "qoi", "baseline_qoi", "samples")
    worth = ("completeness_error", "sampling_error", "within_tolerance", "target_influence", "model", "settings")
    details = SentenceDetails(
        tokens=list(result.shown),
        roles=None if result.roles is None else list(result.roles),
        **{name: getattr(result, name) for name in (*names, *worth)},
    )
    if "words" in parts.names:
        fields = Word.model_fields
        details.words = [Word(**{name: getattr(word, name) for name in fields}) for word in result.words]
        details.words_left_out, details.words_left_out_share = result.left_out, result.left_out_share
    if "patterns" in parts.names:
        fields = Pattern.model_fields
        details.patterns = [Pattern(**{name: getattr(each, name) for name in fields}) for each in result.patterns]
    if edges is not None:
        if "edges" in parts.names:
            details.edges = [Edge(**row) for row in edges.rows()]
        if "network" in parts.names:
            details.network = Network.model_validate(edges.columns())
        details.edges_stored = edges.components
        details.edges_left_out, details.edges_left_out_share = edges.left_out, edges.left_out_share
    return details
