// Positions and roles: the influence of the word at each place, and how often patterns visit the place.
//
// Parameters: run task case method align
//
// task, case       of the sentences
// place            position (or role)
// label            the token there where it is always the same, else the position or role
// role             of the token, where it is always the same
// instances        that have the place
// influence        mean influence of the word there; none where there never is one, as at the mask
// positive         share of the case's instances in which it is 0 or above
// negative         share of them in which it is below
// positive_visits  mean over layers 1 to L - 1 of the share of instances with a positive pattern through the place
// negative_visits  the same of negative patterns
// position         mean over the instances that have the place
MATCH (m:Model)<-[:USES]-(:Run {id: $run})-[:HAS_CASE]->(c:Case)
WHERE ($task IS NULL OR c.task = $task) AND ($case IS NULL OR c.name = $case)
MATCH (c)-[:HAS_SITE]->(s:Site {method: $method})
WHERE s.layer < m.layers
WITH c, m.layers AS layers, CASE $align WHEN 'role' THEN s.role ELSE s.position END AS place, collect(s) AS sites
WITH
  c, layers, place, sites, [s IN sites WHERE s.layer = 0] AS words
WITH
  c, layers, place, COLLECT { UNWIND words AS s RETURN DISTINCT s.label } AS labels,
  COLLECT { UNWIND words AS s WITH DISTINCT s.role AS role WHERE role IS NOT NULL RETURN role } AS roles,
  reduce(sum = 0, s IN words | sum + s.instances) AS instances,
  reduce(sum = 0, s IN words | sum + s.position * s.instances) AS positions,
  reduce(sum = 0, s IN words | sum + s.positive) AS positive,
  reduce(sum = 0, s IN words | sum + s.negative) AS negative,
  reduce(sum = 0.0, s IN words | sum + s.positive_influence + s.negative_influence) AS influence,
  reduce(sum = 0, s IN sites | sum + CASE s.layer WHEN 0 THEN 0 ELSE s.positive END) AS positive_visits,
  reduce(sum = 0, s IN sites | sum + CASE s.layer WHEN 0 THEN 0 ELSE s.negative END) AS negative_visits
RETURN
  c.task AS task, c.name AS case, place,
  CASE WHEN size(labels) = 1 THEN head(labels) WHEN $align = 'role' THEN place ELSE '#' + place END AS label,
  CASE size(roles) WHEN 1 THEN head(roles) END AS role, instances,
  CASE WHEN positive + negative > 0 THEN influence / (positive + negative) END AS influence,
  toFloat(positive) / c.instances AS positive, toFloat(negative) / c.instances AS negative,
  CASE WHEN layers > 1 THEN toFloat(positive_visits) / c.instances / (layers - 1) END AS positive_visits,
  CASE WHEN layers > 1 THEN toFloat(negative_visits) / c.instances / (layers - 1) END AS negative_visits,
  toFloat(positions) / instances AS position
ORDER BY task, case, place
