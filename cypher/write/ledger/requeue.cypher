// Some failed chunks of a job that has ended, queued again as if they had never been tried; a row where there were any.
// $run: id.
MATCH (r:Run {id: $run})
WHERE r.status IN ['cancelled', 'partial', 'failed'] AND r.source IS NOT NULL
MATCH (c:Chunk {run: r.id, status: 'failed'})
WHERE c.index >= 0
WITH c
LIMIT 1000
SET c.status = 'queued', c.attempts = 0
REMOVE c.error
WITH c
MATCH (c)-[:HOLDS]->(i:Instance)
REMOVE i.error
RETURN DISTINCT 1 AS requeued
