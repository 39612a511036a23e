// Chunks whose time has come: of the best priority, then of the oldest job, then in their order.
// $run: id of the one job to look at, or null. $device: cpu, gpu or any, of the jobs to look at, or null.
// $without: ids of jobs to leave out. $limit: number of chunks.
MATCH (r:Run)
WHERE r.status IN ['queued', 'running'] AND r.source IS NOT NULL AND ($run IS NULL OR r.id = $run)
  AND ($device IS NULL OR r.device = $device) AND NOT r.id IN $without
WITH r
ORDER BY r.priority DESC, r.submitted_at, r.id
CALL (r) {
  MATCH (c:Chunk)
  WHERE c.run = r.id AND c.status = 'queued' AND c.index >= 0 AND (c.not_before IS NULL OR c.not_before <= datetime())
  RETURN c
  ORDER BY c.run, c.status, c.index
  LIMIT $limit
}
RETURN r.id AS run, c.id AS chunk, r.device AS device, r.priority AS priority
LIMIT $limit
