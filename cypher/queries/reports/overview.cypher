// Run overview: what a run holds, how often its model is right, and what made it.
//
// Parameters: run
//
// run                 its name
// id                  its id
// status              completed, partial (some of it is missing), running or deleting; jobs have others too
// model               fingerprint
// model_name          as it was loaded
// instances           sentences
// correct             of them, those that the model gets right
// accuracy            correct / instances
// tasks               number of tasks
// cases               number of cases
// completeness_error  the worst; none unless the distribution is the line
// settings            of the analysis, JSON
// versions            of the packages that made its first result, JSON
// created_at          when its first result was stored, or its job submitted
// finished_at         when its last one was
MATCH (r:Run {id: $run})-[:USES]->(m:Model)
OPTIONAL MATCH (r)-[:HAS_CASE]->(c:Case)
RETURN
  r.name AS run, r.id AS id, r.status AS status, m.fingerprint AS model, m.name AS model_name,
  r.instances AS instances, r.correct AS correct,
  CASE WHEN r.instances > 0 THEN toFloat(r.correct) / r.instances END AS accuracy,
  count(DISTINCT c.task) AS tasks, count(c) AS cases, max(c.completeness_error) AS completeness_error,
  r.settings AS settings, r.versions AS versions, r.created_at AS created_at, r.finished_at AS finished_at
