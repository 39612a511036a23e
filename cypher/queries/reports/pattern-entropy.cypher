// Pattern entropy: how irregular the positive patterns of each case are, beside the model's accuracy.
//
// A node is a position (or role) at one of the layers 1 to L - 1; p is the share of a case's sentences whose positive
// patterns visit it, and its entropy the binary entropy of p. The same nodes in every sentence: 0 bits.
//
// Parameters: run task case method align
//
// task, case  of the sentences
// instances   of the case
// nodes       that the case has
// entropy     mean over the nodes, in bits
// accuracy    share of the instances that the model gets right
MATCH (m:Model)<-[:USES]-(:Run {id: $run})-[:HAS_CASE]->(c:Case)
WHERE ($task IS NULL OR c.task = $task) AND ($case IS NULL OR c.name = $case)
OPTIONAL MATCH (c)-[:HAS_SITE]->(s:Site {method: $method})
WHERE 0 < s.layer < m.layers
WITH
  c, s.layer AS layer, CASE $align WHEN 'role' THEN s.role ELSE s.position END AS place,
  toFloat(sum(s.positive)) / c.instances AS p
WITH c, layer, CASE WHEN p <= 0.0 OR p >= 1.0 THEN 0.0 ELSE -(p * log(p) + (1 - p) * log(1 - p)) / log(2) END AS entropy
RETURN
  c.task AS task, c.name AS case, c.instances AS instances, count(layer) AS nodes,
  avg(CASE WHEN layer IS NOT NULL THEN entropy END) AS entropy, toFloat(c.correct) / c.instances AS accuracy
ORDER BY task, case
