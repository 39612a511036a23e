// A chunk put back as if it had not been claimed; a row where it was the token's.
// $run, $chunk: ids. $token: of the claim.
MATCH (c:Chunk {id: $chunk, status: 'running', claim: $token})
SET c.status = 'queued', c.attempts = c.attempts - 1
REMOVE c.claim, c.worker, c.lease_until
RETURN $run AS run
