// Head ranking: which heads, and which skip connections, the patterns of the chosen cases go through.
//
// Parameters: run task case method
//
// layer            of the head
// component        attention head; -1 is the skip connection
// patterns         at attention level that go through it
// pattern_share    of all these patterns
// influence_share  share of these patterns' absolute influences, which add up to 1 over a layer
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)
WHERE ($task IS NULL OR c.task = $task) AND ($case IS NULL OR c.name = $case)
MATCH (c)-[:HAS_SITE]->(a:Site {method: $method})-[t:TRAFFIC {level: 'attention'}]->(:Site)
WITH a.layer AS layer, t.component AS component, sum(t.patterns) AS patterns, sum(t.strength) AS strength
WITH layer, collect({component: component, patterns: patterns, strength: strength}) AS parts,
  sum(patterns) AS all, sum(strength) AS whole
UNWIND parts AS part
RETURN
  layer, part.component AS component, part.patterns AS patterns, toFloat(part.patterns) / all AS pattern_share,
  CASE WHEN whole > 0 THEN part.strength / whole ELSE 0.0 END AS influence_share
ORDER BY influence_share DESC, layer, component
