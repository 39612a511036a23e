// The end of an attempt that failed; a row where it was the token's.
// $run, $chunk: ids. $token: of the claim. $error: why. $again_after: seconds until the next attempt, or null where
// there is none, and the chunk's sentences have failed.
MATCH (c:Chunk {id: $chunk, status: 'running', claim: $token})
SET
  c.status = CASE WHEN $again_after IS NULL THEN 'failed' ELSE 'queued' END, c.error = $error,
  c.failures = c.failures + 1,
  c.not_before = CASE WHEN $again_after > 0 THEN datetime() + duration({seconds: $again_after}) END
REMOVE c.claim, c.worker, c.lease_until
WITH c
CALL (c) {
  WITH c
  WHERE c.status = 'failed'
  MATCH (c)-[:HOLDS]->(i:Instance)
  SET i.error = $error
}
RETURN $run AS run
