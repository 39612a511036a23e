// The transaction that this runs in is the only one that submits: a name is looked up and taken by one at a time.
MATCH (s:Schema {name: 'influence'})
SET s.name = 'influence'
