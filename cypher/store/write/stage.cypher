// The nodes of an instance that has too many edges for one transaction, below a node of their own: activations in all but
// the name, so that no query finds them before they are the instance's.
// $staging: properties. $activations: columns, as `instances` takes them.
CREATE (s:Staging)
SET s = $staging
WITH s, $activations AS a
UNWIND range(0, size(a.id) - 1) AS k
CREATE (s)-[:HAS]->(:StagedActivation {
  id: a.id[k], layer: a.layer[k], position: a.position[k], token: a.token[k], role: a.role[k]
})
