"""The graph: what is in it, and questions in Cypher."""

from typing import Annotated, Any

from pydantic import Field

from service.mcp.definition import Definition
from service.mcp.desk import TheContext, desk_of
from service.mcp.tools.arguments import RowCount
from service.mcp.tools.tables import Rows, shown
from service.operations.queries import ask, notices_of
from service.operations.schema import describe_schema


def describe_graph() -> str:
    """The graph's schema in brief: labels, properties, relationships, what influence means, example queries.
    Read it before query_graph."""
    return describe_schema().brief


def query_graph(
    context: TheContext,
    cypher: Annotated[str, Field(min_length=1, max_length=100_000, description="One query that only reads.")],
    parameters: Annotated[dict[str, Any], Field(description="Values of $names in it.")] = {},  # noqa: B006 - of pydantic
    rows: RowCount = 100,
    seconds: Annotated[float | None, Field(gt=0, description="At most the service's own limit.")] = None,
) -> Rows:
    """Ask the graph in Cypher (Neo4j 5). Only reading is allowed. Prefer named reports where one answers; aggregate
    rather than fetch: an answer has room for some hundred rows. describe_graph has the schema and examples."""
    servers = desk_of(context).servers
    limits = servers.limits
    with servers.one_query():
        table = ask(
            servers.store(),
            cypher,
            parameters,
            seconds=min(seconds or limits.query_seconds, limits.query_seconds),
            rows=min(rows, limits.query_rows),
        )
    how = "aggregate, return less of each, or ask again with ORDER BY and SKIP {next}"
    kept, left_out = shown(table, 0, how)
    return Rows(columns=list(table.columns), rows=kept, left_out=left_out, notices=list(notices_of(table)))


TOOLS = (
    Definition(describe_graph, "Describe the graph"),
    Definition(query_graph, "Query the graph", "query"),
)
