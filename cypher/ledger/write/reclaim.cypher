// A chunk whose lease is over, put back; a row where it was so.
// $run, $chunk: ids.
MATCH (c:Chunk {id: $chunk, status: 'running'})
WHERE c.lease_until <= datetime()
SET c.status = 'queued', c.losses = c.losses + 1, c.error = 'the worker ' + c.worker + ' was lost'
WITH c, c.worker AS worker
REMOVE c.claim, c.worker, c.lease_until
RETURN $run AS run, worker
