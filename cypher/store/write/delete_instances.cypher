// A run's instances, planned ones too, and all that is theirs, some at a time; for an auto-commit transaction (:auto in Neo4j Browser).
// $run: id.
MATCH (:Run {id: $run})-[:HAS_CHUNK]->(:Chunk)-[:HOLDS]->(i:Instance)
CALL (i) {
  OPTIONAL MATCH (i)-[:HAS|HAS_PATTERN]->(part)
  WITH i, collect(part) AS parts
  FOREACH (part IN parts | DETACH DELETE part)
  DETACH DELETE i
} IN TRANSACTIONS OF 20 ROWS
RETURN 1 AS deleted
