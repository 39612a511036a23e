// A chunk, held by the transaction that this runs in: what the next statement reads of it stays true to the end.
// $chunk: id. Returns its run.
MATCH (c:Chunk {id: $chunk})
SET c.id = $chunk
RETURN c.run AS run
