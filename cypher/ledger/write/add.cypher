// Chunks of a job that is being submitted, with their sentences; those that are there already stay as they are.
// $run: id. $chunks: maps of a PlannedChunk.
MATCH (r:Run {id: $run, status: 'submitting'})
UNWIND $chunks AS row
WITH r, row
WHERE NOT EXISTS { (:Chunk {id: row.id}) }
CREATE (r)-[:HAS_CHUNK]->(c:Chunk {
  id: row.id, run: $run, index: row.index, length: row.length, instances: size(row.instances), status: 'queued',
  attempts: 0, failures: 0, losses: 0
})
WITH c, row
UNWIND row.instances AS each
CREATE (c)-[:HOLDS {order: each.order}]->(:Instance {id: each.id, name: each.name, text: each.text, input: each.input})
