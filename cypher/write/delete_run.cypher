// What is left of a run: its cases and itself, and its model where no other run uses it.
// $run: id.
MATCH (r:Run {id: $run})-[:USES]->(m:Model)
OPTIONAL MATCH (r)-[:HAS_CASE]->(c:Case)
WITH r, m, collect(c) AS cases
FOREACH (c IN cases | DETACH DELETE c)
DETACH DELETE r
WITH m
WHERE NOT EXISTS { (m)<-[:USES]-(:Run) }
DETACH DELETE m
