"""Runs as programs are told of them."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel

from cypher.store.runs import InexactInstances, StoredRun
from cypher.store.store import Store
from service.exactness import find_inexact
from workers.analysis.settings import tells_right


class Run(BaseModel):
    """A run as the graph holds it."""

    id: str
    name: str
    status: str
    instances: int
    correct: int  # of them, those whose quantity of interest is above 0
    right: int | None  # the same; None where the question has no right answer
    chunks: int  # that are completed
    sentences: int | None  # of a job: planned
    priority: int | None
    devices: tuple[str, ...] | None
    source: str | None  # of a job: what names its model; of a directory its last part
    error: str | None  # of a job that failed as a whole
    model: str  # fingerprint
    model_name: str | None
    settings: dict[str, Any]
    versions: dict[str, str]
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, run: StoredRun) -> Self:
        right = run.correct if tells_right(run.settings) else None
        source = run.source if run.source is None or not Path(run.source).is_absolute() else Path(run.source).name
        known = asdict(run) | {"right": right, "source": source}
        return cls(**{name: known[name] for name in Run.model_fields})


class Method(BaseModel):
    """A method by which patterns were found, and the levels of these patterns."""

    name: str
    levels: tuple[str, ...]


class Case(BaseModel):
    """A case of a task."""

    task: str
    name: str


class Inexact(BaseModel):
    """Sentences whose influences should not be trusted as they are; some are named, the worst first."""

    instances: int  # that were looked at
    acceptable: float  # completeness error, a share
    count: int  # of sentences above it
    worst: list[tuple[str, float]]
    beyond_tolerance: int  # of adaptive sampling
    worst_sampled: list[tuple[str, float]]

    @classmethod
    def of(cls, found: InexactInstances) -> Self:
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class RunDetails(Run):
    """A run, with what it can be asked about and what it is worth."""

    cases: list[Case]
    methods: list[Method]
    has_roles: bool  # do all its sentences have roles, so that they can be aligned by them?
    inexact: Inexact


def details(store: Store, run: StoredRun) -> RunDetails:
    """All that there is to tell of a run.

    Raises:
        ServerError: the graph cannot be read.
    """
    content = store.content(run.id)
    return RunDetails(
        **Run.of(run).model_dump(),
        cases=[Case(task=case.task, name=case.name) for case in content.cases],
        methods=[Method(name=name, levels=levels) for name, levels in content.methods.items()],
        has_roles=content.roles,
        inexact=Inexact.of(find_inexact(store, run.id)),
    )
