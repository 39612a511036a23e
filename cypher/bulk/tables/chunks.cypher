// The chunks of a run, in order.
// $run: id.
MATCH (r:Run {id: $run})-[:HAS_CHUNK]->(n:Chunk)
RETURN n {.*, run: r.id} AS row
ORDER BY n.index, n.id
