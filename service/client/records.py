"""What a service tells, as the dataclasses that use cases return."""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from cypher.queries.named_reports import NamedReport
from cypher.store.runs import InexactInstances, StoredRun
from cypher.store.table import Table
from service.client.problems import unreadable
from service.operations.reports import Comparison, ReportAnswer
from service.tables.exact import Decoder

EXACT = "application/vnd.influence-graph.exact+json"
"""The media type of tables that keep every value."""

Kind = TypeVar("Kind")


def read(kind: type[Kind], values: Any) -> Kind:
    """A dataclass of a JSON object, or a list of them.

    Raises:
        ServerError: it lacks something.
    """
    try:
        return _adapter(kind).validate_python(values)
    except ValidationError:
        raise unreadable() from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def read_table(values: Mapping[str, Any], unknown: tuple[str, ...] = ()) -> Table:
    """A table in the form `EXACT`.

    Args:
        unknown: sentences on names that the graph does not have.

    Raises:
        ServerError: it is none.
    """
    decoder = Decoder()
    try:
        rows = [tuple(map(decoder.decode, row)) for row in values["values"]]
        return Table(tuple(values["columns"]), rows, values["cut"], unknown)
    except (KeyError, TypeError, ValueError):
        raise unreadable() from None


def read_answer(values: Mapping[str, Any]) -> ReportAnswer:
    """A report's answer.

    Raises:
        ServerError: it is none.
    """
    try:
        run, inexact = read(StoredRun, values["details"]), read(InexactInstances, values["inexact"])
        return ReportAnswer(values["title"], run, read_table(values), inexact, tuple(values["notices"]))
    except (KeyError, TypeError):
        raise unreadable() from None


def read_comparison(values: Mapping[str, Any]) -> Comparison:
    """Two sides of a report.

    Raises:
        ServerError: it is none.
    """
    try:
        first, second = (read(StoredRun, each) for each in values["details"])
        one, other = (read(InexactInstances, each) for each in values["inexact"])
        return Comparison(values["title"], first, second, read_table(values), (one, other), tuple(values["notices"]))
    except (KeyError, TypeError, ValueError):
        raise unreadable() from None


def read_report(values: Mapping[str, Any]) -> NamedReport:
    """A report as it describes itself.

    Raises:
        ServerError: it does not.
    """
    return read(NamedReport, {**values, "text": values.get("cypher")})
