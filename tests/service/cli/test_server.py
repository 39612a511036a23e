"""`influence --server`: what a service answers is printed as what this machine's own installation answers."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from service.cli.app import main
from tests.service.cli.conftest import Ended, ended
from tests.service.cli.test_export import results_with
from tests.service.cli.test_load import written

NAME = "compared"
SAME = [
    ("runs",),
    ("runs", "--json"),
    ("queries",),
    ("queries", "heads"),
    ("queries", "head"),
    ("queries", "--json"),
    *((("report", name, NAME)) for name in ("overview", "accuracy", "heads", "stability", "entropy-correlation")),
    ("report", "flow-frequency", NAME, "--format", "csv"),
    ("report", "flow-frequency", NAME, "--limit", "3", "--format", "json"),
    ("report", "accuracy", NAME, "--case", "SP", "--against", "SS"),
    ("report", "accuracy", "compard"),
    ("report", "accuracy", NAME, "--task", "sva"),
    ("report", "accuracy", NAME, "--against", "SS"),
    ("query", "MATCH (c:Case)<-[:OF]-(i) RETURN c, i.qoi, i.tokens ORDER BY i.qoi, c.name LIMIT 5"),
    ("query", "RETURN 0.0 / 0 AS x, date('2026-01-02') AS day, {a: 1.5} AS map", "--format", "json"),
    ("query", "UNWIND range(1, 9) AS x RETURN x / 7.0 AS y", "--limit", "3"),
    ("query", "MATCH (n:Nothing) RETURN n"),
    ("query", "RETURN m"),
    ("query", "CREATE (n)"),
    ("query", "RETURN $x AS x", "--param", "x=[1, 0.1, \"a\", null]"),
    ("status", NAME),
    ("status", "no-such-run"),
    ("watch", NAME),
    ("cancel", NAME),
    ("resume", NAME),
    ("logs", NAME),
    ("delete", "no-such-run"),
    ("tasks",),
    ("tasks", "--json"),
    ("tasks", "generate", "sva-obj", "-n", "3", "--seed", "4", "--counterfactual", "subject"),
    ("tasks", "generate", "sva-ob"),
    ("tasks", "generate", "sva-obj", "--case", "XX"),
    ("plot", "entropy", "no-such-run", "-o", "x.svg"),
    ("plot", "sentence", NAME, "no-such-sentence", "-o", "x.svg"),
    ("submit", "no-such-file.jsonl"),
    ("load", "no-such-file.jsonl"),
    ("export", "no-such-run", "-o", "x.jsonl"),
    ("export", NAME, "-o", "no-such-folder/x.jsonl"),
]  # fmt: skip


@pytest.fixture(scope="module")
def stored(neo4j_server, tmp_path_factory) -> str:
    """A run of everything that commands tell."""
    from cypher.store.store import Store
    from service.operations import runs

    made = results_with("top:25", True, count=12)
    results = [replace(one, settings=one.settings | {"question": "logit_difference"}) for one in made]
    file = written(tmp_path_factory.mktemp("compared") / f"{NAME}.jsonl", results)
    with Store.open(neo4j_server) as store:
        runs.load(store, file)
    return NAME


@pytest.fixture
def elsewhere(service, capsys, monkeypatch, tmp_path):
    """Runs a command of the service, in a place where there is nothing else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INFLUENCE_API_KEY", service.key)
    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path / "home"))

    def run(*words: str) -> Ended:
        with monkeypatch.context() as without:
            without.setenv("INFLUENCE_NEO4J_URI", "bolt://127.0.0.1:9")
            without.setenv("INFLUENCE_REDIS_URL", "redis://127.0.0.1:9")
            return ended(capsys, "--server", service.url, *words)

    return run


@pytest.mark.parametrize("words", SAME, ids=" ".join)
def test_a_command_prints_the_same(influence, graph, broker, stored, elsewhere, words, monkeypatch):
    monkeypatch.setenv("INFLUENCE_REDIS_URL", broker.url)
    monkeypatch.setenv("INFLUENCE_REDIS_PASSWORD", broker.password)
    assert elsewhere(*words) == influence(*words)


