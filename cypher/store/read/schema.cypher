// The version of the schema; 0 in a fresh database.
OPTIONAL MATCH (s:Schema {name: 'influence'})
RETURN coalesce(s.version, 0) AS version
