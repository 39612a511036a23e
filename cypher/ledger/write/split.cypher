// The sentences of a chunk in new ones, in its place; the ids of these, none where it was not the token's.
// $run, $chunk: ids. $token: of the claim. $parts: maps of the id of a new chunk and those of its instances.
// $retries: that a chunk has. $error: why. A part of several sentences has one try left, and is then split further; a
// sentence that stands alone has all of them, whatever happened to those that it stood with.
MATCH (r:Run {id: $run})
MATCH (old:Chunk {id: $chunk, status: 'running', claim: $token})
SET old.status = 'split', old.error = $error, old.instances = 0
REMOVE old.claim, old.worker, old.lease_until
WITH r, old
UNWIND $parts AS part
WITH r, old, part, CASE WHEN size(part.instances) = 1 THEN 0 ELSE $retries END AS used
CREATE (r)-[:HAS_CHUNK]->(c:Chunk {
  id: part.id, run: $run, index: old.index, length: old.length, instances: size(part.instances), status: 'queued',
  attempts: 0, failures: used, losses: used, error: $error
})
WITH old, c, part
UNWIND part.instances AS id
MATCH (old)-[h:HOLDS]->(i:Instance {id: id})
CREATE (c)-[:HOLDS {order: h.order}]->(i)
DELETE h
RETURN DISTINCT c.id AS chunk
