"""The families of models that are read. A new one is a file in `families/`, and its line here."""

from collections.abc import Mapping
from typing import Any

from cypher.errors import ModelError
from workers.models.families import bert
from workers.models.family import Family

FAMILIES: tuple[Family, ...] = (bert.FAMILY,)

ARCHITECTURES: Mapping[str, Family] = {name: family for family in FAMILIES for name in family.architectures}


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
    name = named[0] if isinstance(named, list) and named else None
    if name in ARCHITECTURES:
        return ARCHITECTURES[name], name
    undecided = [family for family in FAMILIES if _may_be(family, name, config)]
    for family in undecided:
        if architecture := family.told_by(weights):
            return family, architecture
    if undecided:
        problem = "it names no single prediction head, and the weights hold none"
        fix = f"Use a checkpoint that was saved as one of: {', '.join(ARCHITECTURES)}."
    else:
        problem = (
            f"{name!r} is not supported" if name else f"it names none, and {config['model_type']!r} is not supported"
        )
        fix = f"Use one of: {', '.join(ARCHITECTURES)}."
    raise ModelError("architectures", problem, fix, where)


def _may_be(family: Family, name: str | None, config: Mapping[str, Any]) -> bool:
    if name is None:
        return config.get("model_type", family.model_type) == family.model_type
    return name in family.undecided
