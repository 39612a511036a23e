"""All that the graph holds of a run, in order, as lines: equal graphs give equal bytes."""

import json
from typing import Any

from neo4j import Driver

CLOCK = {"created_at", "submitted_at", "finished_at", "resumed_at", "done_at", "lease_until", "not_before", "seconds"}
"""What two runs that are otherwise alike differ in."""

OF_A_RUN = """
MATCH (r:Run {id: $run})-[:USES|HAS_CHUNK|HAS_CASE]->(n)
OPTIONAL MATCH (n)-[:HAS_SITE|HAS_ROUTE]->(s)
OPTIONAL MATCH (n)<-[:OF]-(i:Instance)
OPTIONAL MATCH (i)-[:HAS|HAS_PATTERN]->(part)
WITH collect(DISTINCT r) + collect(DISTINCT n) + collect(DISTINCT s) + collect(DISTINCT i) + collect(part) AS nodes
UNWIND nodes AS n
WITH DISTINCT n
RETURN elementId(n) AS at, labels(n) AS labels, properties(n) AS properties
"""
EVERYTHING = "MATCH (n) RETURN elementId(n) AS at, labels(n) AS labels, properties(n) AS properties"
RELATIONSHIPS = """
UNWIND $ids AS id
MATCH (a)-[r]->(b) WHERE elementId(a) = id
RETURN type(r) AS type, elementId(a) AS source, elementId(b) AS target, properties(r) AS properties
"""


def export(driver: Driver, run: str | None = None) -> str:
    """Every node and relationship of a run, or of the whole database.

    Read until two readings agree: beside tests that write, Neo4j's read-committed isolation lets one miss a part.
    """
    before, now = None, _read(driver, run)
    while now != before:
        before, now = now, _read(driver, run)
    return now


def _read(driver: Driver, run: str | None) -> str:
    nodes = driver.execute_query(OF_A_RUN if run else EVERYTHING, run=run).records
    names = {node["at"]: _name(node["labels"], node["properties"]) for node in nodes}
    lines = [_line("node", names[node["at"]], node["properties"]) for node in nodes]
    found = driver.execute_query(RELATIONSHIPS, ids=list(names)).records
    lines += [_line(row["type"], names[row["source"]], names.get(row["target"]), row["properties"]) for row in found]
    return "\n".join(sorted(lines))


def count(driver: Driver, run: str) -> int:
    """Nodes of a run."""
    return len(driver.execute_query(OF_A_RUN, run=run).records)


def _name(labels: list[str], properties: dict[str, Any]) -> str:
    key = properties.get("id") or properties.get("fingerprint") or properties["name"]
    return f"{'+'.join(sorted(labels))} {key}"


def _line(*parts: Any) -> str:
    kept = [
        {name: value for name, value in part.items() if name not in CLOCK} if isinstance(part, dict) else part
        for part in parts
    ]
    return json.dumps(kept, sort_keys=True)
