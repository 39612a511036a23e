// Samples of the head ranking: of each instance and head, its patterns through it, of all its patterns.
// $run: id. $task, $case, $method.
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case {task: $task, name: $case})
WITH c, COLLECT {
  MATCH (c)-[:HAS_SITE]->(a:Site {method: $method})-[t:TRAFFIC {level: 'attention'}]->()
  RETURN DISTINCT [a.layer, t.component]
} AS heads
MATCH (c)<-[:OF]-(i:Instance)
WITH i, heads, COLLECT {
  MATCH (i)-[:HAS_PATTERN]->(p:Pattern {method: $method, level: 'attention'}) RETURN p
} AS patterns
WITH i, heads, patterns, reduce(sum = 0.0, p IN patterns | sum + abs(p.influence)) AS strength
UNWIND heads AS head
WITH i, patterns, strength, head, [p IN patterns WHERE p.components[head[0]] = head[1]] AS through
UNWIND [
  {name: 'pattern_share', value: toFloat(size(through)), weight: toFloat(size(patterns))},
  {name: 'influence_share', value: reduce(sum = 0.0, p IN through | sum + abs(p.influence)), weight: strength}
] AS m
RETURN
  i.name AS instance, head[0] AS layer, head[1] AS component, m.name AS measure, m.value AS value, m.weight AS weight
