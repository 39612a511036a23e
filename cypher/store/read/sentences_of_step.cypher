// The instances of a case whose patterns take a step, in the order of the run's input, each in a few words, with how
// many of its patterns take the step and what flows through these; and how many instances there are on all pages.
// $run: id. $task, $case, $method, $level: of the patterns. $sign: of their words; null for both. $layer: that the step
// leaves. $component: that carries it; null for any. $align: what $source and $target are, position or role. $after: order
// of the one before. $limit: the most.
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case {task: $task, name: $case})<-[:OF]-(i:Instance)<-[h:HOLDS]-(:Chunk)
MATCH (i)-[:HAS_PATTERN]->(p:Pattern {method: $method, level: $level})
WHERE
  ($sign IS NULL OR p.sign = $sign) AND ($component IS NULL OR p.components[$layer] = $component) AND
  CASE $align
    WHEN 'role' THEN
      EXISTS { (p)-[:STEP {order: $layer}]->(:Activation {role: $source}) } AND
      EXISTS { (p)-[:STEP {order: $layer + 1}]->(:Activation {role: $target}) }
    ELSE p.path[$layer] = $source AND p.path[$layer + 1] = $target
  END
WITH h.order AS order, i, count(p) AS patterns, sum(p.influence) AS influence
ORDER BY order
WITH collect({order: order, i: i, patterns: patterns, influence: influence}) AS found
RETURN
  size(found) AS count,
  [f IN [f IN found WHERE f.order > $after][..$limit] | {
    patterns: f.patterns, influence: f.influence, sentence: {
      order: f.order, name: f.i.name, task: $task, case: $case, text: f.i.text, correct: f.i.correct, wrong: f.i.wrong,
      qoi: f.i.qoi, positive: f.i.predicted_correctly, completeness_error: f.i.completeness_error,
      sampling_error: f.i.sampling_error, within_tolerance: f.i.within_tolerance
    }
  }] AS sentences
