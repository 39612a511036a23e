"""What goes wrong between a client and a service: one clear error for each."""

import http.server
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any, ClassVar

import pytest

from cypher.errors import (
    AccessDenied,
    Busy,
    Conflict,
    InfluenceError,
    InvalidInput,
    InvalidQuery,
    NotFound,
    QueryLimitExceeded,
    RefusedQuery,
    RequestError,
    ServerError,
    ServerUnavailable,
    TooLarge,
    kinds,
)
from service.api.problems import KINDS
from service.client.client import Client
from service.operations import reports
from service.operations.keys import Keys
from service.operations.queries import ask
from service.operations.reports import Choices
from tests.service.api.conftest import listening, offline
from workers.analysis.settings import Settings
from workers.datasets import Instance


def test_every_error_of_the_project_has_a_code_that_the_service_uses():
    assert kinds().keys() <= KINDS.keys()
    assert all(kind.code == code for code, kind in kinds().items())


Asked = Callable[[Any], object]


@pytest.mark.parametrize(
    ("asked", "here", "kind"),
    [
        (lambda c: c.report("heads", "no-run"), lambda s: reports.run_report(s, "heads", "no-run"), NotFound),
        (lambda c: c.report("accuray", "x"), lambda s: reports.run_report(s, "accuray", "x"), NotFound),
        (lambda c: c.query("RETRUN 1"), lambda s: ask(s, "RETRUN 1", {}), InvalidQuery),
        (lambda c: c.query("CREATE (n)"), lambda s: ask(s, "CREATE (n)", {}), RefusedQuery),
        (lambda c: c.query("RETURN $x", {"y": 1}), lambda s: ask(s, "RETURN $x", {"y": 1}), RequestError),
        (lambda c: c.query(""), lambda s: ask(s, "", {}), InvalidInput),
        (
            lambda c: c.query("UNWIND range(1, 100000000000) AS x RETURN count(x)", seconds=0.5),
            lambda s: ask(s, "UNWIND range(1, 100000000000) AS x RETURN count(x)", {}, seconds=0.5),
            QueryLimitExceeded,
        ),
    ],
)
def test_problems_are_the_errors_of_the_use_cases(client, store, asked: Asked, here: Asked, kind):
    raised: list[InfluenceError] = []
    for ask_it, of in ((asked, client), (here, store)):
        with pytest.raises(kind) as error:
            ask_it(of)
        raised.append(error.value)
    there, local = raised
    assert type(there) is type(local)
    assert (there.field, there.problem, there.fix, there.where) == (local.field, local.problem, local.fix, local.where)


def test_problems_of_a_run(client, store, run):
    for choices in (Choices(task="sva-ob"), Choices(level="att"), Choices(align="x"), Choices(method="gprs")):
        with pytest.raises(RequestError) as there:
            client.report("attractors", run, choices)
        with pytest.raises(RequestError) as here:
            reports.run_report(store, "attractors", run, choices)
        assert (type(there.value), there.value.args) == (type(here.value), here.value.args)
    with pytest.raises(Conflict, match="is not a job"):
        client.progress(run)
    with pytest.raises(Conflict, match="is not a job"):
        next(client.follow(run))


def test_a_run_that_no_address_can_hold(client):
    for name in ("a/b", "", "..", "."):
        with pytest.raises(NotFound, match="there is no run"):
            client.report("accuracy", name)


def test_a_bad_sentence_is_named_as_in_its_file(client):
    bad = Instance("1", "no mask .", "is", "are", origin="mine.csv:7")
    with pytest.raises(InvalidInput) as error:
        client.submit([Instance("0", "a ***mask*** b", "is", "are", origin="mine.csv:6"), bad], Settings())
    assert (error.value.field, error.value.where) == ("text", "mine.csv:7")
    with pytest.raises(InvalidInput, match="takes none"):
        client.submit([bad], Settings(sources=(1,)))


@pytest.mark.parametrize(
    ("scopes", "days", "told"),
    [
        (("query",), None, "has the scopes query. Use a key with the scope read"),
        (("read",), 1e-9, "the API key is unknown or has expired. Give another."),
    ],
)
def test_a_key_that_may_not(service, scopes, days, told):
    _, key = Keys(service.log.parent / "keys.json").create(f"weak {days}", scopes, days)
    with Client(service.url, key) as client, pytest.raises(AccessDenied) as error:
        client.runs()
    assert told in str(error.value) and key not in str(error.value)


def test_no_key_and_a_wrong_one(service, monkeypatch):
    with (
        Client(service.url) as client,
        pytest.raises(AccessDenied, match=r"is no API key\. Give one, or set INF"),
    ):
        client.runs()
    with Client(service.url, "ig_12345678_wrong") as client:
        for asked in (client.runs, lambda: next(client.follow("x")), lambda: client.query("RETURN 1")):
            with pytest.raises(AccessDenied, match="unknown or has expired"):
                asked()
    monkeypatch.setenv("INFLUENCE_API_KEY", service.key)
    with Client(service.url) as client:
        assert client.tasks()


