// What a chunk adds to the traffic between the sites of its cases.
// $traffic: maps of a TrafficRecord.
UNWIND $traffic AS row
MATCH (source:Site {id: row.source})
MATCH (target:Site {id: row.target})
MERGE (source)-[t:TRAFFIC {id: row.id}]->(target)
ON CREATE SET
  t.level = row.level, t.component = row.component,
  t.positive = 0, t.negative = 0, t.patterns = 0, t.influence = 0.0, t.strength = 0.0
SET
  t.positive = t.positive + row.positive,
  t.negative = t.negative + row.negative,
  t.patterns = t.patterns + row.patterns,
  t.influence = t.influence + row.influence,
  t.strength = t.strength + row.strength
