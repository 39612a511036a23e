"""Sentences as they wait in the ledger, and settings as a run holds them."""

import json
from dataclasses import fields

from workers.analysis.settings import Settings
from workers.datasets.instance import Instance


def to_input(instance: Instance) -> str:
    """The JSON of an instance, without where it was read from."""
    values = {field.name: getattr(instance, field.name) for field in fields(instance) if field.name != "origin"}
    return json.dumps(values, ensure_ascii=False)


def from_input(text: str) -> Instance:
    """The inverse of `to_input`."""
    values = json.loads(text)
    roles, spans = values["roles"], values.get("spans")  # jobs of older versions have no spans
    values["roles"] = None if roles is None else tuple(roles)
    values["spans"] = None if spans is None else tuple((start, end, role) for start, end, role in spans)
    return Instance(**values)


def run_question(text: str) -> str:
    """The name of the question that a run, by its settings, asks of the model."""
    return json.loads(text)["question"]


def run_settings(text: str) -> Settings:
    """The settings of a run, without what its results hold besides: dtype and question."""
    values = json.loads(text)
    chosen = {name: values[name] for name in Settings.__slots__ if name in values}
    for name in ("sources", "methods"):
        if chosen.get(name) is not None:
            chosen[name] = tuple(chosen[name])
    return Settings(**chosen)
