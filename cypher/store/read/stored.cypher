// The names and texts of a run's instances.
// $run: id.
MATCH (:Run {id: $run})-[:HAS_CASE]->(:Case)<-[:OF]-(i:Instance)
RETURN i.name AS name, i.text AS text
