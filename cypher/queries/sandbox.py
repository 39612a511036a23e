"""Queries of users: run when the server's own plan says that they do nothing but read the graph.

1. The server plans the query without running it (`EXPLAIN`).
2. The plan must be of type `r`, on the session's own database, of operators that read the graph. An operator that is
   not known is refused.
3. A subquery inside an expression can be missing among the operators (Neo4j 5.26 shows it as text in the arguments of
   the operator that evaluates the expression). So the arguments must not load files, and may call procedures and
   functions of a namespace only from a list. What a plug-in brings always has a namespace.
4. Only then it runs: with READ access, which no write passes, and within limits of time, memory and rows.

What the words of the query are does not matter; what the server makes of them does. Long ranges are the exception
(`ranges`): a guard against accidents, which the plan does not show.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cypher.errors import InvalidInput, QueryLimitExceeded, RefusedQuery
from cypher.queries.ranges import LONGEST, long_ranges
from cypher.store.query_plan import Operator, QueryPlan
from cypher.store.store import Store
from cypher.store.table import Table

OPERATORS = frozenset(
    """
    AllNodesScan NodeByLabelScan UnionNodeByLabelsScan IntersectionNodeByLabelsScan SubtractionNodeByLabelsScan
    NodeByIdSeek NodeByElementIdSeek NodeCountFromCountStore RelationshipCountFromCountStore
    NodeIndexScan NodeIndexSeek NodeIndexSeekByRange NodeUniqueIndexSeek NodeUniqueIndexSeekByRange
    NodeIndexContainsScan NodeIndexEndsWithScan MultiNodeIndexSeek
    DirectedAllRelationshipsScan DirectedRelationshipTypeScan DirectedUnionRelationshipTypesScan
    DirectedRelationshipByIdSeek DirectedRelationshipByElementIdSeek DirectedRelationshipIndexScan
    DirectedRelationshipIndexSeek DirectedRelationshipIndexSeekByRange DirectedRelationshipIndexContainsScan
    DirectedRelationshipIndexEndsWithScan
    UndirectedAllRelationshipsScan UndirectedRelationshipTypeScan UndirectedUnionRelationshipTypesScan
    UndirectedRelationshipByIdSeek UndirectedRelationshipByElementIdSeek UndirectedRelationshipIndexScan
    UndirectedRelationshipIndexSeek UndirectedRelationshipIndexSeekByRange UndirectedRelationshipIndexContainsScan
    UndirectedRelationshipIndexEndsWithScan
    PartitionedAllNodesScan PartitionedNodeByLabelScan PartitionedUnionNodeByLabelsScan
    PartitionedIntersectionNodeByLabelsScan PartitionedSubtractionNodeByLabelsScan PartitionedNodeIndexScan
    PartitionedNodeIndexSeek PartitionedNodeIndexSeekByRange PartitionedUnwind
    PartitionedDirectedAllRelationshipsScan PartitionedDirectedRelationshipTypeScan
    PartitionedDirectedUnionRelationshipTypesScan PartitionedUndirectedAllRelationshipsScan
    PartitionedUndirectedRelationshipTypeScan PartitionedUndirectedUnionRelationshipTypesScan
    Expand OptionalExpand VarLengthExpand ProjectEndpoints Repeat BidirectionalRepeat RepeatOptions ShortestPath
    StatefulShortestPath PathPropagatingBFS
    Apply SemiApply AntiSemiApply SelectOrSemiApply SelectOrAntiSemiApply LetSemiApply LetAntiSemiApply
    LetSelectOrSemiApply LetSelectOrAntiSemiApply ConditionalApply AntiConditionalApply RollUpApply Optional Anti
    CartesianProduct NodeHashJoin NodeLeftOuterHashJoin NodeRightOuterHashJoin ValueHashJoin
    TriadicSelection TriadicBuild TriadicFilter Union OrderedUnion
    Argument Projection CacheProperties Filter Unwind Distinct OrderedDistinct EagerAggregation OrderedAggregation
    Sort PartialSort Top PartialTop Top1WithTies Skip Limit ExhaustiveLimit Eager PreserveOrder EmptyResult EmptyRow
    ProduceResults ProcedureCall
    """.split()
)
"""Those of Neo4j 5.26 that read the graph and compute; of `Expand(Into)` and the like what is before the bracket."""

PROCEDURES = frozenset(
    """
    db.labels db.relationshipTypes db.propertyKeys
    db.schema.visualization db.schema.nodeTypeProperties db.schema.relTypeProperties
    """.split()
)
FUNCTIONS = frozenset(
    [
        f"{kind}.{name}"
        for kind in ("date", "datetime", "localdatetime", "localtime", "time")
        for name in ("realtime", "statement", "transaction", "truncate")
    ]
    + "datetime.fromepoch datetime.fromepochmillis duration.between duration.inDays duration.inMonths".split()
    + "duration.inSeconds point.distance point.withinBBox vector.similarity.cosine vector.similarity.euclidean".split()
)
"""Those with a namespace; all without one are Neo4j's own, and none of these reaches beyond the graph."""

