"""`influence query`, on a real Neo4j."""

import csv
import io
import json
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from pyarrow import parquet

from cypher.errors import InvalidInput
from service.cli.query import parse_parameters

EVERYWHERE = True


@pytest.fixture
def ask(influence, neo4j_server, monkeypatch):
    """`influence query` of the tests' server."""
    monkeypatch.setenv("INFLUENCE_NEO4J_URI", neo4j_server.uri)
    monkeypatch.setenv("INFLUENCE_NEO4J_USER", neo4j_server.user)
    monkeypatch.setenv("INFLUENCE_NEO4J_PASSWORD", neo4j_server.password)
    return lambda *arguments: influence("query", *arguments)


MIXED = """
UNWIND [
  [1, 0.12345678901234, 'a,"b"', true, [1, 2], date('2026-01-02'), datetime('2026-01-02T03:04:05Z'), {a: [1]}, 1],
  [2, 1e-9, null, null, [], null, null, null, 'x']
] AS r
RETURN r[0] AS whole, r[1] AS number, r[2] AS text, r[3] AS flag, r[4] AS list, r[5] AS day, r[6] AS moment,
  r[7] AS map, r[8] AS mixed, null AS nothing
"""


def test_a_table_is_for_people(ask):
    ended = ask(MIXED)
    assert ended.code == 0 and ended.err == ""
    heading, first, second = (line.rstrip() for line in ended.out.splitlines())
    assert heading.split() == ["whole", "number", "text", "flag", "list", "day", "moment", "map", "mixed", "nothing"]
    assert first.split()[:5] == ["1", "0.123", 'a,"b"', "true", "[1,"]
    assert "2026-01-02 " in first and "{a: [1]}" in first
    assert second.split() == ["2", "1e-09", "–", "–", "[]", "–", "–", "–", "x", "–"]


def test_json_is_one_array_unrounded(ask):
    first, second = json.loads(ask(MIXED, "--format", "json").out)
    assert first["number"] == 0.12345678901234 and first["list"] == [1, 2] and first["map"] == {"a": [1]}
    assert (first["day"], first["flag"], first["nothing"]) == ("2026-01-02", True, None)
    assert second == dict.fromkeys(second) | {"whole": 2, "number": 1e-9, "list": [], "mixed": "x"}
    assert json.loads(ask("MATCH (n:Nothing) RETURN n", "--format", "json").out) == []
    assert json.loads(ask("RETURN 0.0 / 0 AS x", "--format", "json").out) == [{"x": None}]


def test_csv_has_a_header_and_nothing_for_null(ask):
    first, second = csv.DictReader(io.StringIO(ask(MIXED, "--format", "csv").out))
    assert (first["number"], first["text"], first["flag"]) == ("0.12345678901234", 'a,"b"', "true")
    assert (first["list"], first["map"]) == ("[1, 2]", '{"a": [1]}')
    assert (second["text"], second["day"], second["mixed"]) == ("", "", "x")


def test_numbers_that_are_not_finite(ask):
    text = "RETURN 0.0 / 0.0 AS a, 1 / 0.0 AS b, -1 / 0.0 AS c, [0.0 / 0.0, 1.5] AS d, 2.5 AS e"
    ended = ask(text, "--format", "csv")
    assert ended.out == 'a,b,c,d,e\nNaN,Infinity,-Infinity,"[null, 1.5]",2.5\n'
    assert ended.err == "notice: a, b, c, d: NaN or infinity; within lists and maps, null stands for it\n"
    ended = ask(text, "--format", "json")
    assert json.loads(ended.out) == [{"a": None, "b": None, "c": None, "d": [None, 1.5], "e": 2.5}]
    assert ended.err == "notice: a, b, c, d: NaN or infinity; JSON has neither, so null stands for them\n"
    assert ask(text).err == ""


