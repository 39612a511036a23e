// Some chunks of a job that has ended, as if they had never been tried: those that failed are queued again, and those that
// wait or are held begin to count anew. A row where there were any.
// $run: id.
MATCH (r:Run {id: $run})
WHERE r.status IN ['cancelled', 'partial', 'failed'] AND r.source IS NOT NULL
CALL (r) {
  UNWIND ['failed', 'queued', 'running'] AS status
  MATCH (c:Chunk {run: r.id, status: status})
  WHERE c.index >= 0 AND (status = 'failed' OR c.failures + c.losses > 0)
  RETURN c, status
  LIMIT 1000
}
SET
  c.status = CASE status WHEN 'failed' THEN 'queued' ELSE status END,
  c.attempts = CASE status WHEN 'running' THEN 1 ELSE 0 END, c.failures = 0, c.losses = 0
REMOVE c.error, c.not_before
WITH c
MATCH (c)-[:HOLDS]->(i:Instance)
REMOVE i.error
RETURN DISTINCT 1 AS requeued
