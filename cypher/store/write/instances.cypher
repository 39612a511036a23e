// Instances, each with its activations, flows, patterns and steps. One that is planned (it has an `input`) takes them
// on, and nothing of what was planned stays; one that has results already is an error.
// $instances: maps of properties, activations, flows and patterns. Activations, flows and the steps of a pattern are
// columns, each a list, which the server takes in faster than rows; the ends of flows and steps are places in the lists
// of activations, which saves looking up every end by its id. Those of an instance with a `staging` (else null) are
// there already, below the staging of that id, which ends.
UNWIND $instances AS row
OPTIONAL MATCH (planned:Instance {id: row.properties.id})
WHERE planned.input IS NOT NULL
CALL (row, planned) {
  WITH row, planned
  WHERE planned IS NULL
  CREATE (i:Instance {id: row.properties.id})
  RETURN i
  UNION ALL
  WITH planned AS i
  WHERE i IS NOT NULL
  RETURN i
}
SET i = row.properties
WITH row, i, row.activations AS a
CALL (a, i) {
  UNWIND range(0, size(a.id) - 1) AS k
  CREATE (i)-[:HAS]->(n:Activation {
    id: a.id[k], layer: a.layer[k], position: a.position[k], token: a.token[k], role: a.role[k]
  })
  RETURN collect(n) AS created
}
CALL (row, i) {
  OPTIONAL MATCH (s:Staging {id: row.staging})
  OPTIONAL MATCH (s)-[:HAS]->(n:StagedActivation)
  WITH s, n ORDER BY n.layer, n.position
  WITH s, collect(n) AS staged
  FOREACH (n IN staged |
    CREATE (i)-[:HAS]->(n)
    SET n:Activation
    REMOVE n:StagedActivation
  )
  DETACH DELETE s
  RETURN staged
}
WITH row, i, created + staged AS nodes, row.flows AS f
CALL (f, nodes) {
  UNWIND range(0, size(f.source) - 1) AS k
  WITH nodes[f.source[k]] AS source, nodes[f.target[k]] AS target, f.component[k] AS component,
    f.influence[k] AS influence
  CREATE (source)-[:FLOWS {component: component, influence: influence}]->(target)
}
CALL (row, i, nodes) {
  UNWIND row.patterns AS pattern
  CREATE (i)-[:HAS_PATTERN]->(p:Pattern)
  SET p = pattern.properties
  WITH p, pattern.steps AS s
  UNWIND range(0, size(s.activation) - 1) AS k
  WITH p, nodes[s.activation[k]] AS node, s.order[k] AS order, s.component[k] AS component
  CREATE (p)-[:STEP {order: order, component: component}]->(node)
}
