"""One row of an input file: which fields it may have, and what is wrong with it in the user's words."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, field_validator, model_validator

from cypher.errors import InvalidInput
from workers.datasets.instance import Instance

FIELDS = (
    "id",
    "text",
    "correct",
    "wrong",
    "label",
    "task",
    "case",
    "roles",
    "spans",
    "counterfactual",
    "reference",
    "target_word",
)

_FIXES = {
    "id": "Give it a string of its own, or leave it out.",
    "text": "Give the sentence, its words separated by spaces.",
    "correct": "Give the right word at the mask, or a label where the model is a classifier.",
    "wrong": "Give the wrong word at the mask; or another class than label.",
    "label": "Give the name or the index of the right class.",
    "task": "Give a name such as sva-obj, or leave it out.",
    "case": "Give a name such as SP, or leave it out.",
    "roles": "Give one role for each space-separated word of the text, or for each token; or leave it out.",
    "counterfactual": "Give another text of as many tokens, or leave it out.",
    "reference": "Give the text to compare with, or leave it out.",
    "target_word": "Name a word of text and reference, or leave it out.",
    "spans": "Give [start, end, role] for each stretch of characters that has one, from 0, in order; or leave it out.",
}


def _class_index(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _split(value: object) -> object:
    return value.split() if isinstance(value, str) else value


class Row(BaseModel):
    """The fields of a row; those it may leave out are None."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: str | None = None
    text: str
    correct: str | None = None
    wrong: str | None = None
    label: Annotated[str | None, BeforeValidator(_class_index)] = None
    task: str = ""
    case: str = ""
    roles: Annotated[tuple[str, ...] | None, BeforeValidator(_split)] = None
    spans: tuple[tuple[int, int, str], ...] | None = None
    counterfactual: str | None = None
    reference: str | None = None
    target_word: str | None = None

    @field_validator("id", "text", "correct", "wrong", "label", "counterfactual", "reference", "target_word")
    @classmethod
    def _not_empty(cls, value: str | None, info: Any) -> str | None:
        if value == "":
            raise InvalidInput(info.field_name, "is empty", _FIXES[info.field_name])
        return value

    @model_validator(mode="after")
    def _answers(self) -> "Row":
        if self.label is not None:
            if self.correct is not None:
                fix = "Give correct and wrong, or label; with label, wrong may name another class."
                raise InvalidInput("label", "is given together with correct", fix)
            return self
        if self.reference is not None and self.correct is None and self.wrong is None:
            return self
        for field, word in (("correct", self.correct), ("wrong", self.wrong)):
            if word is None:
                raise InvalidInput(field, "is missing", _FIXES[field])
        if self.correct == self.wrong:
            raise InvalidInput("wrong", f"{self.wrong!r} is the correct word too", _FIXES["wrong"])
        return self

    @model_validator(mode="after")
    def _spans_in_order(self) -> "Row":
        if self.spans is None:
            return self
        if self.roles is not None:
            raise InvalidInput("spans", "is given together with roles", "Give one of the two.")
        before = 0
        for start, end, role in self.spans:
            if not before <= start < end <= len(self.text):
                problem = f"[{start}, {end}, {role!r}] is not a stretch of the text's {len(self.text)} characters"
                problem += f", from {before} on" * (before > 0)
                raise InvalidInput("spans", problem, _FIXES["spans"])
            before = end
        return self


def make_instance(values: dict[str, Any], default_id: str, origin: str) -> Instance:
    """The instance of a row; None stands for a field that is left out.

    Raises:
        InvalidInput: the first thing that is wrong, placed at `origin`.
    """
    try:
        row = Row.model_validate({field: value for field, value in values.items() if value is not None})
    except InvalidInput as error:
        raise error.at(origin) from None
    except ValidationError as error:
        raise _in_our_words(error).at(origin) from None
    return Instance(
        id=row.id or default_id,
        text=row.text,
        correct=row.correct,
        wrong=row.wrong,
        label=row.label,
        task=row.task,
        case=row.case,
        roles=row.roles,
        spans=row.spans,
        counterfactual=row.counterfactual,
        reference=row.reference,
        target_word=row.target_word,
        origin=origin,
    )


def unknown_field(field: str) -> InvalidInput:
    """The error for a field that no row has."""
    if not field.strip():
        return InvalidInput("line", "it has a field without a name", f"Use {', '.join(FIELDS)}; remove or rename it.")
    return InvalidInput(field, "is not a field of an instance", f"Use {', '.join(FIELDS)}; remove or rename it.")


def _in_our_words(error: ValidationError) -> InvalidInput:
    first = error.errors(include_url=False)[0]
    field = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return unknown_field(field)
    if first["type"] == "missing":
        return InvalidInput(field, "is missing", _FIXES[field])
    kind = {"roles": "a list of strings", "spans": "a list of [start, end, role]"}.get(field, "a string")
    return InvalidInput(field, f"{first['input']!r} is not {kind}", _FIXES[field])
