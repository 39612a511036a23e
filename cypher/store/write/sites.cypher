// What a chunk adds to the sites of its cases.
// $sites: maps of a SiteRecord. A label that is not the same in all instances gives way to the fallback.
UNWIND $sites AS row
MERGE (s:Site {id: row.id})
ON CREATE SET
  s.method = row.method, s.layer = row.layer, s.position = row.position, s.role = row.role, s.label = row.label,
  s.instances = 0, s.positive = 0, s.negative = 0, s.positive_influence = 0.0, s.negative_influence = 0.0
SET
  s.label = CASE s.label WHEN row.label THEN s.label ELSE row.fallback END,
  s.instances = s.instances + row.instances,
  s.positive = s.positive + row.positive,
  s.negative = s.negative + row.negative,
  s.positive_influence = s.positive_influence + row.positive_influence,
  s.negative_influence = s.negative_influence + row.negative_influence
WITH s, row
MATCH (c:Case {id: row.case})
MERGE (c)-[:HAS_SITE]->(s)
