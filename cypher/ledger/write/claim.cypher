// A chunk's next attempt, with its sentences; no row where it is not to be had.
// $run, $chunk: ids. $token: of this attempt; asking again with it changes nothing but the lease. $worker: name.
// $lease: seconds. $gone: the token of a worker that is known to be dead, or null.
MATCH (r:Run {id: $run})
WHERE r.status IN ['queued', 'running'] AND r.source IS NOT NULL
MATCH (c:Chunk {id: $chunk})
WITH r, c, datetime() AS now
WHERE
  c.status = 'queued' AND (c.not_before IS NULL OR c.not_before <= now)
  OR c.status = 'running' AND (c.lease_until <= now OR c.claim IN [$gone, $token])
SET
  c.error = CASE WHEN c.claim <> $token THEN 'the worker ' + c.worker + ' was lost' ELSE c.error END,
  c.losses = c.losses + CASE WHEN c.claim <> $token THEN 1 ELSE 0 END,
  c.attempts = c.attempts + CASE WHEN c.claim = $token THEN 0 ELSE 1 END,
  c.status = 'running', c.claim = $token, c.worker = $worker, c.lease_until = now + duration({seconds: $lease}),
  r.status = 'running'
REMOVE c.not_before
WITH r, c
RETURN
  r {.id, .name, .settings, .versions, .model} AS run, r {.source, .dtype} AS job,
  c {chunk: c.id, .index, .length, .attempts, .failures, .losses, .error} AS chunk,
  COLLECT {
    MATCH (c)-[h:HOLDS]->(i:Instance)
    WITH h, i ORDER BY h.order
    RETURN i {.id, .name, .text, .input, order: h.order}
  } AS instances
