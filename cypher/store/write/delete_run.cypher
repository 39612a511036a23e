// What is left of a run: itself, and its model where no other run uses it.
// $run: id.
MATCH (r:Run {id: $run})-[:USES]->(m:Model)
DETACH DELETE r
WITH m
WHERE NOT EXISTS { (m)<-[:USES]-(:Run) }
DETACH DELETE m
