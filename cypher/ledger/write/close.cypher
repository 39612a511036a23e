// The end of a job of which nothing is left to do. Returns its status, where it ends.
// $run: id.
MATCH (r:Run {id: $run})
WHERE r.status IN ['queued', 'running'] AND r.source IS NOT NULL
WITH r
WHERE
  NOT EXISTS { MATCH (c:Chunk {run: r.id, status: 'queued'}) WHERE c.index >= 0 }
  AND NOT EXISTS { MATCH (c:Chunk {run: r.id, status: 'running'}) WHERE c.index >= 0 }
WITH r, EXISTS { MATCH (c:Chunk {run: r.id, status: 'failed'}) WHERE c.index >= 0 } AS failed
SET r.status = CASE WHEN failed THEN 'partial' ELSE 'completed' END, r.finished_at = datetime()
RETURN r.status AS status
