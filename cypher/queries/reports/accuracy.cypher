// Accuracy by case: how often the model is right, with 95 % Wilson intervals.
//
// Parameters: run task case
//
// task, case  of the sentences
// instances   of the case
// correct     of them, those that the model gets right (quantity of interest above 0)
// accuracy    correct / instances
// low, high   95 % Wilson interval of the accuracy
// qoi         mean quantity of interest
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)
WHERE ($task IS NULL OR c.task = $task) AND ($case IS NULL OR c.name = $case)
WITH c, c.instances AS n, toFloat(c.correct) / c.instances AS p, 1.959963984540054 AS z
WITH c, n, p, (p + z * z / (2 * n)) / (1 + z * z / n) AS centre,
  z * sqrt(p * (1 - p) / n + z * z / (4.0 * n * n)) / (1 + z * z / n) AS half
RETURN
  c.task AS task, c.name AS case, n AS instances, c.correct AS correct, p AS accuracy,
  centre - half AS low, centre + half AS high, c.qoi / n AS qoi
ORDER BY task, case
