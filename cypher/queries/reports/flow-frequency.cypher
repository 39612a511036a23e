// Flow frequency: the share of a case's sentences in which a pattern takes each step (paper, Figures 14 and 15).
//
// Parameters: run task case level method align
//
// task, case                   of the sentences
// layer                        that the step leaves
// source                       position (or role) that it leaves
// source_label                 the token there where it is always the same, else the position or role
// target                       position (or role) that it reaches, a layer above
// target_label                 the token there
// component                    attention head; -1 is the skip connection; none at embedding level
// instances                    of the case
// positive                     share of them with a pattern of a positive word that takes the step
// positive_low, positive_high  its 95 % Wilson interval
// negative                     share of them with a pattern of a negative word that takes it
// negative_low, negative_high  its 95 % Wilson interval
// influence                    mean over the case's instances of what flows through the patterns that take it
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)
WHERE ($task IS NULL OR c.task = $task) AND ($case IS NULL OR c.name = $case)
MATCH (c)-[:HAS_SITE]->(a:Site {method: $method})-[t:TRAFFIC {level: $level}]->(b:Site)
WITH
  c, t, a, b,
  CASE $align WHEN 'role' THEN a.role ELSE a.position END AS source,
  CASE $align WHEN 'role' THEN b.role ELSE b.position END AS target
WITH
  c, a.layer AS layer, source, target, t.component AS component,
  collect(DISTINCT a.label) AS sources, collect(DISTINCT b.label) AS targets,
  sum(t.positive) AS positives, sum(t.negative) AS negatives, sum(t.influence) AS influence
WITH
  *, toFloat(positives) / c.instances AS positive, toFloat(negatives) / c.instances AS negative,
  1.959963984540054 ^ 2 / c.instances AS s
WITH
  *, sqrt(s * (positive * (1 - positive) + s / 4)) AS positive_half,
  sqrt(s * (negative * (1 - negative) + s / 4)) AS negative_half
RETURN
  c.task AS task, c.name AS case, layer, source,
  CASE WHEN size(sources) = 1 THEN head(sources) WHEN $align = 'role' THEN source ELSE '#' + source END AS source_label,
  target,
  CASE WHEN size(targets) = 1 THEN head(targets) WHEN $align = 'role' THEN target ELSE '#' + target END AS target_label,
  component, c.instances AS instances,
  positive, (positive + s / 2 - positive_half) / (1 + s) AS positive_low,
  (positive + s / 2 + positive_half) / (1 + s) AS positive_high,
  negative, (negative + s / 2 - negative_half) / (1 + s) AS negative_low,
  (negative + s / 2 + negative_half) / (1 + s) AS negative_high,
  influence / c.instances AS influence
ORDER BY task, case, positive DESC, negative DESC, layer, source, target, component
