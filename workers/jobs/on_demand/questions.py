"""What can be asked: everything that a worker needs to answer."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.evaluation.ablation.settings import AblationSettings
from workers.jobs.inputs import from_input, run_settings, to_input


@dataclass(frozen=True, slots=True)
class AnalysisQuestion:
    """The influence of every word of one sentence."""

    instance: Instance
    settings: Settings
    source: str  # of the model, as `load_model` takes it
    question: str | None  # `similarity`; None: what the model was trained to predict
    dtype: str
    keep: str | None = None  # name of the run in the graph that the result is stored in; None: nowhere


@dataclass(frozen=True, slots=True)
class AblationQuestion:
    """How often the model is still right on the patterns of a run alone."""

    run: str  # id
    source: str  # of the model that made it
    settings: AblationSettings
    sentences: int  # at most; as many of each case, the first of them
    task: str | None = None  # only of this one; None: of all
    case: str | None = None


Question = AnalysisQuestion | AblationQuestion
Kind = Literal["analysis", "ablation"]


def kind_of(question: Question) -> Kind:
    """What kind of question it is."""
    return "ablation" if isinstance(question, AblationQuestion) else "analysis"


def to_text(question: Question) -> str:
    """A question as JSON."""
    if isinstance(question, AblationQuestion):
        return json.dumps({"kind": kind_of(question), **asdict(question)})
    settings = {name: getattr(question.settings, name) for name in Settings.__slots__}
    values = {name: getattr(question, name) for name in ("source", "question", "dtype", "keep")}
    return json.dumps({"kind": kind_of(question), "input": to_input(question.instance), "settings": settings, **values})


def from_text(text: str) -> Question:
    """The inverse of `to_text`."""
    values: dict[str, Any] = json.loads(text)
    if values.pop("kind") == "ablation":
        chosen = values.pop("settings")
        for name in ("methods", "levels"):
            chosen[name] = None if chosen[name] is None else tuple(chosen[name])
        return AblationQuestion(settings=AblationSettings(**chosen), **values)
    instance, settings = from_input(values.pop("input")), run_settings(json.dumps(values.pop("settings")))
    return AnalysisQuestion(instance, settings, **values)