@pytest.mark.parametrize("extension", ["svg", "pdf", "png"])
def test_a_figure_is_the_same_file(influence, graph, stored, elsewhere, tmp_path, extension):
    for kind in (("entropy", NAME), ("sentence", NAME, "sva-obj/SS/0", "--words", "top:2")):
        files = [tmp_path / f"{kind[0]}-{place}.{extension}" for place in ("here", "there")]
        for file, run in zip(files, (influence, elsewhere), strict=True):
            done = run("plot", *kind, "-o", str(file))
            assert (done.code, done.out, done.err) == (0, f"{file}\n", "")
        assert files[0].read_bytes() == files[1].read_bytes()


def test_the_variable_names_a_service(service, capsys, monkeypatch, stored):
    monkeypatch.setenv("INFLUENCE_SERVER", f"{service.url}/v1/")
    monkeypatch.setenv("INFLUENCE_API_KEY", service.key)
    monkeypatch.setenv("INFLUENCE_NEO4J_URI", "bolt://127.0.0.1:9")
    monkeypatch.setenv("INFLUENCE_NEO4J_PASSWORD", "p")
    assert NAME in ended(capsys, "runs").out
    assert ended(capsys, "keys", "list").code == 0  # of this machine
    monkeypatch.setenv("INFLUENCE_SERVER", "")
    assert ended(capsys, "runs").code == 1


@pytest.mark.parametrize(
    "words",
    [
        *([name] for name in ("up", "down", "doctor", "worker", "sweep", "serve", "mcp")),
        ["convert", "a", "b"],
        ["experiment", "all"],
        ["tasks", "convert", "a"],
        ["keys", "create", "x"],
        ["keys", "list"],
        ["keys", "revoke", "x"],
        ["plot", "results.jsonl", "-o", "x.svg"],
    ],
    ids=" ".join,
)
def test_what_is_about_this_machine_refuses(elsewhere, words):
    done = elsewhere(*words)
    name = " ".join(words[:2] if words[0] in ("tasks", "keys") else words[:1])
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: `influence {name}") and done.err.count("\n") == 1
    assert "works on this machine alone. Leave --server out, or run it on the service's machine." in done.err


def test_what_a_user_may_expect_elsewhere_is_not_done_here(capsys, service, monkeypatch):
    monkeypatch.setenv("INFLUENCE_SERVER", service.url)
    for words in (("load", "a.jsonl", "--bulk"), ("analyze", "a", "--store"), ("experiment", "all", "--run", "x")):
        done = ended(capsys, *words)
        assert (done.code, done.out) == (2, "") and "unset INFLUENCE_SERVER" in done.err


def test_the_status_of_a_service(elsewhere, service):
    assert elsewhere("status").out.split() == ["graph", "can", "be", "used", "broker", "can", "be", "used"]
    assert json.loads(elsewhere("status", "--json").out) == {"graph": True, "broker": True}


def test_who_may_not_is_told(capsys, service, monkeypatch):
    monkeypatch.delenv("INFLUENCE_API_KEY", raising=False)
    done = ended(capsys, "--server", service.url, "runs")
    assert (done.code, done.err) == (1, "error: there is no API key. Give one, or set INFLUENCE_API_KEY.\n")
    monkeypatch.setenv("INFLUENCE_API_KEY", "ig_1_2")
    done = ended(capsys, "--server", service.url, "runs")
    assert (done.code, done.err) == (1, "error: the API key is unknown or has expired. Give another.\n")
    done = ended(capsys, "--server", "http://influence.example.org", "runs")
    assert done.code == 2 and "is not encrypted" in done.err and "--plain-http" in done.err
    done = ended(capsys, "--server", "influence.example.org", "runs")
    assert done.code == 2 and done.err.startswith("error: --server: 'influence.example.org' is no address")
    done = ended(capsys, "--server", "http://127.0.0.1:9", "runs")
    assert done.code == 1 and "nothing answers at http://127.0.0.1:9" in done.err and "influence up" not in done.err


def test_a_key_is_taken_from_no_command_line():
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "--key" not in subprocess.run(
        [sys.executable, "-m", "service", "--help"], capture_output=True, text=True, check=True
    ).stdout.replace("--key-", "")


SCRIPT = """
import sys
from service.cli.app import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    assert not ended.code
print(*sorted(sys.modules), file=sys.stderr)
"""


def test_a_command_of_a_service_imports_little(service):
    command = [sys.executable, "-c", SCRIPT, "--server", service.url, "runs"]
    environment = os.environ | {"INFLUENCE_API_KEY": service.key}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    absent = {"torch", "transformers", "matplotlib", "celery", "kombu", "pyarrow", "pandas", "networkx", "fastapi"}
    assert set(done.stderr.splitlines()[-1].split()) & absent == set()
