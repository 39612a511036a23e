// Some of the edges between the nodes of a staging. A row where it is there.
// $id: of the staging. $flows: columns, as `instances` takes them.
MATCH (s:Staging {id: $id})
SET s.flows = s.flows + size($flows.source)
WITH s, $flows AS f
CALL (s) {
  MATCH (s)-[:HAS]->(n:StagedActivation)
  WITH n ORDER BY n.layer, n.position
  RETURN collect(n) AS nodes
}
CALL (f, nodes) {
  UNWIND range(0, size(f.source) - 1) AS k
  WITH nodes[f.source[k]] AS source, nodes[f.target[k]] AS target, f.component[k] AS component,
    f.influence[k] AS influence
  CREATE (source)-[:FLOWS {component: component, influence: influence}]->(target)
}
RETURN s.id AS id
