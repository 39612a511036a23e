// Samples of the pattern frequency report: the patterns of each instance.
// $run: id. $task, $case, $level, $method, $align.
MATCH (:Run {id: $run})-[:HAS_CASE]->(:Case {task: $task, name: $case})<-[:OF]-(i:Instance)
MATCH (i)-[:HAS_PATTERN]->(p:Pattern {method: $method, level: $level})
CALL (p) {
  MATCH (p)-[s:STEP]->(a)
  WITH s, toString(CASE $align WHEN 'role' THEN a.role ELSE a.position END) AS place
  ORDER BY s.order
  RETURN collect(place) AS places
}
WITH i, p, places, CASE WHEN p.components IS NULL THEN [layer IN range(1, size(places) - 1) | '>'] ELSE
  [c IN p.components | CASE c WHEN -1 THEN ' skip ' ELSE ' h' + c + ' ' END] END AS links
UNWIND [
  {name: 'share', value: 1.0, weight: null},
  {name: 'influence', value: p.influence, weight: 1.0}
] AS m
RETURN
  i.name AS instance, p.sign AS sign,
  reduce(text = places[0], layer IN range(0, size(links) - 1) | text + links[layer] + places[layer + 1]) AS pattern,
  m.name AS measure, m.value AS value, m.weight AS weight
