// Samples of the skip share report: of each instance and layer (none: all layers), its steps and those that skip, and the
// influence of its stored edges and of those that skip.
// $run: id. $task, $case, $method.
MATCH (:Run {id: $run})-[:HAS_CASE]->(:Case {task: $task, name: $case})<-[:OF]-(i:Instance)
CALL (i) {
  MATCH (i)-[:HAS_PATTERN]->(p:Pattern {method: $method, level: 'attention'})
  UNWIND range(0, size(p.components) - 1) AS layer
  RETURN
    layer, 'skips' AS measure, toFloat(sum(CASE p.components[layer] WHEN -1 THEN 1 ELSE 0 END)) AS value,
    toFloat(count(*)) AS weight
  UNION ALL
  UNWIND range(0, size(i.edge_mass) - 1) AS layer
  RETURN layer, 'mass' AS measure, i.skip_mass[layer] AS value, i.edge_mass[layer] AS weight
}
UNWIND [layer, null] AS of
RETURN i.name AS instance, of AS layer, measure, sum(value) AS value, sum(weight) AS weight
