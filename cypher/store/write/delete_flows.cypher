// The edges of a run's instances that have many, some at a time, so that an instance is then deleted in one transaction;
// for an auto-commit transaction (:auto in Neo4j Browser).
// $run: id. $many: edges.
MATCH (:Run {id: $run})-[:HAS_CHUNK]->(:Chunk)-[:HOLDS]->(i:Instance)
CALL (i) {
  MATCH (i)-[:HAS]->(a:Activation)
  RETURN sum(COUNT { (a)-[:FLOWS]->() }) AS flows
}
WITH i
WHERE flows > $many
MATCH (i)-[:HAS]->(a:Activation)
CALL (a) {
  MATCH (a)-[f:FLOWS]->()
  DELETE f
} IN TRANSACTIONS OF 10 ROWS
