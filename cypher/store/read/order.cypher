// A run's instances that have results, in the order of the run's input, each with how many edges it has.
// $run: id.
MATCH (:Run {id: $run})-[:HAS_CHUNK]->(:Chunk)-[h:HOLDS]->(i:Instance)
WHERE EXISTS { (i)-[:OF]->(:Case) }
CALL (i) {
  MATCH (i)-[:HAS]->(a:Activation)
  RETURN sum(COUNT { (a)-[:FLOWS]->() }) AS flows
}
RETURN i.id AS id, flows
ORDER BY h.order, id
