// How far a job is: its chunks and their sentences by status, who works on it, and the first that failed.
// $run: id.
MATCH (r:Run {id: $run})
WHERE r.source IS NOT NULL
CALL () {
  UNWIND ['queued', 'running', 'completed', 'failed'] AS status
  CALL (status) {
    MATCH (c:Chunk {run: $run, status: status})
    WHERE c.index >= 0
    RETURN count(c) AS chunks, sum(c.instances) AS sentences, toFloat(sum(c.seconds)) AS seconds
  }
  RETURN
    collect({status: status, chunks: chunks, sentences: sentences}) AS counts,
    sum(CASE status WHEN 'completed' THEN seconds ELSE 0.0 END) AS seconds
}
RETURN
  r.id AS run, r.name AS name, r.status AS status, r.error AS error, r.sentences AS sentences, counts, seconds,
  coalesce(r.devices, []) AS devices, r.submitted_at AS submitted_at, r.finished_at AS finished_at,
  COLLECT {
    MATCH (c:Chunk {run: $run, status: 'running'})
    WHERE c.index >= 0 AND c.lease_until > datetime()
    WITH DISTINCT c.worker AS worker ORDER BY worker
    RETURN worker
  } AS workers,
  COLLECT {
    MATCH (c:Chunk {run: $run, status: 'failed'})-[h:HOLDS]->(i:Instance)
    WHERE c.index >= 0
    WITH h, i LIMIT 5
    WITH h, i ORDER BY h.order
    RETURN [i.name, i.error]
  } AS failures
