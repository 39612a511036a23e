// A run.
// $run: id.
MATCH (n:Run {id: $run})-[:USES]->(m:Model)
RETURN n {.*, model: m.fingerprint} AS row
