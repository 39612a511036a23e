"""What the graph holds, as the store tells it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from neo4j.time import DateTime

from cypher.store.records import Level


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as the graph holds it."""

    id: str
    name: str
    status: str  # running, completed, partial or deleting; of a job, any of cypher.ledger.jobs.JobStatus
    instances: int  # that have results
    correct: int  # of them, those that the model has right
    chunks: int  # that are completed
    sentences: int | None  # of a job: planned; None, like the next four, of a run that is none
    source: str | None  # of a job: what names its model
    priority: int | None  # of a job: 0 to 9
    devices: tuple[str, ...] | None  # of a job: that computed it
    error: str | None  # of a job that failed as a whole
    model: str  # fingerprint
    model_name: str | None
    settings: dict[str, Any]
    versions: dict[str, str]
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """What there was of a run before it is written to."""

    status: str | None  # None: the run is new
    versions: str | None  # JSON
    chunks: int
    texts: Mapping[str, str]  # of the instances that are stored, by name


class CaseName(NamedTuple):
    """A case and its task."""

    task: str
    name: str


class RunContent(NamedTuple):
    """What a run can be asked about."""

    cases: tuple[CaseName, ...]  # by task and name
    methods: Mapping[str, tuple[str, ...]]  # the levels of each method's patterns
    roles: bool  # do all its sentences have roles?


@dataclass(frozen=True, slots=True)
class InexactInstances:
    """Instances that are less exact than they should be; some are named with their errors, the worst first."""

    instances: int  # all that were looked at
    acceptable: float  # a share
    count: int  # with a completeness error above the acceptable one
    worst: tuple[tuple[str, float], ...]
    beyond_tolerance: int  # with a sampling error above the tolerance of adaptive sampling
    worst_sampled: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class SentenceSummary:
    """An instance with results, in a few words."""

    order: int  # its place in the run's input
    name: str
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


@dataclass(frozen=True, slots=True)
class SentenceOfStep:
    """An instance with patterns that take a step of its case's superposition."""

    sentence: SentenceSummary
    patterns: int  # that take it
    influence: float  # that flows through these patterns


@dataclass(frozen=True, slots=True)
class Step:
    """A step of patterns; None for any."""

    level: Level
    layer: int  # that it leaves
    source: int | str  # a position or, where sentences are aligned by role, a role
    target: int | str
    component: int | None = None
    sign: int | None = None  # 1 or -1: of the words whose patterns take it


@dataclass(frozen=True, slots=True)
class EdgeChoice:
    """Which edges of an instance are wanted; None for any."""

    layer: int | None = None  # of the node that it leaves
    source: int | None = None  # position
    target: int | None = None
    component: int | None = None  # head, or -1 for the skip connection
    least: float | None = None  # absolute influence
    strongest: int | None = None  # how many, by absolute influence
    merged: bool = False  # are the components of a step one edge, with the sum of their influences?


@dataclass(frozen=True, slots=True)
class StoredEdges:
    """Edges of an instance as columns, the strongest first; and what there is of it."""

    layer: list[int]
    source: list[int]
    target: list[int]
    component: list[int] | None  # None: they are merged
    influence: list[float]
    edges: int  # that are stored, merged where these are
    strength: float  # sum of their absolute influences
    components: int  # edges that are stored, each component by itself


def stored_run(row: Mapping[str, Any]) -> StoredRun:
    """A run from its row of read/runs."""
    return StoredRun(
        **{
            **row,
            "settings": json.loads(row["settings"]),
            "versions": json.loads(row["versions"]),
            "devices": None if row["devices"] is None else tuple(row["devices"]),
            "created_at": row["created_at"].to_native(),
            "finished_at": native(row["finished_at"]),
        }
    )


def native(moment: DateTime | None) -> datetime | None:
    """A point in time as Python has it."""
    return None if moment is None else moment.to_native()
