// What a run's reports are about: its cases, the methods by which patterns were found, and whether all sentences have
// roles.
// $run: id.
MATCH (r:Run {id: $run})
WITH
  COLLECT { MATCH (r)-[:HAS_CASE]->(c) WITH c ORDER BY c.task, c.name RETURN [c.task, c.name] } AS cases,
  COLLECT { MATCH (r)-[:HAS_CASE]->()-[:HAS_SITE]->(s) RETURN DISTINCT s.method } AS methods,
  NOT EXISTS { (r)-[:HAS_CASE]->()-[:HAS_SITE]->(s WHERE s.role IS NULL) } AS roles
RETURN cases, methods, roles
