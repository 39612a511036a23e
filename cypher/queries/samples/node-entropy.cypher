// Samples of the node entropy report: the nodes that the positive patterns of each instance visit, those at the level of
// embeddings where the method has such.
// $run: id. $task, $case, $method, $align.
MATCH (:Run {id: $run})-[:HAS_CASE]->(:Case {task: $task, name: $case})<-[:OF]-(i:Instance)
MATCH (i)-[:HAS_PATTERN]->(p:Pattern {method: $method, sign: 1})
WHERE p.level = 'embedding' OR NOT EXISTS { (i)-[:HAS_PATTERN]->(:Pattern {method: $method, level: 'embedding'}) }
MATCH (p)-[s:STEP]->(a)
WHERE 0 < s.order < size(p.path) - 1
WITH DISTINCT i, a.layer AS layer, CASE $align WHEN 'role' THEN a.role ELSE a.position END AS place
RETURN i.name AS instance, layer, place, 'share' AS measure, 1.0 AS value, null AS weight
