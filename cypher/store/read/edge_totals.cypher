// How many edges an instance has, and the sum of their absolute influences.
// $instance: id.
MATCH (:Instance {id: $instance})-[:HAS]->(:Activation)-[f:FLOWS]->()
RETURN count(f) AS edges, sum(abs(f.influence)) AS strength
