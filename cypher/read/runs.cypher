// Every run, the newest first.
MATCH (r:Run)-[:USES]->(m:Model)
RETURN
  r.id AS id, r.name AS name, r.status AS status, r.instances AS instances, r.correct AS correct, r.chunks AS chunks,
  r.sentences AS sentences, r.source AS source, r.priority AS priority, r.devices AS devices, r.error AS error,
  m.fingerprint AS model, m.name AS model_name, r.settings AS settings, r.versions AS versions,
  r.created_at AS created_at, r.finished_at AS finished_at
ORDER BY created_at DESC, id
