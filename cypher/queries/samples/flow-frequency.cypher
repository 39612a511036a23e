// Samples of the flow frequency report: the steps that the patterns of each instance take.
// $run: id. $task, $case, $level, $method, $align.
MATCH (:Run {id: $run})-[:HAS_CASE]->(:Case {task: $task, name: $case})<-[:OF]-(i:Instance)
MATCH (i)-[:HAS_PATTERN]->(p:Pattern {method: $method, level: $level})
CALL (p) {
  MATCH (p)-[s:STEP]->(a)
  WITH s, CASE $align WHEN 'role' THEN a.role ELSE a.position END AS place
  ORDER BY s.order
  RETURN collect(place) AS places
}
UNWIND range(0, size(places) - 2) AS layer
WITH
  i, layer, places[layer] AS source, places[layer + 1] AS target, p.components[layer] AS component,
  max(CASE p.sign WHEN 1 THEN 1.0 ELSE 0.0 END) AS positive, max(CASE p.sign WHEN -1 THEN 1.0 ELSE 0.0 END) AS negative,
  sum(p.influence) AS influence
UNWIND [['positive', positive], ['negative', negative], ['influence', influence]] AS m
WITH i, layer, source, target, component, m
WHERE m[1] <> 0
RETURN
  i.name AS instance, layer, source, target, component, m[0] AS measure, m[1] AS value, null AS weight
