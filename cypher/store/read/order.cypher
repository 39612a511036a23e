// The ids of a run's instances that have results, in the order of the run's input.
// $run: id.
MATCH (:Run {id: $run})-[:HAS_CHUNK]->(:Chunk)-[h:HOLDS]->(i:Instance)
WHERE EXISTS { (i)-[:OF]->(:Case) }
RETURN i.id AS id
ORDER BY h.order, id
