// A run and its model, made if they are not there yet, and the run marked as running.
// $run: properties of the run. $model: what is known of the model.
MERGE (m:Model {fingerprint: $model.fingerprint})
SET m += $model
MERGE (r:Run {id: $run.id})
ON CREATE SET r += $run, r.created_at = datetime(), r.instances = 0, r.correct = 0, r.chunks = 0
REMOVE r.finished_at
SET r.status = 'running'
MERGE (r)-[:USES]->(m)
