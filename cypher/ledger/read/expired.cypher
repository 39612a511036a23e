// Chunks of active jobs whose lease is over.
// $limit: number of chunks.
MATCH (r:Run)
WHERE r.status IN ['queued', 'running'] AND r.source IS NOT NULL
MATCH (c:Chunk {run: r.id, status: 'running'})
WHERE c.index >= 0 AND c.lease_until <= datetime()
RETURN c.id AS chunk
LIMIT $limit
