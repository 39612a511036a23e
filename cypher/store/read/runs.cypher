// Every run, the newest first. What there is of a job that is not completed is counted from its chunks.
MATCH (r:Run)-[:USES]->(m:Model)
CALL (r) {
  WITH r
  WHERE r.source IS NOT NULL AND r.status <> 'completed'
  MATCH (c:Chunk {run: r.id, status: 'completed'})
  WHERE c.index >= 0
  RETURN sum(c.instances) AS done
}
RETURN
  r.id AS id, r.name AS name, r.status AS status, r.correct AS correct, r.chunks AS chunks,
  CASE WHEN r.source IS NULL THEN r.instances WHEN r.status = 'completed' THEN r.sentences ELSE done END AS instances,
  r.sentences AS sentences, r.source AS source, r.priority AS priority, r.devices AS devices, r.error AS error,
  m.fingerprint AS model, m.name AS model_name, r.settings AS settings, r.versions AS versions,
  r.created_at AS created_at, r.finished_at AS finished_at
ORDER BY created_at DESC, id
