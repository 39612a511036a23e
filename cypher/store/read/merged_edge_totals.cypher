// The same with the components of each step as one edge.
MATCH (:Instance {id: $instance})-[:HAS]->(a:Activation)-[f:FLOWS]->(b)
WITH a, b, sum(f.influence) AS influence
RETURN count(*) AS edges, sum(abs(influence)) AS strength
