// The traffic between the sites of a run.
// $run: id.
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)-[:HAS_SITE]->(a:Site)-[n:TRAFFIC]->(b:Site)
RETURN n {.*, source: a.id, target: b.id} AS row
ORDER BY c.task, c.name, a.layer, a.position, b.position, n.level, n.component, n.id
