// Instances with results, in the order in which they are named, each with its activations, patterns and steps.
// $instances: ids. Activations are in the order of layer and position.
UNWIND range(0, size($instances) - 1) AS place
MATCH (n:Chunk)-[h:HOLDS]->(i:Instance {id: $instances[place]})-[:OF]->(k:Case)
CALL (i) {
  MATCH (i)-[:HAS]->(a:Activation)
  WITH a ORDER BY a.layer, a.position
  RETURN collect(a) AS nodes
}
CALL (i) {
  MATCH (i)-[:HAS_PATTERN]->(p:Pattern)
  CALL (p) {
    MATCH (p)-[s:STEP]->(a:Activation)
    WITH s, a ORDER BY s.order
    RETURN collect([a.layer, a.position, s.order, s.component]) AS steps
  }
  WITH p, steps ORDER BY p.source, p.level DESC, p.id
  RETURN collect({properties: properties(p), steps: steps}) AS patterns
}
RETURN
  place, n.id AS chunk, h.order AS order, properties(i) AS properties, k.id AS case,
  [a IN nodes | [a.id, a.layer, a.position, a.token, a.role]] AS activations, patterns
ORDER BY place
