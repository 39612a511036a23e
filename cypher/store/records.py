"""The rows that can be stored, and the ids that make writing them twice change nothing.

An id is the hash of what names the row within its run, so that the same row has the same id wherever and however often
it is made. What there are most of (activations, flows, steps) are tuples, quick to make and to send.
"""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from cypher.errors import InvalidInput

Level = Literal["embedding", "attention"]

LONGEST_NAME = 255
"""Characters of a run's name."""

UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
"""Categories of characters that are not text of one line: controls, half characters, separators of lines."""


def key(*parts: Any) -> str:
    """The id of what these JSON values name: 80 bits of their SHA-256, as hex digits, which Neo4j stores compactly."""
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def instance_id(run: str, name: str) -> str:
    """The id of the instance of that name in a run."""
    return key(run, name)


def chunk_id(run: str, instances: Sequence[str]) -> str:
    """The id of a chunk of these instances (ids, as they were given)."""
    return key(run, list(instances))


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """`Model`. What is not known stays as it is in the graph."""

    fingerprint: str  # SHA-256 of weights, config and tokenizer
    layers: int
    heads: int | None = None
    width: int | None = None
    name: str | None = None
    architecture: str | None = None


def checked_name(name: str) -> str:
    """The name of a new run, which stands in tables, commands and file names.

    Raises:
        InvalidInput: it is empty, too long, or holds a line break or another control character.
    """
    fix = "Give a name of one line."
    if not name.strip():
        raise InvalidInput("name", f"{name!r} is empty", fix)
    if len(name) > LONGEST_NAME:
        raise InvalidInput("name", f"it has {len(name)} characters", f"Give a name of at most {LONGEST_NAME}.")
    if not UNSEEN.isdisjoint(map(unicodedata.category, name)):
        raise InvalidInput("name", f"{name!r} holds a line break or another control character", fix)
    return name


@dataclass(frozen=True, slots=True)
class RunRecord:
    """`Run`: one model with one choice of settings on sentences that are kept together under a name."""

    id: str
    name: str
    model: str  # fingerprint
    settings: str  # JSON
    versions: str  # JSON; of the packages that made its first result


class ActivationRecord(NamedTuple):
    """`Activation`: h of one layer at one position. Of the last layer there is the target's only."""

    id: str
    layer: int
    position: int
    token: str
    role: str | None  # unique in its sentence, as that of a site


class FlowRecord(NamedTuple):
    """`FLOWS`: an edge of the attention-level graph. Its ends are indices into the instance's activations."""

    source: int
    target: int
    component: int
    influence: float


class StepRecord(NamedTuple):
    """`STEP`: a pattern's node. `component` is the one by which the pattern goes on from there."""

    activation: int  # index into the instance's activations
    order: int
    component: int | None  # None at the embedding level, and at the end


