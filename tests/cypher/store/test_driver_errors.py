"""What goes wrong with the server while it works, told in a line."""

from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from neo4j import Driver
from neo4j.exceptions import Neo4jError, ServiceUnavailable, SessionExpired

from cypher.errors import QueryLimitExceeded, ServerUnavailable
from cypher.servers.daemon import SUPERVISION
from cypher.servers.supervision import begin
from cypher.store.database import Database
from cypher.store.driver_errors import server_error, storage_error

CAUSE = "Caused by: java.io.IOException: "


def error(code: str) -> Neo4jError:
    return Neo4jError._hydrate_neo4j(code=code, message="it broke")


@pytest.mark.parametrize(
    "code", ["Neo.DatabaseError.Transaction.TransactionLogError", "Neo.TransientError.General.DatabaseUnavailable"]
)
@pytest.mark.parametrize(
    ("log", "told"),
    [
        (
            "Caused by: java.io.IOException: No space left on device\n\tat java\n",
            "the disk of the graph's server is full",
        ),
        (
            "Caused by: java.io.IOException: Input/output error\n",
            "the graph's server cannot write its files: Input/output",
        ),
        ("all is well\n", "the graph's server has broken down: it broke"),
        (None, "the graph's server has broken down: it broke"),
    ],
)
def test_a_server_that_cannot_go_on_tells_why(tmp_path, code, log, told):
    if log is not None:
        (tmp_path / "debug.log").write_text(f"{'x' * 2**20}\n{log}")
    known = storage_error(error(code), tmp_path)
    assert known is not None
    assert known.problem.startswith(told)
    assert "restart it and try again" in known.fix


def test_a_full_disk_is_seen_where_nothing_could_be_logged(tmp_path, monkeypatch):
    monkeypatch.setattr("cypher.store.driver_errors.disk_usage", lambda _: SimpleNamespace(free=4096))
    known = storage_error(error("Neo.DatabaseError.Transaction.TransactionLogError"), tmp_path)
    assert known is not None
    assert known.problem == "the disk of the graph's server is full" and known.fix.startswith("Make room on it")


def test_other_errors_are_no_breakdown(tmp_path):
    assert storage_error(error("Neo.ClientError.Statement.SyntaxError"), tmp_path) is None


@pytest.mark.parametrize("gone", [ServiceUnavailable, SessionExpired])
def test_a_server_that_is_gone_is_none_to_try_once_more(gone):
    told = server_error(gone("closed"), None)
    assert isinstance(told, ServerUnavailable) and "has gone away" in told.problem


def test_a_server_that_is_restarted_is_told_from_one_that_is_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for logs in (tmp_path / "logs", Path("logs"), Path()):
        assert "Start it" in server_error(ServiceUnavailable("closed"), logs).fix
    begin(tmp_path / SUPERVISION)
    for logs in (tmp_path / "logs", Path("logs")):
        assert "It is restarted" in server_error(ServiceUnavailable("closed"), logs).fix


def test_a_query_without_an_answer_is_not_called_too_large():
    silent = SessionExpired("Failed to read from defunct connection")
    silent.__cause__ = TimeoutError("timed out")
    told = Database(driver=Mock(spec=Driver))._lost(silent)
    assert isinstance(told, ServerUnavailable) and "gave no answer to this query" in told.problem
    closed = Database(driver=Mock(spec=Driver))._lost(SessionExpired("closed"))
    assert isinstance(closed, QueryLimitExceeded) and "the answer is too large" in closed.problem
