// The routes of a run.
// $run: id.
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)-[:HAS_ROUTE]->(n:Route)
RETURN n {.*, case: c.id} AS row
ORDER BY c.task, c.name, n.level, n.instances DESC, n.id
