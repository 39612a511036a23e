// Chunks that wait in the jobs that chunks can be claimed of, by what may compute them.
MATCH (r:Run)
WHERE r.status IN ['queued', 'running'] AND r.source IS NOT NULL
WITH r.device AS device, COUNT { MATCH (c:Chunk {run: r.id, status: 'queued'}) WHERE c.index >= 0 } AS chunks
RETURN device, sum(chunks) AS chunks
