// A chunk, taken by the transaction that this runs in: another one that wants it waits for its end.
// $chunk: id. Returns its status: what is `completed` is stored already.
MERGE (c:Chunk {id: $chunk})
SET c.id = $chunk
RETURN c.status AS status
