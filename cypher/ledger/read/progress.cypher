// How far a job is: its chunks and their sentences by status, how many sentences a second were done lately, who works on
// it, and the first that failed.
// $run: id. $lately: seconds before now or the job's end; what was done before the job was last resumed does not count.
// Lately begins when the first of the chunks that were completed in that time was begun.
MATCH (r:Run {id: $run})
WHERE r.source IS NOT NULL
WITH r, coalesce(r.finished_at, datetime()) - duration({seconds: $lately}) AS since
WITH r, CASE WHEN r.resumed_at > since THEN r.resumed_at ELSE since END AS since
CALL (since) {
  UNWIND ['queued', 'running', 'completed', 'failed'] AS status
  CALL (status, since) {
    MATCH (c:Chunk {run: $run, status: status})
    WHERE c.index >= 0
    WITH c, coalesce(c.done_at >= since, false) AS late
    RETURN
      count(c) AS chunks, sum(c.instances) AS sentences, toFloat(sum(c.seconds)) AS seconds,
      sum(CASE WHEN late THEN c.instances ELSE 0 END) AS lately,
      min(CASE WHEN late THEN c.done_at - duration({seconds: c.seconds}) END) AS began,
      max(CASE WHEN late THEN c.done_at END) AS ended
  }
  WITH
    collect({status: status, chunks: chunks, sentences: sentences}) AS counts,
    sum(CASE status WHEN 'completed' THEN seconds ELSE 0.0 END) AS seconds,
    sum(lately) AS lately, duration.inSeconds(min(began), max(ended)).milliseconds / 1000.0 AS took
  RETURN counts, seconds, CASE WHEN took > 0 THEN lately / took END AS speed
}
RETURN
  r.id AS run, r.name AS name, r.status AS status, r.error AS error, r.sentences AS sentences, counts, seconds, speed,
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
