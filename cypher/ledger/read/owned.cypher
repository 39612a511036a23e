// How many jobs of an owner have not ended.
// $owner: id.
MATCH (r:Run {owner: $owner})
WHERE r.status IN ['submitting', 'queued', 'running']
RETURN count(r) AS jobs
