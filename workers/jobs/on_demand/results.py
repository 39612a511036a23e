"""Results as answers: a line of a results file without edges, and beside it these as columns, for there may be many."""

from dataclasses import replace

from workers.analysis.results import Edges, InstanceResult


def to_answer(result: InstanceResult) -> tuple[str, bytes | None]:
    """The line, and the edges, if it has any."""
    edges = None if result.edges is None else result.edges.to_bytes()
    return replace(result, edges=None).to_json(), edges


def from_answer(line: str, edges: bytes | None) -> InstanceResult:
    """The inverse of `to_answer`."""
    result = InstanceResult.from_json(line)
    return result if edges is None else replace(result, edges=Edges.from_bytes(edges))