def test_a_key_in_a_file_of_secrets(service, tmp_path, monkeypatch):
    (tmp_path / "influence_api_key").write_text(f"{service.key}\n")
    monkeypatch.setenv("INFLUENCE_SECRETS_DIR", str(tmp_path))
    with Client(service.url) as client:
        assert client.tasks()


@pytest.mark.parametrize("key", ["two words", "schlüssel", "a\nb"])
def test_a_key_that_is_none(service, key):
    with pytest.raises(InvalidInput, match="the API key is none") as error:
        Client(service.url, key)
    assert key not in str(error.value)


@pytest.mark.parametrize(
    "url", ["", "influence.example.org", "ftp://a", "http://", "http://a?b=c", "http://a:b", "http://\n", "http://a/#b"]
)
def test_an_address_that_is_none(url):
    with pytest.raises(InvalidInput, match=r"http://127\.0\.0\.1:8642"):
        Client(url)


def test_no_address(monkeypatch):
    monkeypatch.delenv("INFLUENCE_SERVER", raising=False)
    with pytest.raises(InvalidInput, match="set INFLUENCE_SERVER"):
        Client()
    monkeypatch.setenv("INFLUENCE_SERVER", "http://127.0.0.1:9")
    assert repr(Client()) == "<Client of http://127.0.0.1:9>"


def test_an_address_with_a_password():
    with pytest.raises(InvalidInput) as error:
        Client("https://me:secret@example.org")
    assert "secret" not in str(error.value)


def test_a_key_travels_in_the_clear_to_this_machine_alone():
    for url in ("http://influence.example.org", "http://192.0.2.1:8642", "http://localhost.example.org"):
        with pytest.raises(RequestError, match="is not encrypted"):
            Client(url, "ig_1_2")
        Client(url).close()
        Client(url, "ig_1_2", plain_http=True).close()
    for url in ("http://localhost:1", "http://127.0.0.2", "http://[::1]:1", "https://influence.example.org"):
        Client(url, "ig_1_2").close()


def test_nothing_there():
    with Client("http://127.0.0.1:9") as client:
        for asked in (client.runs, client.status, lambda: next(client.follow("x"))):
            with pytest.raises(ServerUnavailable, match=r"nothing answers at http://127\.0\.0\.1:9 "):
                asked()


def test_its_servers_are_away(tmp_path):
    with listening(offline(tmp_path)) as url, Client(url, patience=0) as client:
        with pytest.raises(ServerUnavailable, match="the graph does not answer") as error:
            client.runs()
        assert error.value.field == "graph"
        assert not client.status().usable
        assert [each.field for each in client.unusable()] == ["graph", "broker"]


@contextmanager
def another_program(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """A web server that is none of ours."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library calls it
        pass


class Pages(Files):
    """Answers everything with a page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Welcome</html>")


class Elsewhere(Files):
    """Sends everybody away, and remembers what it was told."""

    keys: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.keys.append(self.headers.get("Authorization"))
        self.send_response(307)
        self.send_header("Location", "http://localhost:9/v1/runs?secret=1")
        self.end_headers()


def test_another_program():
    for handler, told in (
        (Files, "answers with the status 404, and not as this program's service does. Check the address."),
        (Pages, "the service answers in a form that cannot be read. Check the address"),
        (Elsewhere, "the status 307 and another address, http://localhost:9/v1/runs, and not as"),
    ):
        with another_program(handler) as url, Client(url, "ig_1_2") as client:
            for asked in (client.runs, client.reports, lambda client=client: next(client.follow("x"))):
                with pytest.raises(ServerError) as error:
                    asked()
                assert told in str(error.value)
    assert Elsewhere.keys == ["Bearer ig_1_2"] * 3


def test_a_service_that_lacks_what_is_asked_for(client):
    with pytest.raises(ServerError, match=r"has no /v1/nothing. It may be of an earlier version"):
        client._service.json("GET", "/v1/nothing")


def test_too_much(environment):
    many = [Instance(str(n), f"the {'very ' * n}***mask*** .", "is", "are") for n in range(4)]
    with listening(environment, sentences=3, body=2000) as url, Client(url) as client:
        with pytest.raises(TooLarge, match="more than the 3 sentences"):
            client.submit(many, Settings())
        with pytest.raises(TooLarge, match="more than the 2,000 bytes"):
            client.submit(many * 10, Settings())


def test_too_often(environment):
    with listening(environment, requests=2) as url, Client(url) as client:
        client.tasks()
        client.tasks()
        with pytest.raises(Busy, match=r"more than 2 requests .* Try again in \d+ seconds"):
            client.tasks()


def test_the_key_is_nowhere_to_be_seen(service, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with Client(service.url, service.key) as client:
        client.tasks()
        shown = [repr(client), repr(client._service), repr(client._service._http), repr(client._service._http.headers)]
        with pytest.raises(NotFound) as error:
            client.report("accuracy", "no-such-run")
        shown += [repr(error.value), repr(error.value.args)]
    printed = capfd.readouterr()
    secret = service.key.split("_", 2)[2]
    assert "httpcore" in {record.name.partition(".")[0] for record in caplog.records}
    for text in (*shown, caplog.text, printed.out, printed.err, service.log.read_text()):
        assert secret not in text
