"""The supervisor, over a real Redis that is killed, stands still or cannot start."""

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from threading import Event, Thread

import pytest

from cypher.servers import supervision, supervisor
from cypher.servers.supervision import LIMIT, WINDOW, Supervision
from cypher.servers.supervisor import ServerChild, delay, supervise
from workers.broker.local import LocalBroker
from workers.broker.server import down, prepare, up

PATIENCE = 30.0


def until(true, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def server(tmp_path, monkeypatch) -> Iterator[LocalBroker]:
    """A broker under a supervisor that is quick."""
    for name, seconds in {"POLL": 0.05, "PROBE": 0.1, "IDLE": 0.5}.items():
        monkeypatch.setattr(supervisor, name, seconds)
    server = LocalBroker(tmp_path / "broker")
    up(server)
    server = replace(server, port=server.last_port())
    stop = Event()
    child = ServerChild(server, lambda: prepare(server))
    thread = Thread(target=supervise, args=([child], stop))
    thread.start()
    yield server
    stop.set()
    thread.join()
    down(server, timeout=10)


def restarts(server: LocalBroker) -> int:
    known = supervision.read(server.supervision)
    assert known is not None
    return known.restarts


def test_a_server_that_is_killed_is_back(server):
    for times in (1, 2, 3):
        process = server.process()
        assert process is not None
        process.kill()
        until(lambda times=times: restarts(server) == times and server.process() and server.answers())
    known = supervision.read(server.supervision)
    assert known is not None and known.cause == "it ended" and known.gave_up is None


def test_a_server_that_hangs_is_killed_and_is_back(server, monkeypatch):
    monkeypatch.setattr(supervisor, "STALLED", 1.0)
    monkeypatch.setattr("workers.broker.connection.SECONDS", 0.3)
    process = server.process()
    assert process is not None
    time.sleep(0.5)  # it has answered
    process.suspend()
    until(lambda: not process.is_running() and server.process() and server.answers())
    known = supervision.read(server.supervision)
    assert known is not None and known.restarts == 1 and str(known.cause).startswith("it gave no answer for ")


def test_a_server_that_only_stands_still_for_a_while_is_let_be(server, monkeypatch):
    monkeypatch.setattr("workers.broker.connection.SECONDS", 0.3)
    process = server.process()
    assert process is not None
    time.sleep(0.5)
    process.suspend()
    time.sleep(2)
    process.resume()
    until(server.answers)
    assert restarts(server) == 0 and server.process() == process


def test_one_that_nobody_can_ask_is_let_be(server, monkeypatch):
    monkeypatch.setattr(supervisor, "STALLED", 0.5)
    process = server.process()
    time.sleep(0.5)
    password = server.password()
    server.password_file.unlink()
    time.sleep(1.5)
    server.password_file.write_text("another\n")
    time.sleep(1.5)
    server.password_file.write_text(password)
    assert restarts(server) == 0 and server.process() == process


def test_an_error_that_nobody_expects_does_not_end_its_supervision(server, monkeypatch):
    raised = []

    def answers(self) -> bool:
        raised.append(self)
        raise RuntimeError("unexpected")

    with monkeypatch.context() as patch:
        patch.setattr(LocalBroker, "answers", answers)
        until(lambda: len(raised) > 2)
    process = server.process()
    assert process is not None and restarts(server) == 0
    with monkeypatch.context() as patch:
        patch.setattr(supervisor, "LONGEST_FAILED", 0.1)
        patch.setattr(supervisor, "bring_back", lambda *_: answers(server))
        process.kill()
        until(lambda: len(raised) > 5)
    until(lambda: restarts(server) == 1 and server.process() and server.answers())


def test_one_that_is_stopped_stays_so(server):
    assert down(server, timeout=10)
    time.sleep(1)
    assert server.process() is None and supervision.read(server.supervision) is None


@pytest.mark.parametrize("full", [0, 2])
def test_one_that_cannot_start_is_given_up(server, monkeypatch, full: int):
    """Also where the disk is full for the first times that this is to be written down."""
    given_up, tries = supervisor.give_up, []

    def give_up(*arguments) -> None:
        tries.append(arguments)
        if len(tries) <= full:
            raise OSError(28, "No space left on device")
        given_up(*arguments)

    monkeypatch.setattr(supervisor, "give_up", give_up)
    monkeypatch.setattr(supervisor, "LONGEST_FAILED", 0.01)
    monkeypatch.setattr(supervision, "LIMIT", 3)
    process = server.process()
    assert process is not None and server.port is not None
    process.suspend()
    process.kill()
    process.wait()
    with socket.create_server(("127.0.0.1", server.port)):  # the one port that it may have
        until(lambda: (known := supervision.read(server.supervision)) and known.gave_up)
    known = supervision.read(server.supervision)
    assert known is not None and known.restarts == 3 and "restarted 3 times" in str(known.gave_up)
    time.sleep(0.5)
    assert server.process() is None
    up(server)  # the user's word
    known = supervision.read(server.supervision)
    assert known == Supervision()


def test_backoff_is_exponential_and_bounded():
    assert [delay(series, 5.0) for series in range(1, 8)] == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    assert delay(10_000, 60.0) == 60.0


def test_restarts_of_the_last_hour_are_counted(tmp_path):
    file = tmp_path / "supervision.json"
    assert supervision.read(file) is None
    supervision.begin(file, ("--quiet",))
    known = Supervision(("--quiet",))
    assert supervision.read(file) == known
    for _ in range(LIMIT):
        assert not known.exhausted
        known = known.restarted("it ended")
    assert known.exhausted and known.restarts == LIMIT
    long_ago = replace(known, recent=tuple(each - WINDOW for each in known.recent))
    assert not long_ago.exhausted and len(long_ago.restarted("it ended").recent) == 1
    supervision.write(file, known)
    supervision.begin(file, ("--quiet",))
    assert supervision.read(file) == known
    supervision.write(file, replace(known, gave_up="too often"))
    supervision.begin(file, ("--quiet",))
    assert supervision.read(file) == Supervision(("--quiet",))


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"options": 3}', '{"options": [], "recent": [], "else": 1}'])
def test_a_damaged_file_still_says_that_it_is_to_run(tmp_path, damaged):
    file = tmp_path / "supervision.json"
    file.write_text(damaged)
    assert supervision.read(file) == Supervision()
