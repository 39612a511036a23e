// A run, held by the transaction that this runs in: what the next statement reads of it stays true to the end.
// $run: id.
MATCH (r:Run {id: $run})
SET r.id = $run
