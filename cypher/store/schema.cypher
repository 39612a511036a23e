// The schema, version by version. A database at version n is brought forward by the sections after n, in order; every
// statement can be given twice. The whole file also runs as it is in any Cypher client.

// ---- version 1: ids are unique, runs and instances are found by the names that users give them
// Activations and patterns need no index: they are made together with their instance, whose id theirs begin with, and
// are found from it; an index of their ids would cost a fifth of the time of writing.

CREATE CONSTRAINT model_fingerprint IF NOT EXISTS FOR (n:Model) REQUIRE n.fingerprint IS UNIQUE;
CREATE CONSTRAINT run_id IF NOT EXISTS FOR (n:Run) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT chunk_id IF NOT EXISTS FOR (n:Chunk) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT case_id IF NOT EXISTS FOR (n:Case) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT instance_id IF NOT EXISTS FOR (n:Instance) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT site_id IF NOT EXISTS FOR (n:Site) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT route_id IF NOT EXISTS FOR (n:Route) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT schema_name IF NOT EXISTS FOR (n:Schema) REQUIRE n.name IS UNIQUE;
CREATE INDEX run_name IF NOT EXISTS FOR (n:Run) ON (n.name);
CREATE INDEX instance_name IF NOT EXISTS FOR (n:Instance) ON (n.name);
MERGE (s:Schema {name: 'influence'}) SET s.version = 1;

// ---- version 2: chunks are found by run and status, in order; `order` counts over the whole run
// Chunks of version 1 do not know their run, and `order` counts from 0 in each of them. Each is brought forward as a
// whole, to what it comes to from any state, some at a time (:auto in Neo4j Browser).

CREATE INDEX chunk_status IF NOT EXISTS FOR (n:Chunk) ON (n.run, n.status, n.index);
MATCH (r:Run)
WHERE EXISTS { (r)-[:HAS_CHUNK]->(c:Chunk) WHERE c.run IS NULL }
MATCH (r)-[:HAS_CHUNK]->(c:Chunk)
WITH r, c
ORDER BY c.index, c.id
UNWIND range(1, c.instances) AS one
WITH r, collect(c) AS chunks
UNWIND range(0, size(chunks) - 1) AS place
WITH r, chunks[place] AS c, min(place) AS before
CALL (r, c, before) {
  SET c.run = r.id
  WITH c, before
  MATCH (c)-[h:HOLDS]->()
  WITH before, h
  ORDER BY h.order
  WITH before, collect(h) AS held
  UNWIND range(0, size(held) - 1) AS place
  WITH held[place] AS h, before + place AS order
  SET h.order = order
} IN TRANSACTIONS OF 100 ROWS;
MERGE (s:Schema {name: 'influence'}) SET s.version = 2;

// ---- version 3: instances know of how many samples their influences are, and how many words were left out
// In runs of version 2 all instances have as many, by the run's settings: JSON, in which a single point has no number;
// they have patterns of all words, and no wrong class that was named.

MATCH (r:Run)-[:HAS_CHUNK]->(:Chunk)-[:HOLDS]->(i:Instance)
WHERE i.samples IS NULL AND i.input IS NULL
CALL (r, i) {
  SET i.samples = coalesce(toInteger(split(split(r.settings, '"samples": ')[1], ',')[0]), 1),
    i.left_out = 0, i.left_out_share = 0.0, i.wrong_is_given = false
} IN TRANSACTIONS OF 1000 ROWS;
MERGE (s:Schema {name: 'influence'}) SET s.version = 3;
