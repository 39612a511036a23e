// The instances of a part of a run that are less exact than they should be: how many, and the worst of them. A case
// knows the largest completeness error of its instances, so that only cases with such instances are looked through.
// $run: id. $acceptable: completeness error, a share. $most: how many are named. $task, $case: null for all.
MATCH (r:Run {id: $run})
OPTIONAL MATCH (r)-[:HAS_CASE]->(c:Case)
WHERE ($task IS NULL OR c.task = $task) AND ($case IS NULL OR c.name = $case)
WITH r, collect(c) AS cases, coalesce(sum(c.instances), 0) AS instances
CALL (cases) {
  UNWIND [c IN cases WHERE c.completeness_error > $acceptable] AS c
  MATCH (c)<-[:OF]-(i:Instance)
  WHERE i.completeness_error > $acceptable
  WITH i ORDER BY i.completeness_error DESC, i.name
  RETURN count(i) AS count, collect([i.name, i.completeness_error])[..$most] AS worst
}
CALL (r, cases) {
  UNWIND CASE WHEN r.settings CONTAINS '"sampling": "adaptive"' THEN cases ELSE [] END AS c
  MATCH (c)<-[:OF]-(i:Instance)
  WHERE NOT i.within_tolerance
  WITH i ORDER BY i.sampling_error DESC, i.name
  RETURN count(i) AS beyond_tolerance, collect([i.name, i.sampling_error])[..$most] AS worst_sampled
}
RETURN instances, count, worst, beyond_tolerance, worst_sampled
