// The runs that have this id or name; that of the id comes first.
// $run: id. $name.
MATCH (r:Run)
WHERE r.id = $run OR r.name = $name
RETURN r.id AS run, r.request AS request, r.status AS status
ORDER BY r.id = $run DESC
