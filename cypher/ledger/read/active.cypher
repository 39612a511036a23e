// The jobs that chunks can be claimed of, in the order in which they are served.
MATCH (r:Run)
WHERE r.status IN ['queued', 'running'] AND r.source IS NOT NULL
RETURN r.id AS run, r.versions AS versions
ORDER BY r.priority DESC, r.submitted_at, run
