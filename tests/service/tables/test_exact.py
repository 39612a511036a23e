"""Values of the graph as JSON that keeps them: each comes back as it was."""

import json
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from neo4j import GraphDatabase

from cypher.queries.values import plain, shown
from service.tables.arrow import to_arrow
from service.tables.exact import Decoder, encode


def there_and_back(value):
    return Decoder().decode(json.loads(json.dumps(encode(value), allow_nan=False)))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda some: st.lists(some, max_size=4) | st.dictionaries(st.text(), some, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_json_has_and_lacks_comes_back(value):
    found = there_and_back(value)
    assert found == value and type(found) is type(value)


@given(st.floats())
def test_numbers_come_back_bit_by_bit(number):
    found = there_and_back(number)
    assert math.isnan(found) if math.isnan(number) else struct.pack("d", found) == struct.pack("d", number)


@pytest.mark.parametrize("value", [{"$type": "Node", "_value": 1}, {"_zone": "Europe/Paris"}, {"$type": []}])
def test_a_map_of_any_names_is_a_map(value):
    assert there_and_back(value) == value


ANSWER = """
CREATE (a:Odd:Thing {name: 'a', number: 0.1, day: date('2026-01-02'), bytes: null})
CREATE (b:Thing {list: [1, 2]})
CREATE p = (a)-[:KNOWS {since: datetime('2026-01-02T03:04:05.678901234[Europe/Paris]')}]->(b)<-[:KNOWS]-(a)
WITH a, b, p, relationships(p)[0] AS r
RETURN a, b, p, r, [a, r] AS both, {node: a} AS map, date('2026-01-02') AS day, time('12:13:14.5+02:00') AS time,
  localtime('12:13:14') AS local, localdatetime('2026-01-02T03:04:05.000000001') AS moment,
  datetime('2026-01-02T03:04:05Z') AS utc, datetime('2026-07-02T03:04:05[Europe/Paris]') AS zoned,
  datetime('2026-07-02T03:04:05+05:30') AS offset, duration('P1Y2M3DT4H5M6.789S') AS long, duration('-PT0.5S') AS short,
  point({x: 1.5, y: -2}) AS flat, point({x: 1, y: 2, z: 3}) AS high, point({longitude: 1, latitude: 2}) AS earth,
  point({longitude: 1, latitude: 2, height: 3}) AS above, 1.0 / 0 AS infinity, -0.0 AS zero
"""


def test_what_neo4j_has_besides_comes_back(neo4j_server):
    """Read before a transaction that is rolled back, so that nothing stays."""
    auth = (neo4j_server.user, neo4j_server.password)
    with (
        GraphDatabase.driver(neo4j_server.uri, auth=auth) as driver,
        driver.session() as session,
        session.begin_transaction() as transaction,
    ):
        record = transaction.run(ANSWER).single(strict=True)
        transaction.rollback()
    values = list(record.values())
    found = Decoder().decode(json.loads(json.dumps(encode(values), allow_nan=False)))
    for name, one, other in zip(record.keys(), values, found, strict=True):
        assert type(one).__name__ == type(other).__name__, name
        assert (shown(other), plain(other)) == (shown(one), plain(one)), name
    again = dict(zip(record.keys(), found, strict=True))
    assert again["p"].nodes[0] == again["a"] == again["both"][0] and again["r"].end_node == again["b"]
    assert again["p"].relationships[0]["since"].iso_format() == record["p"].relationships[0]["since"].iso_format()
    for name in ("utc", "zoned", "offset", "moment", "day"):
        assert again[name] == record[name], name
    assert again["zoned"].tzinfo == record["zoned"].tzinfo


def test_columns_have_the_same_types(neo4j_server):
    from cypher.store.store import Store
    from cypher.store.table import Table

    text = (
        "UNWIND [datetime('2026-01-02T03:04:05Z'), datetime('2026-07-02T03:04:05[Europe/Paris]')] AS moment "
        "RETURN moment, date(moment) AS day, [moment] AS many, moment.year AS year, 1.5 AS number"
    )
    with Store.open(neo4j_server) as store:
        table = store.query(text, {})
    rows = [tuple(row) for row in Decoder().decode(json.loads(json.dumps(encode(table.rows))))]
    assert to_arrow(Table(table.columns, rows)).equals(to_arrow(table))
