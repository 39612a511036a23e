// Samples of the concentration report: a value for each instance with a positive word, at each level.
// $run: id. $task, $case.
MATCH (:Run {id: $run})-[:HAS_CASE]->(:Case {task: $task, name: $case})<-[:OF]-(i:Instance)
WHERE i.embedding_concentration IS NOT NULL
UNWIND [['embedding', i.embedding_concentration], ['attention', i.attention_concentration]] AS of
RETURN i.name AS instance, of[0] AS level, 'mean' AS measure, of[1] AS value, 1.0 AS weight
