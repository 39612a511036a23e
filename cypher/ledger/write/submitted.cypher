// All chunks of a job are there: it waits for workers.
// $run: id.
MATCH (r:Run {id: $run, status: 'submitting'})
SET r.status = 'queued', r.submitted_at = datetime()
