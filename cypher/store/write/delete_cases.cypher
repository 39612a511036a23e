// A run's cases, when nothing else of it is left, some at a time; for an auto-commit transaction (:auto in Neo4j Browser).
// $run: id.
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)
CALL (c) {
  DETACH DELETE c
} IN TRANSACTIONS OF 1000 ROWS
