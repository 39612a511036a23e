// Concentration: the share of the positive words' influence that flows through their patterns.
//
// Parameters: run task case
//
// task, case  of the sentences
// level       of the patterns
// instances   of the case, those with a positive word
// mean        of their concentrations
// sd          sample standard deviation of their concentrations, distinguishable from 0 above 0.00005
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)
WHERE ($task IS NULL OR c.task = $task) AND ($case IS NULL OR c.name = $case)
UNWIND [
  {level: 'attention', sum: c.attention_concentration, squares: c.attention_concentration_squared},
  {level: 'embedding', sum: c.embedding_concentration, squares: c.embedding_concentration_squared}
] AS of
WITH c, of, c.concentrated AS n
WITH c, of, n, CASE WHEN n > 1 THEN (of.squares - of.sum * of.sum / n) / (n - 1) END AS variance
RETURN
  c.task AS task, c.name AS case, of.level AS level, n AS instances, CASE WHEN n > 0 THEN of.sum / n END AS mean,
  CASE WHEN variance > 0 THEN sqrt(variance) WHEN variance <= 0 THEN 0.0 END AS sd
ORDER BY task, case, level
