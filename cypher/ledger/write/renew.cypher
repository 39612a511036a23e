// A longer lease; a row where it is given.
// $run, $chunk: ids. $token: of the claim. $lease: seconds.
MATCH (r:Run {id: $run})
WHERE r.status IN ['queued', 'running']
MATCH (c:Chunk {id: $chunk, status: 'running', claim: $token})
SET c.lease_until = datetime() + duration({seconds: $lease})
RETURN c.id AS chunk
