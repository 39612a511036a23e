// The done mark of a chunk, in the transaction that wrote its data, and the run's counts.
// $run, $chunk: ids. $index, $correct, $seconds: of the chunk. $order: ids of its instances, as they were given.
MATCH (r:Run {id: $run})
MATCH (c:Chunk {id: $chunk})
SET
  c.index = $index, c.status = 'completed', c.attempts = coalesce(c.attempts, 0) + 1, c.seconds = $seconds,
  c.instances = size($order),
  r.instances = r.instances + size($order), r.correct = r.correct + $correct, r.chunks = r.chunks + 1
MERGE (r)-[:HAS_CHUNK]->(c)
WITH c
UNWIND range(0, size($order) - 1) AS order
MATCH (i:Instance {id: $order[order]})
CREATE (c)-[:HOLDS {order: order}]->(i)
