"""The families of models that are read. A new one is a file in `families/`, and its line here."""

from collections.abc import Mapping
from typing import Any

from cypher.errors import ModelError
from workers.models.families import albert, bert, distilbert, electra, modernbert, mpnet, roberta
from workers.models.family import Family

FAMILIES: tuple[Family, ...] = (
    bert.FAMILY,
    *roberta.FAMILIES,
    distilbert.FAMILY,
    electra.FAMILY,
    albert.FAMILY,
    mpnet.FAMILY,
    modernbert.FAMILY,
)


def find(config: Mapping[str, Any], weights: set[str], where: str) -> tuple[Family, str]:
    """The family and the architecture of a checkpoint.

    config.json names the architecture; where it names none, or one of several heads, the weights tell the head.

    Args:
        config: the content of config.json.
        weights: names of the stored weights.
        where: the file, for the error.

    Raises:
        ModelError: no family reads it, or it has no head that is read.
    """
    named = config.get("architectures")
    name = str(named[0]) if isinstance(named, list) and named else None
    for family in FAMILIES:
        if name is not None and name in family.architectures:
            return family, name
    undecided = [family for family in FAMILIES if _may_be(family, name, config)]
    for family in undecided:
        if architecture := family.told_by(weights):
            return family, architecture
    known = ", ".join(architecture for family in FAMILIES for architecture in family.architectures)
    if undecided:
        problem = "it names no single prediction head, and the weights hold none"
        raise ModelError("architectures", problem, f"Use a checkpoint that was saved as one of: {known}.", where)
    field, value = ("model_type", config["model_type"]) if name is None else ("architectures", name)
    raise ModelError(field, f"{value!r} is not supported", f"Use one of: {known}.", where)


def _may_be(family: Family, name: str | None, config: Mapping[str, Any]) -> bool:
    if name is None:
        return (config.get("model_type") or family.model_type) == family.model_type
    return name in family.undecided
