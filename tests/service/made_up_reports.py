"""Made-up rows of reports, for what only draws them."""

from collections.abc import Iterable, Mapping
from typing import Any

from cypher.store.table import Table

FLOW = "task case layer source source_label target target_label component instances positive negative influence"
PLACES = "task case place label role instances influence positive negative positive_visits negative_visits position"
ENTROPY = "task case instances nodes entropy accuracy"
ATTRACTORS = (
    "task case rank place label role instances negative influence negative_total matched_case contrast modal_pattern "
    "modal_share"
)
TOKENS = "[CLS] the pilot that guards [MASK] . [SEP]".split()
TARGET = 5
LAYERS = 3


def table(columns: str, rows: Iterable[Mapping[str, Any]]) -> Table:
    """Rows with null in the columns that they leave out."""
    names = tuple(columns.split())
    return Table(names, [tuple(row.get(name) for name in names) for row in rows])


def places(*cases: str, labels: Iterable[str] = TOKENS, instances: int = 20) -> Table:
    """The report `positions`."""
    rows = [
        {"task": "sva", "case": case, "place": place, "label": label, "instances": instances, "position": float(place)}
        for case in cases
        for place, label in enumerate(labels)
    ]
    return table(PLACES, rows)


def steps(
    case: str, *rows: tuple[int, int | str, int | str, int | None, float, float], instances: int = 20
) -> list[dict[str, Any]]:
    """Rows of the report `flow-frequency`: layer, source, target, component, share of positive, of negative."""
    names = ("layer", "source", "target", "component", "positive", "negative")
    return [{"task": "sva", "case": case, "instances": instances, **dict(zip(names, row, strict=True))} for row in rows]
