"""What is wrong with a call, told so that an agent can ask better; and hostile calls change and tell nothing."""

import re
import sys
from pathlib import Path
from tempfile import gettempdir

import pytest
from structlog.testing import capture_logs

from cypher.connection import open_driver
from service.mcp.errors import HINTS
from service.mcp.server import DEFINITIONS
from service.mcp.tools import runs
from tests.cypher.queries.corpora import HIDDEN, NO_QUERIES, PARAMETERS, REFUSED
from tests.cypher.queries.test_sandbox import everything

FOLDERS = "|".join(re.escape(str(each)) for each in (Path(__file__).parents[3], Path.home(), gettempdir(), sys.prefix))
LEAKS = re.compile(rf"Traceback|File \"|\.py\b|{FOLDERS}|site-packages|pydantic|bolt://|127\.0\.0\.1")
"""Of this machine, and of what is within."""


def clean(text: str) -> str:
    """One clear message that tells nothing of the machine."""
    assert text.strip() and len(text) < 3000 and not LEAKS.search(text), text
    return text


ONE = [{"text": "a ***mask*** .", "correct": "is", "wrong": "are"}]


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        (
            "describe_run",
            {"run": "dmo"},
            "run: there is no run 'dmo'. Did you mean 'demo'? Give its name or id. list_runs",
        ),
        ("describe_run", {}, "run: Field required. Correct it; the tool's description says what it takes."),
        ("describe_run", {"run": 7}, "run: Input should be a valid string"),
        ("describe_run", {"run": "demo", "case": "SP"}, "case: is no argument of this tool. It takes run."),
        ("list_runs", {"limit": 0}, "limit: Input should be greater than or equal to 1"),
        ("list_runs", {"cursor": "gone"}, "cursor: the run that it names is gone. Begin again, without a cursor."),
        (
            "run_report",
            {"report": "acuracy", "run": "demo"},
            "report: there is no report 'acuracy'. Did you mean 'accuracy'?",
        ),
        (
            "run_report",
            {"report": "heads", "run": "demo", "task": "sva"},
            "task: the run has no task named 'sva'. Did you mean 'sva-obj'? It has ra-na, sva-obj.",
        ),
        (
            "run_report",
            {"report": "heads", "run": "demo", "case": "sp"},
            "case: the run has no case named 'sp'. Did you mean 'SP'?",
        ),
        (
            "run_report",
            {"report": "heads", "run": "demo", "align": "role"},
            "align: the report heads has no align. It takes",
        ),
        (
            "run_report",
            {"report": "heads", "run": "demo", "method": "lime"},
            "method: the run has no method named 'lime'",
        ),
        (
            "run_report",
            {"report": "positions", "run": "demo", "level": "all"},
            "level: Input should be 'embedding' or 'attention'",
        ),
        (
            "compare_sides",
            {"report": "overview", "run": "demo"},
            "Compare accuracy, which tells the cases of both sides apart.",
        ),
        ("compare_sides", {"report": "heads", "run": "demo", "against_case": "SP"}, "Name the first case, too."),
        (
            "describe_sentence",
            {"run": "demo", "id": "sva-obj/SP/999"},
            "List the run's sentences to see their ids. list_sentences lists them.",
        ),
        (
            "describe_sentence",
            {"run": "demo", "id": "sva-obj/SP/3", "parts": ["wrods"]},
            "parts.0: Input should be 'words', 'patterns' or 'edges'",
        ),
        ("list_sentences", {"run": "demo", "cursor": "next"}, "cursor: String should match pattern"),
        ("query_graph", {"cypher": "MATCH (r:Run RETURN r"}, "query: Invalid input 'RETURN'"),
        ("query_graph", {"cypher": "RETURN $x"}, "x"),
        ("query_graph", {"cypher": "RETURN $x", "parameters": {"x": 2**70}}, "64 bits"),
        ("query_graph", {"cypher": " "}, "query: there is no query. Write one, such as"),
        ("draw_figure", {"run": "demo", "figure": "aggregated"}, "task: the figure aggregated needs it. Give task."),
        (
            "draw_figure",
            {"run": "demo", "figure": "entropy", "task": "sva-obj"},
            "task: the figure entropy has no task. It takes a run.",
        ),
        ("draw_figure", {"run": "demo", "figure": "sentence", "id": "sva-obj/SP/3", "words": ["zebra"]}, "zebra"),
        (
            "ablate_patterns",
            {"run": "demo", "model": "/etc"},
            "model: '/etc' is not among the models of this service. Use one of: bundled, bundled-s",
        ),
        ("submit_job", {"sentences": []}, "sentences: List should have at least 1 item"),
        ("submit_job", {"sentences": [{"text": "no mask", "correct": "a", "wrong": "b"}]}, "text"),
        ("submit_job", {"sentences": [{"txt": "x"}]}, "sentences.0: txt: is not a field of a sentence. Use id, text,"),
        ("submit_job", {"sentences": ONE, "settings": {"simples": 1}}, "settings.simples: Extra inputs"),
        ("submit_job", {"sentences": ONE, "model": "../../etc"}, "model: '../../etc' is not among"),
        ("follow_job", {"run": "demo"}, "run: the run 'demo' is not a job: its results were stored directly"),
        ("follow_job", {"run": "demo", "wait_seconds": 1e9}, "wait_seconds: Input should be less than or equal to 50"),
        ("cancel_job", {"run": "nobody"}, "run: there is no run 'nobody'"),
        ("resume_job", {"run": "demo"}, "run: the run 'demo' is not a job"),
    ],
    ids=lambda value: value if isinstance(value, str) and value in DEFINITIONS else "",
)
def test_what_is_wrong_and_how_to_ask_better(http_agent, demo_run, tool, arguments, said):
    assert said in clean(http_agent.refused(tool, **arguments))


