// Stability: how far the strongest edges, heads, patterns and paths of a case depend on which sentences were chosen.
//
// The query answers what each sentence has. The report draws some of a case's sentences with replacement, finds what is
// strongest in them, and does so 200 times. Elements are ranked by the absolute value of their mean influence over the
// sentences drawn, where a sentence without an element counts as 0.
//
// Parameters: run task case method align top
//
// task, case  of the sentences
// kind        of element: edge, head (its patterns at attention level added up), pattern (at attention level) or path
//             (pattern at embedding level)
// top         the set of so many of the strongest elements ($top alone where it is given); none: the set of those that
//             at least half of the sentences have
// sentences   drawn each time; the last number is that of all sentences of the case
// size        of the set in all sentences of the case, each of them once
// jaccard     mean Jaccard index of the sets of every two draws: 1 where they are the same; none for a single sentence
// low, high   95 % of these Jaccard indices lie between
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)<-[:OF]-(i:Instance)
WHERE ($task IS NULL OR c.task = $task) AND ($case IS NULL OR c.name = $case)
WITH c, i ORDER BY c.task, c.name, i.name
CALL (i) {
  MATCH (i)-[:HAS]->(a:Activation {layer: 0})
  WITH a ORDER BY a.position
  RETURN collect(CASE $align WHEN 'role' THEN a.role ELSE a.position END) AS places
}
CALL (i) {
  MATCH (i)-[:HAS]->(a:Activation)-[f:FLOWS]->(b:Activation)
  RETURN
    collect(a.layer) AS layers, collect(a.position) AS sources, collect(b.position) AS targets,
    collect(f.component) AS components, collect(f.influence) AS influences
}
CALL (i) {
  MATCH (i)-[:HAS_PATTERN]->(p:Pattern {method: $method})
  WITH p ORDER BY p.level, p.source
  RETURN collect([p.path, p.components, p.influence]) AS patterns
}
RETURN
  c.task AS task, c.name AS case, i.name AS instance, places, layers, sources, targets, components, influences, patterns
ORDER BY task, case, instance
