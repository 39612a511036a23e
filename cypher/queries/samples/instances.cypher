// The instances of a case. A sample's value is of one of them; where its weight is null, it is counted over all of them
// (with a value of 0 where an instance has no sample), else over the weights of those that have one.
// $run: id. $task, $case.
MATCH (:Run {id: $run})-[:HAS_CASE]->(:Case {task: $task, name: $case})<-[:OF]-(i:Instance)
RETURN i.name AS instance
ORDER BY instance
