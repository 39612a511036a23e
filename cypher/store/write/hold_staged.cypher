// Stagings, held by the transaction that this runs in, and how many edges they have together.
// $ids: of them.
MATCH (s:Staging)
WHERE s.id IN $ids
SET s.id = s.id
RETURN sum(s.flows) AS flows
