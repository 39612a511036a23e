"""The command line as a user meets it: what it prints where, and how it ends."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.cli.app import main
from tests.random_models import random_bert


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Influence = Callable[..., Ended]


@pytest.fixture
def influence(capsys) -> Influence:
    """Runs `influence` with the given arguments, in this process."""

    def run(*arguments: object) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run


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
