// Node entropy: which nodes are on the positive patterns of some sentences of a case but not of others.
//
// Parameters: run task case method align
//
// task, case  of the sentences
// layer       of the node, 1 to L - 1
// place       its position (or role)
// label       the token there where it is always the same, else the position or role
// share       of the case's instances whose positive patterns visit it
// entropy     binary entropy of the share, in bits
MATCH (m:Model)<-[:USES]-(:Run {id: $run})-[:HAS_CASE]->(c:Case)
WHERE ($task IS NULL OR c.task = $task) AND ($case IS NULL OR c.name = $case)
MATCH (c)-[:HAS_SITE]->(s:Site {method: $method})
WHERE 0 < s.layer < m.layers
WITH
  c, s.layer AS layer, CASE $align WHEN 'role' THEN s.role ELSE s.position END AS place,
  collect(DISTINCT s.label) AS labels, toFloat(sum(s.positive)) / c.instances AS p
RETURN
  c.task AS task, c.name AS case, layer, place,
  CASE WHEN size(labels) = 1 THEN head(labels) WHEN $align = 'role' THEN place ELSE '#' + place END AS label,
  p AS share,
  CASE WHEN p <= 0.0 OR p >= 1.0 THEN 0.0 ELSE -(p * log(p) + (1 - p) * log(1 - p)) / log(2) END AS entropy
ORDER BY entropy DESC, task, case, layer, place
