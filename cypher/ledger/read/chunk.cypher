// How a chunk is, and who works on it or did.
// $chunk: id.
MATCH (c:Chunk {id: $chunk})
RETURN c.status AS status, c.claim AS claim, c.worker AS worker
