// Edges of an instance, the strongest first, as columns; those of equal strength in the order of all that is read back.
// $instance: id. $layer: that they leave. $source, $target: positions. $component: of them. $least: absolute influence.
// Null: any. $strongest: the most.
MATCH (:Instance {id: $instance})-[:HAS]->(a:Activation)
WHERE ($layer IS NULL OR a.layer = $layer) AND ($source IS NULL OR a.position = $source)
MATCH (a)-[f:FLOWS]->(b)
WHERE
  ($target IS NULL OR b.position = $target) AND ($component IS NULL OR f.component = $component) AND
  ($least IS NULL OR abs(f.influence) >= $least)
WITH a, b, f
ORDER BY abs(f.influence) DESC, f.component = -1, a.layer, f.component, b.position, a.position
LIMIT $strongest
RETURN
  collect(a.layer) AS layer, collect(a.position) AS source, collect(b.position) AS target,
  collect(f.component) AS component, collect(f.influence) AS influence
