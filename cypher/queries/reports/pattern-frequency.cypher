// Pattern frequency: the distinct patterns of each case, and the share of its sentences that have each.
//
// Parameters: run task case level method align limit
//
// task, case  of the sentences
// sign        of the word's influence that the pattern carries: 1 or -1
// pattern     as text: positions (or roles) by layer, and what carries the step from each to the next
// instances   of the case, those that have it
// share       instances / all instances of the case
// low, high   95 % Wilson interval of the share
// influence   mean influence through it
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)
WHERE ($task IS NULL OR c.task = $task) AND ($case IS NULL OR c.name = $case)
MATCH (c)-[:HAS_ROUTE]->(p:Route {method: $method, level: $level})
WITH
  c, p.sign AS sign, CASE $align WHEN 'role' THEN p.role_signature ELSE p.signature END AS pattern,
  sum(p.instances) AS instances, sum(p.influence) AS influence
WITH *, toFloat(instances) / c.instances AS share
ORDER BY share DESC, c.task, c.name, pattern, sign
LIMIT $limit
WITH *, 1.959963984540054 ^ 2 / c.instances AS s
WITH *, sqrt(s * (share * (1 - share) + s / 4)) AS half
RETURN
  c.task AS task, c.name AS case, sign, pattern, instances, share, (share + s / 2 - half) / (1 + s) AS low,
  (share + s / 2 + half) / (1 + s) AS high,
  influence / instances AS influence
ORDER BY share DESC, task, case, pattern, sign
