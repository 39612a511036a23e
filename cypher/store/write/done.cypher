// The done mark of a chunk, in the transaction that wrote its data, and the run's counts; a run that is being deleted
// gets none.
// $run, $chunk: ids. $index, $correct, $seconds: of the chunk. $device: that computed it, or null. $held: maps of the id of each of its instances and of
// its order, which is its place in the whole run's input. Returns a row where there is such a run.
MATCH (r:Run {id: $run})
WHERE r.status <> 'deleting'
MATCH (c:Chunk {id: $chunk})
SET
  c.run = $run, c.index = $index, c.status = 'completed', c.attempts = coalesce(c.attempts, 1), c.seconds = $seconds,
  c.device = $device, c.instances = size($held), c.done_at = datetime(),
  r.instances = r.instances + size($held), r.correct = r.correct + $correct, r.chunks = r.chunks + 1,
  r.devices = CASE
    WHEN $device IS NULL OR $device IN r.devices THEN r.devices
    ELSE coalesce(r.devices, []) + $device
  END
REMOVE c.lease_until, c.error
MERGE (r)-[:HAS_CHUNK]->(c)
WITH c
UNWIND $held AS row
MATCH (i:Instance {id: row.id})
MERGE (c)-[h:HOLDS]->(i)
ON CREATE SET h.order = row.order
RETURN c.id AS chunk, count(i) AS instances
