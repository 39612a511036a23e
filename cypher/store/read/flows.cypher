// The edges of instances, layer by layer, as columns. Each goes from the layer to the next one.
// $instances: ids. `place` is an instance's in this list.
UNWIND range(0, size($instances) - 1) AS place
MATCH (i:Instance {id: $instances[place]})
CALL (i) {
  MATCH (i)-[:HAS]->(a:Activation)
  RETURN a.layer AS layer, collect(a) AS nodes
}
CALL (nodes) {
  UNWIND nodes AS a
  MATCH (a)-[f:FLOWS]->(b)
  RETURN
    collect(a.position) AS source, collect(b.position) AS target, collect(f.component) AS component,
    collect(f.influence) AS influence
}
WITH *
WHERE source <> []
RETURN place, layer, source, target, component, influence
