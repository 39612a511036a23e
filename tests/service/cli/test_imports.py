"""Every command answers at once: it imports what it uses when it is called, and no more."""

import subprocess
import sys

import pytest

SLOW = {"torch", "transformers", "matplotlib", "celery", "kombu", "pyarrow", "pandas", "numpy", "networkx", "redis"}
DRIVER = {"neo4j", "pydantic_settings"}
SCREEN = {"rich.table", "rich.console"}

SCRIPT = """
import sys
from service.cli.app import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    print(f"ended with {ended.code or 0}", file=sys.stderr)
print(*sorted(sys.modules), file=sys.stderr)
"""


def imported(*arguments: object) -> set[str]:
    """The modules that a command imports in a process of its own; it must succeed."""
    command = [sys.executable, "-c", SCRIPT, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "ended with 0" in ended.stderr, ended.stderr
    return set(ended.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (("--version",), SLOW | DRIVER | SCREEN),
        (("--help",), SLOW | DRIVER),
        (("analyze", "--help"), SLOW | DRIVER),
        (("experiment", "--help"), SLOW | DRIVER),
        (("plot", "--help"), SLOW | DRIVER),
        (("worker", "--help"), SLOW | DRIVER),
        (("queries",), SLOW | DRIVER),
    ],
)
def test_what_needs_no_graph_imports_no_driver(arguments, absent):
    assert imported(*arguments) & absent == set()


@pytest.mark.parametrize("arguments", [("runs",), ("runs", "--json")])
def test_what_reads_the_graph_imports_little_else(graph, arguments):
    assert imported(*arguments) & SLOW == set()


def test_the_status_asks_the_servers_and_no_more(graph, broker, monkeypatch, tmp_path):
    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path))
    monkeypatch.setenv("INFLUENCE_REDIS_URL", broker.url)
    monkeypatch.setenv("INFLUENCE_REDIS_PASSWORD", broker.password)
    assert imported("status", "--json") & (SLOW - {"redis"}) == set()
