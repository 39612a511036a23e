"""Jobs as programs ask for them: what they may choose, sentences given inline, and what is allowed."""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cypher.errors import InvalidInput
from service.operations.connections import Connections
from service.operations.jobs import Load, Submitted, submit
from service.operations.limits import Limits
from service.operations.progress import OnNotice
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.datasets.rows import Row, make_instance


class JobSettings(BaseModel):
    """What changes the numbers; what is left out has its default."""

    model_config = ConfigDict(extra="forbid")

    sampling: Literal["adaptive", "trapezoid", "paper", "gauss-legendre"] | None = None
    samples: Annotated[int | None, Field(ge=1, le=100_000)] = None
    tolerance: float | None = None
    distribution: str = "line"
    baseline: str = "mask"
    beam: Annotated[int, Field(ge=1, le=1000)] = 1
    refine: Literal["sequential", "independent"] = "sequential"
    edges: str = "top:200"
    words: str = "all"
    methods: tuple[str, ...] = ()

    def settings(self) -> Settings:
        """As analyses take them."""
        return Settings(**self.model_dump())


class JobOptions(BaseModel):
    """What is to be found out about sentences."""

    model_config = ConfigDict(extra="forbid")

    model: str = "bundled"
    name: str | None = None
    question: Literal["similarity"] | None = None
    dtype: Literal["float32", "float64"] = "float32"
    device: Literal["cpu", "gpu", "any"] = "any"
    priority: Annotated[int, Field(ge=0, le=9)] = 0
    skip_bad: bool = False
    settings: JobSettings = JobSettings()


def submit_request(
    connections: Connections,
    limits: Limits,
    options: JobOptions,
    instances: Iterable[Instance],
    *,
    stem: str,
    caller: str,
    idempotency_key: str | None,
    load: Load,
    on_bad: Callable[[InvalidInput], None] | None,
    on_notice: OnNotice,
) -> Submitted:
    """Queue sentences for the workers, as `submit`, within limits.

    Args:
        caller: id of whoever asks, to whom key and number of jobs belong.

    Raises:
        TooLarge: there are more sentences than a job may have.
        InfluenceError: as `submit`, or a model that is not allowed.
    """
    limits.check_model(options.model)
    return submit(
        connections,
        limits.within_size(instances),
        options.settings.settings(),
        model=options.model,
        stem=stem,
        question=options.question,
        dtype=options.dtype,
        name=options.name,
        idempotency_key=None if idempotency_key is None else f"{caller}:{idempotency_key}",
        owner=caller,
        most=limits.jobs,
        load=load,
        device=options.device,
        priority=options.priority,
        on_bad=on_bad,
        on_notice=on_notice,
    )


def read_inline(
    sentences: Sequence[dict[str, Any]], on_bad: Callable[[InvalidInput], None] | None = None
) -> list[Instance]:
    """The sentences, each checked as a row of a file is.

    Raises:
        InvalidInput: one is wrong, and bad ones are not left out; or two have one id.
    """
    found: dict[str, Instance] = {}
    for number, values in enumerate(sentences, start=1):
        where = f"sentences.{number - 1}"
        try:
            instance = read_sentence(values, str(number), where)
            if instance.id in found:
                raise InvalidInput("id", f"{instance.id!r} is another sentence's too", "Give each its own.", where)
        except InvalidInput as error:
            if on_bad is None:
                raise
            on_bad(error)
            continue
        found[instance.id] = instance
    return list(found.values())


def read_sentence(values: dict[str, Any], default_id: str, where: str) -> Instance:
    """One sentence, with the fields of a row of a file.

    Raises:
        InvalidInput: the first thing that is wrong with it.
    """
    unknown = next((name for name in values if name not in Row.model_fields), None)
    if unknown is not None:
        raise InvalidInput(unknown, "is not a field of a sentence", f"Use {', '.join(Row.model_fields)}.", where)
    return make_instance(values, default_id, where)
