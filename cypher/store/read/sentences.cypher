// The instances of a run that have results, in the order of the run's input, each in a few words.
// $run: id. $after: order of the one before. $limit: the most. $task, $case: only of these; null for all.
MATCH (:Run {id: $run})-[:HAS_CHUNK]->(:Chunk)-[h:HOLDS]->(i:Instance)-[:OF]->(c:Case)
WHERE h.order > $after AND ($task IS NULL OR c.task = $task) AND ($case IS NULL OR c.name = $case)
WITH h, i, c ORDER BY h.order LIMIT $limit
RETURN
  h.order AS order, i.name AS name, c.task AS task, c.name AS case, i.text AS text, i.correct AS correct,
  i.wrong AS wrong, i.qoi AS qoi, i.predicted_correctly AS positive, i.completeness_error AS completeness_error,
  i.sampling_error AS sampling_error, i.within_tolerance AS within_tolerance
