// A run's chunks, some at a time; for an auto-commit transaction (:auto in Neo4j Browser).
// $run: id.
MATCH (:Run {id: $run})-[:HAS_CHUNK]->(c:Chunk)
CALL (c) {
  DETACH DELETE c
} IN TRANSACTIONS OF 1000 ROWS
