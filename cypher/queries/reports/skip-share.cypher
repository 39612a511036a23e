// Skip share: how much influence flows through the skip connections.
//
// Parameters: run task case method
//
// task, case  of the sentences
// layer       that the steps leave; none: all layers together
// steps       of patterns at attention level
// skips       share of these steps that take the skip connection
// mass        sum of |influence| of the skip connections / that of all stored edges
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)
WHERE ($task IS NULL OR c.task = $task) AND ($case IS NULL OR c.name = $case)
MATCH (c)-[:HAS_SITE]->(a:Site {method: $method})-[t:TRAFFIC {level: 'attention'}]->(:Site)
UNWIND [a.layer, null] AS layer
WITH c, layer, sum(t.patterns) AS steps, sum(CASE t.component WHEN -1 THEN t.patterns ELSE 0 END) AS skips
WITH
  c, layer, steps, skips,
  CASE WHEN layer IS NULL THEN reduce(sum = 0.0, mass IN c.skip_mass | sum + mass) ELSE c.skip_mass[layer] END AS skip,
  CASE WHEN layer IS NULL THEN reduce(sum = 0.0, mass IN c.edge_mass | sum + mass) ELSE c.edge_mass[layer] END AS edge
RETURN
  c.task AS task, c.name AS case, layer, steps, toFloat(skips) / steps AS skips,
  CASE WHEN edge > 0 THEN skip / edge END AS mass
ORDER BY task, case, layer
