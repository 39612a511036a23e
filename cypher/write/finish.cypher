// The end of a run's writing.
// $run: id. $status: completed, or partial where some of it is still to come.
MATCH (r:Run {id: $run})
SET r.status = $status, r.finished_at = datetime()
