// What a chunk adds to the routes of its cases.
// $routes: maps of a RouteRecord.
UNWIND $routes AS row
MERGE (p:Route {id: row.id})
ON CREATE SET
  p.method = row.method, p.level = row.level, p.sign = row.sign, p.source = row.source,
  p.source_role = row.source_role, p.path = row.path, p.components = row.components,
  p.signature = row.signature, p.role_signature = row.role_signature,
  p.instances = 0, p.influence = 0.0
SET p.instances = p.instances + row.instances, p.influence = p.influence + row.influence
WITH p, row
MATCH (c:Case {id: row.case})
MERGE (c)-[:HAS_ROUTE]->(p)
