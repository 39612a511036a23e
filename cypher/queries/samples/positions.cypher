// Samples of the positions report: of each instance and place, the word there and the patterns that come by.
// $run: id. $task, $case, $method, $align.
MATCH (:Run {id: $run})-[:HAS_CASE]->(:Case {task: $task, name: $case})<-[:OF]-(i:Instance)
MATCH (i)-[:HAS_PATTERN]->(p:Pattern {method: $method})
WHERE p.level = 'embedding' OR NOT EXISTS { (i)-[:HAS_PATTERN]->(:Pattern {method: $method, level: 'embedding'}) }
MATCH (p)-[s:STEP]->(a)
WHERE s.order < size(p.path) - 1
WITH i, p, s, size(p.path) - 2 AS between, CASE $align WHEN 'role' THEN a.role ELSE a.position END AS place
WITH
  i, place, between, max(CASE s.order WHEN 0 THEN p.total_influence END) AS influence,
  count(DISTINCT CASE WHEN s.order > 0 AND p.sign = 1 THEN s.order END) AS positive,
  count(DISTINCT CASE WHEN s.order > 0 AND p.sign = -1 THEN s.order END) AS negative
UNWIND [
  {name: 'influence', value: influence, weight: 1.0},
  {name: 'positive', value: CASE influence >= 0 WHEN true THEN 1.0 WHEN false THEN 0.0 END, weight: null},
  {name: 'negative', value: CASE influence < 0 WHEN true THEN 1.0 WHEN false THEN 0.0 END, weight: null},
  {name: 'positive_visits', value: CASE WHEN between > 0 THEN toFloat(positive) / between END, weight: null},
  {name: 'negative_visits', value: CASE WHEN between > 0 THEN toFloat(negative) / between END, weight: null}
] AS m
WITH i, place, m
WHERE m.value IS NOT NULL
RETURN i.name AS instance, place, m.name AS measure, m.value AS value, m.weight AS weight
