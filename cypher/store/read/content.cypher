// What a run's reports are about: its cases, the methods by which patterns were found and the levels of each (every
// pattern has a step that leaves layer 0), and whether all sentences have roles.
// $run: id.
MATCH (r:Run {id: $run})
WITH
  COLLECT { MATCH (r)-[:HAS_CASE]->(c) WITH c ORDER BY c.task, c.name RETURN [c.task, c.name] } AS cases,
  COLLECT {
    MATCH (r)-[:HAS_CASE]->()-[:HAS_SITE]->(s:Site {layer: 0})-[t:TRAFFIC]->()
    WITH DISTINCT s.method AS method, t.level AS level ORDER BY method, level
    RETURN [method, level]
  } AS methods,
  NOT EXISTS { (r)-[:HAS_CASE]->()-[:HAS_SITE]->(s WHERE s.role IS NULL) } AS roles
RETURN cases, methods, roles
