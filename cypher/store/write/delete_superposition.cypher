// A run's sites with their traffic, and its routes, some at a time; for an auto-commit transaction (:auto in Neo4j
// Browser).
// $run: id.
MATCH (:Run {id: $run})-[:HAS_CASE]->(:Case)-[:HAS_SITE|HAS_ROUTE]->(s)
CALL (s) {
  DETACH DELETE s
} IN TRANSACTIONS OF 500 ROWS
