// Samples of the accuracy report: a value for each instance.
// $run: id. $task, $case.
MATCH (:Run {id: $run})-[:HAS_CASE]->(:Case {task: $task, name: $case})<-[:OF]-(i:Instance)
RETURN
  i.name AS instance, 'accuracy' AS measure, CASE WHEN i.predicted_correctly THEN 1.0 ELSE 0.0 END AS value,
  null AS weight
