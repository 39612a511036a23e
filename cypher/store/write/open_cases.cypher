// The cases that a chunk adds to, made where they are not there yet, and held by the transaction that this runs in: what
// the next statements read of them stays true to the end.
// $cases: maps of a CaseRecord.
UNWIND $cases AS row
MERGE (c:Case {id: row.id})
ON CREATE SET
  c.task = row.task, c.name = row.name, c.instances = 0, c.correct = 0, c.qoi = 0.0, c.concentrated = 0,
  c.embedding_concentration = 0.0, c.embedding_concentration_squared = 0.0,
  c.attention_concentration = 0.0, c.attention_concentration_squared = 0.0,
  c.edge_mass = [mass IN row.edge_mass | 0.0], c.skip_mass = [mass IN row.skip_mass | 0.0]
SET c.id = row.id
