// The instances of a run with a completeness error above an acceptable one: how many, and the worst of them. A case
// knows the largest error of its instances, so that only cases with such instances are looked through.
// $run: id. $acceptable: a share. $most: how many are named. $task, $case: null for all.
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)
WHERE c.completeness_error > $acceptable AND ($task IS NULL OR c.task = $task) AND ($case IS NULL OR c.name = $case)
MATCH (c)<-[:OF]-(i:Instance)
WHERE i.completeness_error > $acceptable
WITH i ORDER BY i.completeness_error DESC, i.name
RETURN count(i) AS count, collect([i.name, i.completeness_error])[..$most] AS worst
