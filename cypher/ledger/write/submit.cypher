// A job's run and its model; chunks are still to come.
// $run: properties of the run and of the job. $model: what is known of the model.
MERGE (m:Model {fingerprint: $model.fingerprint})
SET m += $model
CREATE (r:Run {created_at: datetime(), status: 'submitting', instances: 0, correct: 0, chunks: 0})
SET r += $run
CREATE (r)-[:USES]->(m)
