// Instances that are not there yet, each with its activations, flows, patterns and steps.
// $instances: maps of properties, activations, flows and patterns; the ends of flows and steps are indices into the
// instance's activations, which saves looking up every end by its id.
UNWIND $instances AS row
CREATE (i:Instance)
SET i = row.properties
WITH row, i
CALL (row, i) {
  UNWIND row.activations AS a
  CREATE (i)-[:HAS]->(n:Activation {id: a[0], layer: a[1], position: a[2], token: a[3], role: a[4]})
  RETURN collect(n) AS nodes
}
CALL (row, nodes) {
  UNWIND row.flows AS f
  WITH nodes[f[0]] AS source, nodes[f[1]] AS target, f
  CREATE (source)-[:FLOWS {component: f[2], influence: f[3]}]->(target)
}
CALL (row, i, nodes) {
  UNWIND row.patterns AS pattern
  CREATE (i)-[:HAS_PATTERN]->(p:Pattern)
  SET p = pattern.properties
  WITH p, pattern
  UNWIND pattern.steps AS s
  WITH p, nodes[s[0]] AS node, s
  CREATE (p)-[:STEP {order: s[1], component: s[2]}]->(node)
}
