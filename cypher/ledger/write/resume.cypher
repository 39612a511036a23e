// A job that has ended, queued again. Returns how many of its chunks are to do.
// $run: id.
OPTIONAL MATCH (r:Run {id: $run})
WHERE r.status IN ['cancelled', 'partial', 'failed'] AND r.source IS NOT NULL
FOREACH (_ IN CASE WHEN r IS NULL THEN [] ELSE [r] END |
  SET r.status = 'queued', r.resumed_at = datetime()
  REMOVE r.error, r.finished_at
)
RETURN
  COUNT { MATCH (c:Chunk {run: $run, status: 'queued'}) WHERE c.index >= 0 }
  + COUNT { MATCH (c:Chunk {run: $run, status: 'running'}) WHERE c.index >= 0 } AS chunks
