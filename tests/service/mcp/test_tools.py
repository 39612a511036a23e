"""Every tool, over every transport, on the demo run."""

import base64
import re

import pytest
from mcp.types import ImageContent

from cypher.connection import open_driver
from service.mcp.server import DEFINITIONS
from service.operations.schema import describe_schema
from tests.workers.jobs.conftest import jobs  # noqa: F401 - a fixture

PNG = b"\x89PNG\r\n\x1a\n"


def image(result) -> bytes:
    """The image of an answer."""
    assert not result.is_error, result.content
    (found,) = (content for content in result.content if isinstance(content, ImageContent))
    assert found.mime_type == "image/png"
    return base64.b64decode(found.data)


def test_every_tool_is_offered_with_what_a_client_may_expect(agent):
    offered = {tool.name: tool for tool in agent.tools()}
    assert list(offered) == list(DEFINITIONS)
    assert agent.instructions and "list_runs" in agent.instructions
    for name, tool in offered.items():
        assert tool.title and tool.description and len(tool.description) < 400
        assert tool.annotations is not None and tool.annotations.open_world_hint is False
        assert tool.annotations.read_only_hint == (name not in ("submit_job", "cancel_job", "resume_job"))
        assert tool.annotations.destructive_hint == (name == "cancel_job")
        assert (tool.output_schema is None) == (name == "draw_figure")
        for field in tool.input_schema["properties"].values():
            assert field.get("description") or "default" in field, (name, field)


def test_from_the_list_of_runs_to_one_edge(agent, demo_run):
    runs = agent.ask("list_runs", limit=100)
    line = next(each for each in runs["runs"] if each["id"] == demo_run.id)
    assert (line["name"], line["status"], line["instances"]) == ("demo", "completed", 240)
    run = agent.ask("describe_run", run="demo")
    assert {(case["task"], case["name"]) for case in run["cases"]} >= {("sva-obj", "SP"), ("ra-na", "PP")}
    assert run["right"] == 224 and run["inexact"]["instances"] == 240 and run["left_out"] == []

    page = agent.ask("list_sentences", run="demo", task="sva-obj", case="SP", limit=2)
    assert len(page["sentences"]) == 2
    following = agent.ask("list_sentences", run="demo", task="sva-obj", case="SP", limit=100, cursor=page["next"])
    assert len(following["sentences"]) == 28 and following["next"] is None

    id = page["sentences"][0]["id"]  # noqa: A001 - as everywhere
    sentence = agent.ask("describe_sentence", run="demo", id=id, parts=["words", "edges"], most=3)
    assert len(sentence["words"]) == 3 and len(sentence["edges"]) == 3 and sentence["patterns"] is None
    sizes = [abs(word["influence"]) for word in sentence["words"]]
    assert sizes == sorted(sizes, reverse=True)
    assert any(re.fullmatch(r"\d+ weaker words: .*", said) for said in sentence["left_out"])
    assert any(re.fullmatch(r"\d+ weaker edges: .*", said) for said in sentence["left_out"])
    last = agent.ask("describe_sentence", run="demo", id=id, parts=["edges"], layer=5, component=4)
    assert last["words"] is None and {(edge["layer"], edge["component"]) for edge in last["edges"]} == {(5, 4)}


def test_reports_and_comparisons(agent, demo_run):
    reports = agent.ask("list_reports")["result"]
    assert {"name": "stability", "choices": ["task", "case", "method", "align", "top"]}.items() <= next(
        each for each in reports if each["name"] == "stability"
    ).items()
    for each in reports:
        chosen = {"task": "sva-obj"} if "task" in each["choices"] else {}
        answer = agent.ask("run_report", report=each["name"], run="demo", rows=5, **chosen)
        assert 1 <= len(answer["rows"]) <= 5 and set(answer["columns"]) == set(answer["meanings"])
    first = agent.ask("run_report", report="positions", run="demo", rows=7)
    assert first["left_out"] == ["rows from number 7 on: ask again with offset=7, more rows, or one task or case"]
    second = agent.ask("run_report", report="positions", run="demo", rows=7, offset=7)
    both = agent.ask("run_report", report="positions", run="demo", rows=14)
    assert first["rows"] + second["rows"] == both["rows"]

    compared = agent.ask("compare_sides", report="heads", run="demo", task="sva-obj", case="SP", against_case="SS")
    assert "difference" in compared["columns"] and compared["rows"] and "SP" in compared["title"]


