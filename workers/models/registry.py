"""The families of models that are read. A new one is a file in `families/`, and its line here."""

from collections.abc import Mapping
from typing import Any

from cypher.errors import ModelError
from workers.models.families import albert, bert, deberta, distilbert, electra, modernbert, mpnet, roberta
from workers.models.family import Family

FAMILIES: tuple[Family, ...] = (
    bert.FAMILY,
    *roberta.FAMILIES,
    distilbert.FAMILY,
    electra.FAMILY,
    albert.FAMILY,
    mpnet.FAMILY,
    modernbert.FAMILY,
    deberta.FAMILY,
)

OTHER_HEADS = {
    "ForTokenClassification": "labels every token",
    "ForQuestionAnswering": "marks a span of the text",
    "ForMultipleChoice": "compares several texts",
    "ForNextSentencePrediction": "compares two texts",
}
"""What heads do that are not read, by the end of an architecture's name."""


def find(config: Mapping[str, Any], weights: set[str], where: str) -> tuple[Family, str]:
    """The family and the architecture of a checkpoint.

    config.json names the architecture; where it names none, or one of several heads, the weights tell the head. An
    encoder whose weights have none is taken as it is.

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
        if name is not None and (name in family.architectures or name == family.bare):
            return family, name
    undecided = [family for family in FAMILIES if _may_be(family, name, config)]
    told = [(family, head) for family in undecided if (head := family.told_by(weights)) is not None]
    if len(told) == 1:
        return told[0]
    if name is None and len(undecided) == 1:
        return undecided[0], undecided[0].bare
    if told:
        problem = f"it is missing, and the weights may be those of {', '.join(family.model_type for family, _ in told)}"
        raise ModelError("model_type", problem, "Name it in config.json.", where)
    kind = config.get("model_type")
    of_type = [family for family in FAMILIES if family.model_type == kind]
    names = (name for family in of_type or FAMILIES for name in (*family.architectures, family.bare))
    fix = f"Use one of: {', '.join(names)}."
    if undecided:
        raise ModelError("architectures", "it names no single prediction head, and the weights hold none", fix, where)
    if name is None:
        raise ModelError("model_type", f"{kind!r} is not supported", fix, where)
    problem = f"{name!r} is not supported"
    for ending, head in OTHER_HEADS.items():
        if name.endswith(ending):
            problem += f": it {head}, and here one difference of two logits at one position is explained"
    raise ModelError("architectures", problem, fix, where)


def _may_be(family: Family, name: str | None, config: Mapping[str, Any]) -> bool:
    if name is None:
        return (config.get("model_type") or family.model_type) == family.model_type
    return name in family.undecided
