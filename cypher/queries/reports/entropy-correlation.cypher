// Entropy against accuracy: Spearman's rank correlation over the cases of a run.
//
// Parameters: run task method align
//
// cases     number of cases
// spearman  -1 to 1; none for fewer than 3 cases, or where either is the same in all of them (entropies to 12 decimals)
MATCH (m:Model)<-[:USES]-(:Run {id: $run})-[:HAS_CASE]->(c:Case)
WHERE $task IS NULL OR c.task = $task
MATCH (c)-[:HAS_SITE]->(s:Site {method: $method})
WHERE 0 < s.layer < m.layers
WITH
  c, s.layer AS layer, CASE $align WHEN 'role' THEN s.role ELSE s.position END AS place,
  toFloat(sum(s.positive)) / c.instances AS p
WITH c, avg(CASE WHEN p <= 0.0 OR p >= 1.0 THEN 0.0 ELSE -(p * log(p) + (1 - p) * log(1 - p)) / log(2) END) AS entropy
WITH collect({entropy: round(entropy, 12), accuracy: toFloat(c.correct) / c.instances}) AS cases
WITH
  cases, (size(cases) + 1) / 2.0 AS middle,
  [c IN cases | (size([o IN cases WHERE o.entropy < c.entropy]) + size([o IN cases WHERE o.entropy <= c.entropy]) + 1)
    / 2.0] AS entropies,
  [c IN cases | (size([o IN cases WHERE o.accuracy < c.accuracy])
    + size([o IN cases WHERE o.accuracy <= c.accuracy]) + 1) / 2.0] AS accuracies
WITH
  size(cases) AS cases,
  reduce(sum = 0.0, i IN range(0, size(cases) - 1) | sum + (entropies[i] - middle) * (accuracies[i] - middle)) AS both,
  reduce(sum = 0.0, rank IN entropies | sum + (rank - middle) ^ 2) AS of_entropies,
  reduce(sum = 0.0, rank IN accuracies | sum + (rank - middle) ^ 2) AS of_accuracies
RETURN
  cases,
  CASE WHEN cases >= 3 AND of_entropies > 0 AND of_accuracies > 0 THEN both / sqrt(of_entropies * of_accuracies) END
    AS spearman