def test_the_graph_is_described_in_brief_and_the_examples_run(agent, demo_run):
    told = agent.ask("describe_graph")["result"]
    assert told == describe_schema().brief
    examples = re.findall(r"```cypher\n(.*?)```", told, flags=re.DOTALL)
    assert len(examples) == 3
    for example in examples:
        answer = agent.ask("query_graph", cypher=example)
        assert answer["rows"] and answer["notices"] == [] and answer["left_out"] == []
    assert agent.ask("query_graph", cypher="RETURN $x + 1 AS y, 0.1 + 0.2 AS z", parameters={"x": 2}) == {
        "columns": ["y", "z"],
        "rows": [[3, 0.3]],
        "left_out": [],
        "notices": [],
    }
    unknown = agent.ask("query_graph", cypher="MATCH (r:Runn) RETURN r")
    assert unknown["rows"] == [] and "Runn" in unknown["notices"][0]


@pytest.mark.parametrize(
    "choices",
    [
        {"figure": "aggregated", "task": "sva-obj", "case": "SP"},
        {"figure": "difference", "task": "sva-obj", "case": "SP", "against_case": "SS", "align": "role"},
        {"figure": "entropy"},
        {"figure": "attractors", "task": "sva-obj"},
        {"figure": "sentence", "id": "sva-obj/SP/3"},
        {"figure": "sentence", "id": "sva-obj/SP/3", "words": ["2", "5"]},
    ],
    ids=lambda choices: " ".join(choices.values() if "words" not in choices else ["words"]),
)
def test_figures_are_images(http_agent, demo_run, choices):
    drawn = image(http_agent.call("draw_figure", run="demo", **choices))
    assert drawn.startswith(PNG) and 10_000 < len(drawn) < 3 * 2**20


def test_a_figure_over_every_transport(agent, demo_run):
    assert image(agent.call("draw_figure", run="demo", figure="sentence", id="sva-obj/SP/3")).startswith(PNG)


def test_ablation_of_some_sentences(agent, demo_run, jobs):  # noqa: F811
    jobs.worker()
    answer = agent.ask("ablate_patterns", run="demo", task="sva-obj", sentences=8, draws=2)
    assert (answer["sentences"], answer["of_sentences"], answer["model"]) == (8, 120, "bundled")
    assert answer["left_out"] == ["112 sentences: ask with a larger `sentences` (at most 200), or one task or case"]
    rows = [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]
    assert {row["method"] for row in rows} >= {"original", "gpr", "random"}
    assert {row["case"] for row in rows} == {"SS", "SP", "PS", "PP", None}
    assert all(row["instances"] == (8 if row["case"] is None else 2) for row in rows)
    assert "lime" in agent.refused("ablate_patterns", run="demo", methods=["lime"], sentences=4)


UNUSUAL = {("Model", "name"), ("Model", "heads"), ("Instance", "sampling_error"), ("Instance", "within_tolerance")}
"""Properties that this run has not."""


def test_the_schema_names_what_the_graph_has(demo_run):
    text = describe_schema().brief
    with open_driver(demo_run.connection) as driver:
        labels = {row["label"] for row in driver.execute_query("CALL db.labels()").records}
        kinds = {row["relationshipType"] for row in driver.execute_query("CALL db.relationshipTypes()").records}
        every = (
            "MATCH (n) WITH labels(n)[0] AS label, keys(n) AS names UNWIND names AS name RETURN DISTINCT label, name"
        )
        properties = {(row["label"], row["name"]) for row in driver.execute_query(every).records}
    described = dict(re.findall(r"^- (\w+): ((?:.|\n  )+)", text, flags=re.MULTILINE))
    assert {"Run", "Case", "Instance", "Pattern", "Activation"} <= described.keys() <= labels
    named = set(re.findall(r"\[:(\w+)", text))
    assert {"OF", "FLOWS", "STEP", "HAS_PATTERN"} <= named <= kinds
    for label, words in described.items():
        bare = re.sub(r"\([^)]*\)", "", words).partition(":")
        listed = (bare[2] if label in ("Site", "Route", "Chunk") else bare[0]).split(",")
        names = {each.strip() for each in listed} - {""}
        assert names and {(label, name) for name in names} - UNUSUAL <= properties, label


def test_the_schema_is_short():
    assert len(describe_schema().brief) / 3.5 < 2000  # tokens
