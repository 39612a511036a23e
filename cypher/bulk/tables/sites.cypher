// The sites of a run.
// $run: id.
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)-[:HAS_SITE]->(n:Site)
RETURN n {.*, case: c.id} AS row
ORDER BY c.task, c.name, n.layer, n.position, n.id
