"""The command line as a user meets it: what it prints where, and how it ends.

In modules with `EVERYWHERE = True`, every test that uses `influence` runs twice: on this machine's installation, and on
the same one through a service. Those marked `here` are about this machine, and run once.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.cli.app import main
from tests.random_models import random_bert
from tests.served import Service

ELSEWHERE = {
    *("load", "export", "runs", "delete", "queries", "report", "query", "plot", "tasks"),
    *("submit", "watch", "cancel", "resume", "logs", "status"),
}
"""Commands that work on a service's installation."""
LOCAL = {("plot", "instance"), ("tasks", "convert"), ("status", "--json")}
"""What begins so is about this machine alone, or what a service tells in other words."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Influence = Callable[..., Ended]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that run on a service, too."""
    everywhere = getattr(metafunc.module, "EVERYWHERE", False) and not metafunc.definition.get_closest_marker("here")
    if everywhere and "influence" in metafunc.fixturenames:
        elsewhere = pytest.param("server", marks=pytest.mark.servers)
        metafunc.parametrize("influence", ["here", elsewhere], indirect=True)


@pytest.fixture
def influence(request, capsys, monkeypatch) -> Influence:
    """Runs `influence` with the given arguments, in this process; on a service where the test asks for one."""
    before: tuple[str, ...] = ()
    if getattr(request, "param", "here") == "server":
        service: Service = request.getfixturevalue("service")
        monkeypatch.setenv("INFLUENCE_API_KEY", service.key)
        before = ("--server", service.url)

    def run(*arguments: object) -> Ended:
        words = [str(argument) for argument in arguments]
        elsewhere = words[0] in ELSEWHERE and tuple(words[:2]) not in LOCAL
        return ended(capsys, *(before if elsewhere else ()), *words)

    return run


def ended(capsys, *words: str) -> Ended:
    """How a command of these words ends."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(words)
    captured = capsys.readouterr()
    return Ended(int(ended.value.code or 0), captured.out, captured.err)


@pytest.fixture
def graph(neo4j_server, monkeypatch):
    """The settings name the tests' server."""
    monkeypatch.setenv("INFLUENCE_NEO4J_URI", neo4j_server.uri)
    monkeypatch.setenv("INFLUENCE_NEO4J_USER", neo4j_server.user)
    monkeypatch.setenv("INFLUENCE_NEO4J_PASSWORD", neo4j_server.password)
    return neo4j_server


@pytest.fixture(scope="session")
def masked(tmp_path_factory) -> Path:
    """A small random masked-language model."""
    return random_bert(tmp_path_factory.mktemp("masked"), layers=3, heads=2)


@pytest.fixture(scope="session")
def classifier(tmp_path_factory) -> Path:
    """A small random classifier of two classes."""
    return random_bert(tmp_path_factory.mktemp("classifier"), kind="classifier")


GOOD = {"id": "good", "text": "the pilot that the guards like ***mask*** tall .", "correct": "is", "wrong": "are"}


@pytest.fixture
def sentences(tmp_path) -> Callable[..., Path]:
    """Writes rows to a JSON lines file."""

    def write(*rows: dict[str, object] | str, name: str = "sentences.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
        return path

    return write


def lines(text: str) -> list[dict[str, Any]]:
    """JSON lines, parsed."""
    return [json.loads(line) for line in text.splitlines()]
