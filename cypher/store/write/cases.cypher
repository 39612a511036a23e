// What a chunk adds to its run's cases, which `open_cases` holds: counts, sums, and the instances just made.
// $run: id. $cases: maps of a CaseRecord and of members, the ids of the new instances.
MATCH (r:Run {id: $run})
UNWIND $cases AS row
MATCH (c:Case {id: row.id})
SET
  c.instances = c.instances + row.instances,
  c.correct = c.correct + row.correct,
  c.qoi = c.qoi + row.qoi,
  c.completeness_error =
    CASE
      WHEN c.completeness_error IS NULL OR row.completeness_error > c.completeness_error THEN row.completeness_error
      ELSE c.completeness_error
    END,
  c.concentrated = c.concentrated + row.concentrated,
  c.embedding_concentration = c.embedding_concentration + row.embedding_concentration,
  c.embedding_concentration_squared = c.embedding_concentration_squared + row.embedding_concentration_squared,
  c.attention_concentration = c.attention_concentration + row.attention_concentration,
  c.attention_concentration_squared = c.attention_concentration_squared + row.attention_concentration_squared,
  c.edge_mass = [layer IN range(0, size(row.edge_mass) - 1) | c.edge_mass[layer] + row.edge_mass[layer]],
  c.skip_mass = [layer IN range(0, size(row.skip_mass) - 1) | c.skip_mass[layer] + row.skip_mass[layer]]
MERGE (r)-[:HAS_CASE]->(c)
WITH c, row
UNWIND row.members AS id
MATCH (i:Instance {id: id})
CREATE (i)-[:OF]->(c)
