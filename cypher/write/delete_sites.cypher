// A run's sites and the traffic between them, some at a time; for an auto-commit transaction (:auto in Neo4j Browser).
// $run: id.
MATCH (:Run {id: $run})-[:HAS_CASE]->(:Case)-[:HAS_SITE]->(s:Site)
CALL (s) {
  DETACH DELETE s
} IN TRANSACTIONS OF 500 ROWS
