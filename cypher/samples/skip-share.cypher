// Samples of the skip share report: of each instance and layer (none: all layers), its steps, and those that skip.
// $run: id. $task, $case, $method.
MATCH (:Run {id: $run})-[:HAS_CASE]->(:Case {task: $task, name: $case})<-[:OF]-(i:Instance)
MATCH (i)-[:HAS_PATTERN]->(p:Pattern {method: $method, level: 'attention'})
UNWIND range(0, size(p.components) - 1) AS below
UNWIND [below, null] AS layer
RETURN
  i.name AS instance, layer, 'skips' AS measure,
  toFloat(sum(CASE p.components[below] WHEN -1 THEN 1 ELSE 0 END)) AS value, toFloat(count(*)) AS weight
