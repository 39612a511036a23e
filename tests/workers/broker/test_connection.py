"""Where a broker is, and what is said when one cannot get in."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest
from kombu.connection import Connection as Kombu

from cypher.errors import AccessDenied, RequestError, ServerError, ServerUnavailable
from workers.broker import connection
from workers.broker.connection import Broker, is_known


@contextmanager
def imposter(answer: bytes) -> Iterator[str]:
    """Something that answers in this way whatever it is asked, and is no Redis."""

    class Answer(BaseRequestHandler):
        def handle(self) -> None:
            while self.request.recv(65536):
                self.request.sendall(answer)

    with ThreadingTCPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"redis://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("url", ["redis://here", "redis://here:7000", "rediss://here:7000/3", "redis://[::1]:7000/"])
def test_addresses(url):
    assert str(Broker(url)) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:6379",
        "http://localhost:6379",
        "redis://",
        "redis://host:port",
        "redis://host:99999",
        "redis://[::1",
        "redis://host/queue",
        "redis://host?db=1",
        "unix:///run/redis.sock",
    ],
)
def test_what_is_no_address(url):
    with pytest.raises(
        RequestError, match=r"INFLUENCE_REDIS_URL: .*(not a Redis address|this is not an address)"
    ) as caught:
        Broker(url)
    assert "redis://localhost:6379/0" in caught.value.fix


@pytest.mark.parametrize("entry", ["default:hunter2@", ":hunter2@", "hunter2@"])
def test_secrets_are_not_shown(entry):
    assert "hunter2" not in repr(Broker("redis://here", password="hunter2"))
    assert "hunter2" not in str(Broker("redis://here", password="hunter2"))
    with pytest.raises(RequestError) as caught:
        Broker(f"redis://{entry}here")
    assert "hunter2" not in str(caught.value) and "INFLUENCE_REDIS_PASSWORD" in caught.value.fix


def test_celery_gets_in_with_any_password(broker):
    with broker.open() as client:
        client.acl_setuser("a:b/c", enabled=True, passwords=["+p@ss:w/ö rd%2F"], commands=["+@all"], keys=["*"])
    try:
        with Kombu(replace(broker, user="a:b/c", password="p@ss:w/ö rd%2F").celery_url()) as celery:
            celery.connect()
    finally:
        with broker.open() as client:
            client.acl_deluser("a:b/c")


def test_celery_checks_certificates():
    assert Broker("redis://here:7000/3").celery_url() == "redis://here:7000/3"
    secured = Kombu(Broker("rediss://here:7000/3", password="x").celery_url())
    assert secured.ssl == {"ssl_cert_reqs": 2}
    assert (secured.hostname, secured.port, secured.virtual_host, secured.password) == ("here", 7000, "3", "x")


def test_a_database_of_its_own(broker):
    with replace(broker, url=f"{broker.url}/3").open() as third, broker.open() as first:
        third.set("only", "there")
        assert not first.exists("only")
        third.delete("only")
    with pytest.raises(ServerError, match=r"/99 cannot be used: DB index is out of range\. Check INFLUENCE_REDIS_URL"):
        replace(broker, url=f"{broker.url}/99").open()


def test_nobody_answers():
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"redis://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(
        ServerUnavailable, match=f"no Redis answers at {url}. .*unset INFLUENCE_REDIS_URL to use a local server"
    ):
        Broker(url).open()
    with pytest.raises(ServerUnavailable, match=f"no Redis answers at {url}. Start the local server"):
        Broker(url, local=True).open()


def test_a_wrong_password(broker):
    with pytest.raises(AccessDenied, match="rejects the password of the user 'default'") as caught:
        replace(broker, password="hunter2").open()
    assert "hunter2" not in str(caught.value) and "INFLUENCE_REDIS_PASSWORD" in caught.value.fix
    with pytest.raises(AccessDenied, match=r"asks for a password\. Set INFLUENCE_REDIS_PASSWORD"):
        replace(broker, password=None).open()
    with pytest.raises(AccessDenied, match="of the user 'nobody'"):
        replace(broker, user="nobody").open()


def test_a_server_that_needs_no_password(broker):
    with broker.open() as client:
        client.config_set("requirepass", "")
        try:
            with replace(broker, password=None).open() as open_to_all:
                assert open_to_all.ping()
        finally:
            client.config_set("requirepass", broker.password)


def test_what_is_no_redis():
    with imposter(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url, pytest.raises(ServerError) as caught:
        Broker(url).open()
    assert str(caught.value).startswith(f"{url} cannot be used: ") and "\n" not in str(caught.value)


def test_what_never_answers(monkeypatch):
    monkeypatch.setattr(connection, "SECONDS", 0.2)
    with imposter(b"") as url, pytest.raises(ServerUnavailable, match="no Redis answers"):
        Broker(url).open()


def test_a_server_that_still_reads_its_data():
    loading = b"-LOADING Redis is loading the dataset in memory\r\n"
    with imposter(loading) as url, pytest.raises(ServerUnavailable, match=r"is still loading its data\. Wait"):
        Broker(url).open()


@pytest.mark.parametrize("version", ["Redis 6.2.0", "Redis 7.0.15", "Redis 10.0", "Valkey 7.2.4", "Valkey 9.1.2"])
def test_known_versions(version):
    assert is_known(version)


@pytest.mark.parametrize("version", ["Redis 6.0.16", "Redis 5.2", "Redis None", "Redis", ""])
def test_other_versions(version):
    assert not is_known(version)


def test_a_server_that_is_too_old(broker, monkeypatch):
    monkeypatch.setattr("redis.Redis.info", lambda self, section: {"redis_version": "6.0.16"})
    with pytest.raises(ServerError, match=r"is Redis 6\.0\.16\. Use Redis 6\.2 or newer"):
        broker.open()
