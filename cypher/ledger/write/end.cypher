// The end of a job that is not done; its chunks stay as they are.
// $run: id. $status: cancelled or failed. $error: why, or null.
MATCH (r:Run {id: $run})
WHERE r.status IN ['queued', 'running'] AND r.source IS NOT NULL
SET r.status = $status, r.error = $error, r.finished_at = datetime()
RETURN r.status AS status
