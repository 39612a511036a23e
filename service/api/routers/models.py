"""The models that jobs may name."""

from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel

from service.api.security import needs
from service.api.services import TheServices
from service.operations import models as operations
from service.operations.models import ModelDescription

router = APIRouter(prefix="/v1/models", tags=["models"])


class Models(BaseModel):
    """What jobs may name as their model."""

    models: list[str]


class Model(BaseModel):
    """A model, and what it can be asked."""

    name: str
    architecture: str
    fingerprint: str
    layers: int
    heads: int
    width: int
    most_tokens: int
    vocabulary: int
    question: str  # that it was trained to answer
    labels: list[str] | None  # of a classifier
    mask: str | None  # its mask token
    notices: list[str]  # what a reader of its results should know

    @classmethod
    def of(cls, found: ModelDescription) -> Self:
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


@router.get("", dependencies=needs("read"))
def list_models(services: TheServices) -> Models:
    """By name; of directories, those below that hold a model."""
    return Models(models=operations.list_models(services.limits.models))


@router.get("/{name:path}", dependencies=needs("read"))
def describe_model(name: str, services: TheServices) -> Model:
    """A model, which is loaded for it."""
    services.limits.check_model(name)
    return Model.of(operations.describe_model(services.model(name, "float32"), name))
