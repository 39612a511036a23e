// A run marked as being deleted, so that nobody takes what is left of it for the whole, or adds to it.
// $run: id.
MATCH (r:Run {id: $run})
SET r.status = 'deleting'
