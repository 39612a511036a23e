// Samples of the attractors report: the influence of each word of each instance.
// $run: id. $task, $case, $method, $align.
MATCH (:Run {id: $run})-[:HAS_CASE]->(:Case {task: $task, name: $case})<-[:OF]-(i:Instance)
MATCH (i)-[:HAS_PATTERN]->(p:Pattern {method: $method})
WHERE p.level = 'embedding' OR NOT EXISTS { (i)-[:HAS_PATTERN]->(:Pattern {method: $method, level: 'embedding'}) }
MATCH (p)-[:STEP {order: 0}]->(a)
WITH i, p, CASE $align WHEN 'role' THEN a.role ELSE a.position END AS place
UNWIND [
  {name: 'influence', value: p.total_influence, weight: 1.0},
  {name: 'negative', value: CASE p.sign WHEN -1 THEN 1.0 ELSE 0.0 END, weight: null}
] AS m
RETURN i.name AS instance, place, m.name AS measure, m.value AS value, m.weight AS weight