@dataclass(frozen=True, slots=True)
class PatternRecord:
    """`Pattern`, with its steps."""

    id: str
    method: str  # how it was found, such as gpr
    level: Level
    source: int  # position of its word
    token: str
    sign: int
    influence: float  # through the pattern
    total_influence: float  # of its word, over all paths
    path: tuple[int, ...]  # positions, layers 0 to L
    components: tuple[int, ...] | None  # L of them; None at the embedding level
    signature: str  # the pattern as text: equal for equal patterns
    trace: tuple[float, ...] | None  # L of them: influence as the pattern was refined; None where it was not
    steps: tuple[StepRecord, ...]


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """`Instance`, with all that is its own."""

    id: str
    case: str  # id
    name: str  # as its user calls it
    text: str
    tokens: tuple[str, ...]
    roles: tuple[str, ...] | None
    target: int
    correct: str
    wrong: str
    qoi: float
    baseline_qoi: float
    completeness_error: float | None  # None where influences need not add up: of any distribution but the line
    samples: int  # points of the distribution of interest
    sampling_error: float | None  # as a share of the words' absolute influences; None but for adaptive sampling
    within_tolerance: bool | None  # is that what the run's settings allow?
    target_influence: float
    wrong_is_given: bool  # of a classifier: was this other class named, and not chosen at every point?
    left_out: int  # words whose patterns the run's settings do not ask for
    left_out_share: float  # theirs of the absolute influence of all words
    texts: tuple[str, ...] | None  # the tokens as they read, where that is not how the vocabulary spells them
    counterfactual: str | None  # the text whose words were the baseline, where that was asked for
    reference: str | None  # the text that it was compared with, where that was asked
    target_word: str | None  # the word of both whose hidden states were compared
    predicted_correctly: bool
    embedding_concentration: float | None  # share of the positive words' influence in their patterns; None without any
    attention_concentration: float | None
    edge_mass: tuple[float, ...] | None  # L of them: sum of |influence| over the kept edges that leave a layer
    skip_mass: tuple[float, ...] | None  # the skip connections' part of it
    versions: str | None  # JSON, where they are not its run's
    activations: tuple[ActivationRecord, ...]
    flows: tuple[FlowRecord, ...]
    patterns: tuple[PatternRecord, ...]


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """`Case`: what a chunk adds to it. Sums are over instances; those by layer are lists."""

    id: str
    task: str
    name: str
    instances: int
    correct: int  # of them, those that the model has right
    qoi: float  # sum
    completeness_error: float | None  # the worst; None without any
    concentrated: int  # instances with a positive word, which alone have a concentration
    embedding_concentration: float  # sum
    embedding_concentration_squared: float  # sum of squares
    attention_concentration: float
    attention_concentration_squared: float
    edge_mass: tuple[float, ...]
    skip_mass: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """`Site`: one place in the superposition of a case's instances; what a chunk adds to it.

    A pattern visits a place when it goes through it; a word's influence counts at every place its pattern visits. Of a
    method that has patterns at both levels, those at the level of embeddings count.
    """

    id: str
    case: str  # id
    method: str  # how the patterns were found
    layer: int
    position: int
    role: str | None  # unique in a sentence; None where the results have no roles
    label: str  # the token where it is the same in all instances, else `fallback`
    fallback: str
    instances: int  # that have such a place
    positive: int  # of them, those with a pattern of positive sign that visits it
    negative: int
    positive_influence: float  # sum of the influences (over all paths) of the positive words whose patterns visit it
    negative_influence: float


@dataclass(frozen=True, slots=True)
class TrafficRecord:
    """`TRAFFIC`: one step in the superposition of a case's patterns; what a chunk adds to it."""

    id: str
    source: str  # id of a site
    target: str  # id of a site, a layer above
    level: Level
    component: int | None  # None at the embedding level
    positive: int  # instances with a pattern of positive sign that takes the step
    negative: int
    patterns: int  # of either sign
    influence: float  # sum of those patterns' influences
    strength: float  # sum of their sizes


@dataclass(frozen=True, slots=True)
class RouteRecord:
    """`Route`: one of the distinct patterns of a case; what a chunk adds to it."""

    id: str
    case: str  # id
    method: str
    level: Level
    sign: int
    source: int
    source_role: str | None
    path: tuple[int, ...]
    components: tuple[int, ...] | None  # None at the embedding level
    signature: str
    role_signature: str | None  # with roles instead of positions; None where the results have no roles
    instances: int  # that have this pattern
    influence: float  # sum of their patterns' influences


@dataclass(frozen=True, slots=True)
class ChunkRecord:
    """`Chunk`: what is written in one transaction."""

    id: str
    run: str  # id
    index: int
    instances: tuple[InstanceRecord, ...]
    order: tuple[int, ...]  # of each instance: its place in the whole run's input
    cases: tuple[CaseRecord, ...]
    sites: tuple[SiteRecord, ...]
    traffic: tuple[TrafficRecord, ...]
    routes: tuple[RouteRecord, ...]
