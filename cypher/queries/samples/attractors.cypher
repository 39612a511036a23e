// Samples of the attractors report: the influence of the word of each instance at each place that has one in the case.
// $run: id. $task, $case, $method, $align.
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case {task: $task, name: $case})
WITH c, COLLECT {
  MATCH (c)-[:HAS_SITE]->(s:Site {method: $method, layer: 0})
  WHERE s.positive + s.negative > 0
  RETURN DISTINCT CASE $align WHEN 'role' THEN s.role ELSE s.position END
} AS places
MATCH (c)<-[:OF]-(i:Instance)
WITH i, places, COLLECT {
  MATCH (i)-[:HAS_PATTERN]->(p:Pattern {method: $method})-[:STEP {order: 0}]->(a)
  WHERE p.level = 'embedding' OR NOT EXISTS { (i)-[:HAS_PATTERN]->(:Pattern {method: $method, level: 'embedding'}) }
  RETURN {
    place: CASE $align WHEN 'role' THEN a.role ELSE a.position END,
    influence: p.total_influence,
    pull: CASE p.sign WHEN -1 THEN -p.total_influence ELSE 0.0 END
  }
} AS words
WITH i, places, words, reduce(sum = 0.0, word IN words | sum + word.pull) AS pulls
UNWIND places AS place
WITH i, place, pulls, head([word IN words WHERE word.place = place]) AS word
UNWIND [
  {name: 'influence', value: word.influence, weight: 1.0},
  {name: 'negative', value: CASE WHEN word.pull > 0 THEN 1.0 ELSE 0.0 END, weight: null},
  {name: 'negative_total', value: coalesce(word.pull, 0.0), weight: pulls}
] AS m
WITH i, place, m
WHERE m.value IS NOT NULL
RETURN i.name AS instance, place, m.name AS measure, m.value AS value, m.weight AS weight
