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
WITH DISTINCT
  i, p.sign AS sign, layer, places[layer] AS source, places[layer + 1] AS target, p.components[layer] AS component
RETURN
  i.name AS instance, layer, source, target, component,
  CASE sign WHEN 1 THEN 'positive' ELSE 'negative' END AS measure, 1.0 AS value, null AS weight
