// The model of a run.
// $run: id.
MATCH (:Run {id: $run})-[:USES]->(n:Model)
RETURN properties(n) AS row
