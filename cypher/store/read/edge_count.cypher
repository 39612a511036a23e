// How many edges an instance has.
// $instance: id.
MATCH (:Instance {id: $instance})-[:HAS]->(a:Activation)
RETURN sum(COUNT { (a)-[:FLOWS]->() }) AS edges
