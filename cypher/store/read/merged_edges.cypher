// The same with the components of each step as one edge, which has the sum of their influences.
// $component: null.
MATCH (:Instance {id: $instance})-[:HAS]->(a:Activation)
WHERE ($layer IS NULL OR a.layer = $layer) AND ($source IS NULL OR a.position = $source)
MATCH (a)-[f:FLOWS]->(b)
WHERE $target IS NULL OR b.position = $target
WITH a, b, sum(f.influence) AS influence
WHERE $least IS NULL OR abs(influence) >= $least
WITH a, b, influence
ORDER BY abs(influence) DESC, a.layer, a.position, b.position
LIMIT $strongest
RETURN
  collect(a.layer) AS layer, collect(a.position) AS source, collect(b.position) AS target,
  collect(influence) AS influence
