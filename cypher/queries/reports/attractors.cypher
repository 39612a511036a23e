// Attractors: which words pull towards the wrong answer, how strongly, and by which path.
//
// The matched case is the one whose other noun agrees: SS for SP, PP for PS, FF for FM, MM for MF. For sentiment it is the
// one whose earlier clause agrees: joined-positive for contrast-positive, joined-negative for contrast-negative.
//
// Parameters: run task case level method align
//
// task, case      of the sentences
// rank            within the case, by share of the negative influence
// place           position (or role) of the word
// label           the token there where it is always the same, else the position or role
// role            of the word, where it is always the same
// instances       that have a word there
// negative        share of the case's instances in which its influence is negative
// influence       its mean influence
// negative_total  its share of all negative influence in the case
// matched_case    the case to compare with
// contrast        influence, minus that at the same place of the matched case
// modal_pattern   the most frequent pattern of a negative influence from there
// modal_share     of the case's instances that have it
MATCH (r:Run {id: $run})-[:HAS_CASE]->(c:Case)
WHERE ($task IS NULL OR c.task = $task) AND ($case IS NULL OR c.name = $case)
OPTIONAL MATCH (r)-[:HAS_CASE]->(matched:Case {
  task: c.task,
  name: CASE c.name
    WHEN 'SP' THEN 'SS' WHEN 'PS' THEN 'PP' WHEN 'FM' THEN 'FF' WHEN 'MF' THEN 'MM'
    WHEN 'contrast-positive' THEN 'joined-positive' WHEN 'contrast-negative' THEN 'joined-negative'
  END
})
CALL (matched) {
  MATCH (matched)-[:HAS_SITE]->(s:Site {method: $method, layer: 0})
  WHERE s.positive + s.negative > 0
  WITH
    CASE $align WHEN 'role' THEN s.role ELSE s.position END AS place,
    sum(s.positive_influence + s.negative_influence) / sum(s.positive + s.negative) AS influence
  RETURN collect({place: place, influence: influence}) AS expected
}
CALL (c) {
  MATCH (c)-[:HAS_ROUTE]->(p:Route {method: $method, level: $level, sign: -1})
  WITH
    CASE $align WHEN 'role' THEN p.source_role ELSE p.source END AS place,
    CASE $align WHEN 'role' THEN p.role_signature ELSE p.signature END AS pattern,
    sum(p.instances) AS instances, abs(sum(p.influence)) AS strength
  ORDER BY instances DESC, strength DESC, pattern
  WITH place, head(collect({pattern: pattern, instances: instances})) AS modal
  RETURN collect(modal {.*, place: place}) AS modals
}
CALL (c) {
  MATCH (c)-[:HAS_SITE]->(s:Site {method: $method, layer: 0})
  WHERE s.positive + s.negative > 0
  WITH
    CASE $align WHEN 'role' THEN s.role ELSE s.position END AS place,
    collect(DISTINCT s.label) AS labels, collect(DISTINCT s.role) AS roles,
    sum(s.positive + s.negative) AS instances, sum(s.negative) AS negative,
    sum(s.positive_influence + s.negative_influence) AS influence, sum(s.negative_influence) AS pull
  ORDER BY pull, place
  WITH collect({
    place: place,
    label: CASE WHEN size(labels) = 1 THEN head(labels) WHEN $align = 'role' THEN place ELSE '#' + place END,
    role: CASE size(roles) WHEN 1 THEN head(roles) END,
    instances: instances, negative: negative, influence: influence / instances, pull: pull
  }) AS words, sum(pull) AS pulls
  UNWIND range(0, size(words) - 1) AS i
  RETURN i + 1 AS rank, words[i] AS word, pulls
}
WITH
  c, matched, rank, word, pulls, head([e IN expected WHERE e.place = word.place]) AS same,
  head([modal IN modals WHERE modal.place = word.place]) AS modal
RETURN
  c.task AS task, c.name AS case, rank, word.place AS place, word.label AS label, word.role AS role,
  word.instances AS instances, toFloat(word.negative) / c.instances AS negative, word.influence AS influence,
  CASE WHEN pulls < 0 THEN abs(word.pull / pulls) ELSE 0.0 END AS negative_total,
  matched.name AS matched_case, word.influence - same.influence AS contrast,
  modal.pattern AS modal_pattern, toFloat(modal.instances) / c.instances AS modal_share
ORDER BY task, case, rank
