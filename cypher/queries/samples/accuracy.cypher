// Samples of the accuracy report: values for each instance.
// $run: id. $task, $case.
MATCH (:Run {id: $run})-[:HAS_CASE]->(:Case {task: $task, name: $case})<-[:OF]-(i:Instance)
UNWIND [['accuracy', CASE WHEN i.predicted_correctly THEN 1.0 ELSE 0.0 END], ['qoi', i.qoi]] AS m
RETURN i.name AS instance, m[0] AS measure, m[1] AS value, null AS weight
