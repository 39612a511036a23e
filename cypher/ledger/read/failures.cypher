// The sentences of a job that failed, in the order of its input.
// $run: id.
MATCH (c:Chunk {run: $run, status: 'failed'})-[h:HOLDS]->(i:Instance)
WHERE c.index >= 0
RETURN i.name AS name, i.error AS error
ORDER BY h.order