def test_parquet_has_the_types_of_the_values(ask, tmp_path):
    path = tmp_path / "answer.parquet"
    ended = ask(MIXED, "--format", "parquet", "--output", path)
    assert (ended.code, ended.out) == (0, "")
    table = parquet.read_table(path)
    types = {field.name: field.type for field in table.schema}
    assert types["whole"] == pa.int64() and types["number"] == pa.float64() and types["flag"] == pa.bool_()
    assert types["list"] == pa.list_(pa.int64()) and types["day"] == pa.date32() and types["nothing"] == pa.null()
    assert types["moment"] == pa.timestamp("us", tz="UTC") and types["map"] == types["mixed"] == pa.string()
    first, second = table.to_pylist()
    assert (first["day"], first["moment"]) == (date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert (first["map"], first["mixed"], second["mixed"]) == ('{"a": [1]}', "1", "x")
    assert second["text"] is None and second["list"] == []
    ended = ask("MATCH (n:Nothing) RETURN n.x AS x", "--format", "parquet", "--output", path, "--force")
    assert ended.code == 0 and parquet.read_table(path).num_rows == 0


def test_nodes_relationships_and_paths(ask, demo_run):
    text = (
        "MATCH p = (c:Case {name: 'SP', task: 'ra-na'})<-[o:OF]-(:Instance {name: 'ra-na/SP/0'})-[:HAS]->({layer: 6})"
    )
    shown = ask(f"{text} RETURN c, o, p, point({{x: 1, y: 2}}) AS point, duration('P1D') AS time", "--limit", 1)
    for part in ("(:Case {", "[:OF]", ")<-[:OF]-(:Instance {", "point(1.000, 2.000)", "P1D"):
        assert part in shown.out
    (row,) = json.loads(ask(f"{text} RETURN c, o, p", "--format", "json", "--limit", 1).out)
    assert row["c"]["labels"] == ["Case"] and row["c"]["properties"]["name"] == "SP"
    assert row["o"] == {"type": "OF", "properties": {}}
    assert [each["labels"] for each in row["p"]["nodes"]] == [["Case"], ["Instance"], ["Activation"]]
    assert [each["type"] for each in row["p"]["relationships"]] == ["OF", "HAS"]


def test_a_file_and_parameters(ask, tmp_path):
    file = tmp_path / "query.cypher"
    file.write_text("// what is asked\nUNWIND $ids AS id\nRETURN id * $n AS x, $name AS name;\n")
    ended = ask("--file", file, "--param", "n=3", "-p", "ids=[1, 2]", "-p", "name=SP", "--format", "csv")
    assert (ended.code, ended.out) == (0, "x,name\n3,SP\n6,SP\n")


def test_rows_beyond_the_limit_are_told(ask):
    ended = ask("UNWIND range(1, 5) AS x RETURN x", "--limit", 2, "--format", "csv")
    assert ended.out == "x\n1\n2\n"
    assert ended.err == "notice: there are more than 2 rows; a larger --limit gives more\n"
    assert ask("UNWIND range(1, 5) AS x RETURN x", "--limit", 5).err == ""


def test_names_that_the_graph_does_not_have_are_told(ask):
    ended = ask("MATCH (n:Instnce {nam: 1})-[:HSA]->() RETURN n")
    assert ended.code == 0
    for name in ("label `Instnce`", "relationship type `HSA`", "property `nam`"):
        assert f"notice: The {name} does not exist\n" in ended.err
    assert "notice: no rows" in ended.err
    assert "notice" not in ask("MATCH (n:Instance) RETURN count(n) AS n").err


def test_an_output_is_not_replaced_unasked(ask, tmp_path):
    path = tmp_path / "answer.txt"
    assert ask("RETURN 1.23456 AS x", "--output", path).out == ""
    assert path.read_text().split() == ["x", "1.235"]
    ended = ask("RETURN 2 AS x", "--output", path)
    assert ended.code == 2 and "--force" in ended.err and "1.235" in path.read_text()
    assert ask("RETURN 2 AS x", "--output", path, "--format", "json", "--force").code == 0
    assert path.read_text() == '[{"x": 2}]\n'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "a query is needed"),
        (["RETURN 1", "--file", "x.cypher"], "not both"),
        (["--file", "none.cypher"], "cannot read none.cypher: No such file"),
        (["RETURN 1", "--param", "x"], "'x' does not give a name a value"),
        (["RETURN 1", "--param", "=1"], "'=1' does not give a name a value"),
        (["RETURN 1", "--param", "x=1", "--param", "x=2"], "x appears twice"),
        (["RETURN 1", "--param", "x=99999999999999999999"], "x is beyond the 64 bits"),
        (["RETURN 1", "--format", "parquet"], "Name a file"),
        (["RETURN 1", "--output", "nowhere/x.csv"], "is not a folder"),
        (["RETURN $number AS x", "--param", "numbr=1"], "no value is given for $number. Did you mean $numbr"),
        (["CREATE (:Attack)"], "this query is refused: it writes"),
        (["SHOW USERS"], "it is about the schema or the server"),
        (["PROFILE RETURN 1"], "Leave the word PROFILE out"),
        (["RETURN '\udcff'"], "not UTF-8"),
        (["RETURN $x", "--param", "x=\udcff"], "not UTF-8"),
        (["RETURN $x", "--param", 'x="\\ud800"'], "x holds \\ud800, which is half of a character"),
        (["RETURN $x", "--param", 'x=[{"a\\udc00": 1}]'], "a name in x holds \\udc00"),
        ([""], "there is no query"),
        (["/* none */ // at all"], "there is no query"),
    ],
)
def test_what_cannot_be_asked_is_one_line(ask, arguments, message):
    ended = ask(*arguments)
    assert ended.code == 2 and ended.out == ""
    assert message in ended.err and ended.err.startswith("error: ") and ended.err.count("\n") == 1


def test_a_mistake_shows_its_place(ask):
    ended = ask("MATCH (n)\nRETURN m")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == 'error: Variable `m` not defined (line 2, column 8 (offset: 17))\n"RETURN m"\n        ^\n'


def test_too_long_is_told(ask):
    ended = ask("UNWIND range(1, 100000000000) AS x RETURN count(x)", "--timeout", 0.5)
    assert ended.code == 1
    said = "the query takes more than 0.5 s. Ask for less, or allow it more time. --timeout sets how much."
    assert ended.err == f"error: {said}\n"


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("3", 3),
        ("-3.5", -3.5),
        ("SP", "SP"),
        ('"3"', "3"),
        ("", ""),
        ("a=b", "a=b"),
        ("[1, 2]", [1, 2]),
        ('{"a": null}', {"a": None}),
        ("true", True),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("[1, 2", "[1, 2"),
        (str(2**63 - 1), 2**63 - 1),
        (str(-(2**63)), -(2**63)),
    ],
)
def test_values_are_json_where_they_can_be(given, value):
    assert parse_parameters([f"x={given}"]) == {"x": value}


@pytest.mark.parametrize("given", [str(2**63), str(-(2**63) - 1), "9" * 5000, f"[{2**64}]"])
def test_integers_beyond_neo4js_are_refused(given):
    with pytest.raises(InvalidInput, match="64 bits"):
        parse_parameters([f"x={given}"])
