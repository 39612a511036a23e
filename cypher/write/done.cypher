// The done mark of a chunk, in the transaction that wrote its data, and the run's counts.
// $run, $chunk: ids. $index, $instances, $correct, $seconds: of the chunk.
MATCH (r:Run {id: $run})
MATCH (c:Chunk {id: $chunk})
SET
  c.index = $index, c.status = 'completed', c.attempts = coalesce(c.attempts, 0) + 1, c.seconds = $seconds,
  c.instances = $instances,
  r.instances = r.instances + $instances, r.correct = r.correct + $correct, r.chunks = r.chunks + 1
MERGE (r)-[:HAS_CHUNK]->(c)