def test_an_error_is_structured_too(agent, demo_run):
    refusal = agent.call("describe_run", run="dmo")
    assert refusal.is_error and refusal.structured_content == {
        "code": "not-found",
        "problem": "there is no run 'dmo'",
        "field": "run",
        "fix": "Did you mean 'demo'? Give its name or id.",
    }


def test_a_tool_that_there_is_not(agent):
    assert "Did you mean 'list_runs'? There are describe_graph," in agent.refused("list_run")


def test_every_hint_names_a_tool():
    for hint in HINTS.values():
        assert set(re.findall(r"\b[a-z]+_[a-z]+\b", hint)) <= DEFINITIONS.keys() and "_" in hint


@pytest.mark.parametrize("agent", ["stdio", "http"], indirect=True)
def test_every_attack_is_refused_with_one_message_and_nothing_changes(agent, demo_run):
    with open_driver(demo_run.connection) as driver:
        agent.ask("list_runs")  # which opens the graph
        before = everything(driver)
        for text in REFUSED + HIDDEN + NO_QUERIES:
            said = clean(agent.refused("query_graph", cypher=text, parameters=PARAMETERS))
            assert said.startswith("query: "), (text, said)
        assert everything(driver) == before


HOSTILE = [
    "../../../etc/passwd",
    "/etc/passwd",
    "..\\..\\boot.ini",
    "%2e%2e%2f",
    "demo\x00",
    "demo\x1b[2J",
    "demo\n\r\t",
    "\u202edemo\u2066",
    "\U0001f600" * 20,
    "'; MATCH (n) DETACH DELETE n //",
    "`}) DETACH DELETE n //",
    "{{7*7}}${jndi:ldap://x}",
    " ",
    "x" * 300,
    "x" * 5_000_000,
]
OTHERS = [None, True, 7, 1.5, -1, 2**70, [], ["demo"], {}, {"$ne": None}, "[", "null", '{"a": 1}']


@pytest.mark.parametrize(
    "value", [*HOSTILE, *OTHERS], ids=lambda value: repr(value)[:20].encode("unicode_escape").decode()
)
def test_hostile_names_are_refused(http_agent, demo_run, value):
    """Every text argument of every tool."""
    usual = {"run": "demo", "id": "sva-obj/SP/3", "report": "heads", "figure": "sentence"}
    calls = [
        *((tool, "run", {}) for tool in ("describe_run", "list_sentences", "follow_job", "cancel_job", "resume_job")),
        *(("run_report", name, {}) for name in ("run", "report", "task", "case", "method", "level")),
        *(("compare_sides", name, {"case": "SP"}) for name in ("run", "against_run", "against_case", "report")),
        *(("describe_sentence", name, {}) for name in ("run", "id")),
        *(("draw_figure", name, {}) for name in ("run", "id", "figure")),
        ("ablate_patterns", "run", {}),
        ("ablate_patterns", "model", {}),
        ("submit_job", "model", {"sentences": ONE}),
        ("list_runs", "cursor", {}),
    ]
    for tool, name, more in calls:
        known = DEFINITIONS[tool].parameters
        arguments = {**{key: each for key, each in usual.items() if key in known}, **more, name: value}
        optional = name not in ("run", "report", "id", "figure") or (tool, name) == ("draw_figure", "id")
        if (value is None and optional) or (value == "null" and optional and tool != "submit_job"):
            continue  # left out
        said = clean(http_agent.refused(tool, **arguments))
        assert said.split(":")[0].split(".")[0] in (name, name.removeprefix("against_")), (tool, name, said)


def test_deep_parameters(http_agent):
    deep: object = 1
    for _ in range(sys.getrecursionlimit() // 12):
        deep = [deep]
    result = http_agent.call("query_graph", cypher="RETURN size($x) AS n", parameters={"x": deep})
    if result.is_error:
        clean(result.content[0].text)
    assert http_agent.ask("query_graph", cypher="RETURN 1 AS x")["rows"] == [[1]]


def test_what_nobody_expected_is_in_the_log_alone(http_agent, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(runs, "list_page", fail)
    with capture_logs() as logs:
        refused = http_agent.call("list_runs")
    assert refused.is_error and refused.structured_content["code"] == "internal-error"
    assert "swordfish" not in str(refused) and "Report it, please." in str(refused.content)
    (told,) = (each for each in logs if each["event"] == "unexpected")
    assert told["tool"] == "list_runs" and "swordfish" in str(told["exc_info"])
