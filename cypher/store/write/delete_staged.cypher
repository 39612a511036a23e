// Stagings with all that is below them, some at a time; for an auto-commit transaction (:auto in Neo4j Browser).
// $ids: of them. $instances: ids of instances, whatever is staged of which goes. $run: id of a run, likewise, or null.
MATCH (s:Staging)
WHERE s.id IN $ids OR s.instance IN $instances OR s.run = $run
CALL (s) {
  MATCH (s)-[:HAS]->(n)
  RETURN n
  UNION ALL
  RETURN s AS n
}
CALL (n) {
  DETACH DELETE n
} IN TRANSACTIONS OF 10 ROWS
