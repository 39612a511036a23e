// The end of a run's writing; a run that is being deleted has none.
// $run: id. $status: completed, or partial where some of it is still to come.
MATCH (r:Run {id: $run})
WHERE r.status <> 'deleting'
SET r.status = $status, r.finished_at = datetime()
