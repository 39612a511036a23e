// What a chunk adds to its run's cases: counts, and the instances just made.
// $run: id. $cases: maps of id, task, name, instances, correct and members, the ids of the new instances.
MATCH (r:Run {id: $run})
UNWIND $cases AS row
MERGE (c:Case {id: row.id})
ON CREATE SET c.task = row.task, c.name = row.name, c.instances = 0, c.correct = 0
SET c.instances = c.instances + row.instances, c.correct = c.correct + row.correct
MERGE (r)-[:HAS_CASE]->(c)
WITH c, row
UNWIND row.members AS id
MATCH (i:Instance {id: id})
CREATE (i)-[:OF]->(c)