CALL = re.compile(r"[^\W\d]\w*(?:\.\w+)+(?=\s*\()")
LOAD = re.compile(r"\bLOAD\s+CSV\b", re.IGNORECASE)
MODE = re.compile(
    r"(?>\s+|//[^\n]*|/\*.*?\*/|CYPHER\b|[\d.]+|\w+\s*=\s*\w+)*+(EXPLAIN|PROFILE)\b", re.IGNORECASE | re.DOTALL
)
NOTHING = re.compile(r"(?:\s|;|//[^\n]*|/\*.*?\*/)*+", re.DOTALL)
"""Spaces, comments and ends of queries."""
FIX = "A query can only read the graph, with MATCH, RETURN and what goes with them."


def run_query(
    store: Store, text: str, parameters: Mapping[str, Any], *, seconds: float | None = None, rows: int | None = None
) -> Table:
    """What a user's query answers.

    Args:
        seconds: after which the server gives up.
        rows: the most to fetch; without it, all.

    Raises:
        InvalidQuery: Neo4j finds a mistake in it.
        RefusedQuery: it does more than read the graph.
        InvalidInput: a parameter is missing.
        QueryLimitExceeded: it needs more time or memory than it may take.
    """
    if NOTHING.fullmatch(text):
        raise InvalidInput("query", "there is no query", "Write one, such as MATCH (r:Run) RETURN r.name.")
    if mode := MODE.match(text):
        raise RefusedQuery(
            "query",
            f"{mode[1].upper()} asks how a query runs, not about the graph",
            f"Leave the word {mode[1]} out.",
        )
    for written, size in long_ranges(text, parameters):
        raise QueryLimitExceeded(
            "query",
            f"{written} is too large: it makes a list of {size:,} numbers, and the limit is {LONGEST:,}",
            "Make it shorter, or write it directly behind UNWIND, which takes one number at a time.",
        )
    plan = store.explain(text, parameters, seconds=seconds)
    if reasons := list(objections(plan)):
        raise RefusedQuery("query", f"this query is refused: {'; '.join(reasons)}", FIX)
    return replace(store.query(text, parameters, seconds=seconds, rows=rows), unknown=plan.unknown)


def objections(plan: QueryPlan) -> Iterator[str]:
    """Why a query of that plan is not to run; nothing where it only reads the session's graph."""
    if plan.kind != "r":
        yield _KINDS.get(plan.kind, "the server does not say that it only reads")
    if not plan.operators:
        yield "the server does not say how it would run"
    names = {operator.name.partition("(")[0] for operator in plan.operators}
    if unknown := names - OPERATORS:
        yield f"{_listed(unknown)} is not among the steps that read the graph"
    if others := {operator.database for operator in plan.operators} - {plan.database}:
        yield f"it uses the database {_listed(others)}"
    arguments = [argument for operator in plan.operators for argument in operator.arguments]
    if any(map(LOAD.search, arguments)):
        yield "a subquery of it has LOAD CSV"
    calls = {call for argument in arguments for call in CALL.findall(argument)}
    if forbidden := (calls - PROCEDURES - FUNCTIONS) | {"a procedure" for each in plan.operators if _unnamed(each)}:
        yield f"{_listed(forbidden)} is not among the functions and procedures that may be called"


_KINDS: dict[str | None, str] = {
    "w": "it writes",
    "rw": "it writes",
    "s": "it is about the schema or the server",
}


def _unnamed(operator: Operator) -> bool:
    """A call that does not say of what."""
    return operator.name == "ProcedureCall" and not any(map(CALL.match, operator.arguments))


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
