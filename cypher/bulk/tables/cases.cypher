// The cases of a run.
// $run: id.
MATCH (r:Run {id: $run})-[:HAS_CASE]->(n:Case)
RETURN n {.*, run: r.id} AS row
ORDER BY n.task, n.name
