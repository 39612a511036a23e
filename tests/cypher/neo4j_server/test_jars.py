"""Neo4j's jars: what the lock says, and downloads that go wrong."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from cypher.errors import ServerError
from cypher.neo4j_server import jars
from cypher.neo4j_server.jars import Jar, bad_jars, fetch, locked_version, read_lock
from tests.cypher.neo4j_server.maven import serve

CONTENTS = {name: (name * 20_000).encode() for name in ("one", "two", "three")}
JARS = {
    name: Jar(f"org.example:{name}:1.0", len(content), hashlib.sha256(content).hexdigest())
    for name, content in CONTENTS.items()
}
ALL = tuple(JARS.values())


def good(name):
    return lambda n: CONTENTS[name]


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(jars.time, "sleep", lambda seconds: None)


def test_the_lock_pins_a_whole_server():
    lock = read_lock()
    assert re.fullmatch(r"5\.26\.\d+", locked_version())
    assert {f"org.neo4j:neo4j:{locked_version()}", f"org.neo4j.app:neo4j-server:{locked_version()}"} <= {
        jar.coordinate for jar in lock
    }
    assert len({jar.name for jar in lock}) == len(lock) > 200
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) and jar.size > 0 for jar in lock)
    assert all(re.fullmatch(r"[\w.-]+:[\w.-]+(:jar:[\w.-]+)?:[\w.-]+", jar.coordinate) for jar in lock)


@pytest.mark.parametrize(
    ("coordinate", "name"),
    [
        ("org.neo4j:neo4j:5.26.30", "neo4j-5.26.30.jar"),
        ("io.netty:epoll:jar:linux-x86_64:4.1", "epoll-4.1-linux-x86_64.jar"),
    ],
)
def test_a_jars_file_name(coordinate, name):
    assert Jar(coordinate, 1, "0").name == name


def test_fetches_all_and_tells_how_far_it_is(tmp_path):
    told = []
    with serve({JARS[name]: good(name) for name in JARS}) as (maven, url):
        fetch(tmp_path, ALL, lambda done, total: told.append((done, total)), url)
        assert sorted(maven.asked) == sorted(jar.name for jar in ALL)
        fetch(tmp_path, ALL, mirror=url)
        assert len(maven.asked) == len(ALL)
    size = sum(jar.size for jar in ALL)
    assert told[-1] == (size, size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {path.name for path in tmp_path.glob("*.jar")} == {jar.name for jar in ALL}


@pytest.mark.parametrize("wrong", [b"", b"cut", b"x" * len(CONTENTS["two"])], ids=["empty", "cut", "changed"])
def test_a_wrong_download_is_refused_and_fetched_again(tmp_path, wrong):
    answers = {JARS[name]: good(name) for name in JARS}
    answers[JARS["two"]] = lambda n: CONTENTS["two"] if n else wrong
    with serve(answers) as (maven, url):
        fetch(tmp_path, ALL, mirror=url)
        assert maven.asked.count(JARS["two"].name) == 2
    assert bad_jars(tmp_path, ALL) == []


@pytest.mark.parametrize("wrong", [b"cut", b"x" * len(CONTENTS["two"])], ids=["cut", "changed"])
def test_what_stays_wrong_is_never_used(tmp_path, wrong):
    answers = {JARS[name]: good(name) for name in JARS}
    answers[JARS["two"]] = lambda n: wrong
    with serve(answers) as (_, url), pytest.raises(ServerError, match=r"org\.example:two:1\.0 could not be downloaded"):
        fetch(tmp_path, ALL, mirror=url)
    assert not (tmp_path / JARS["two"].name).exists()


@pytest.mark.parametrize("damage", [b"", b"cut", b"x" * len(CONTENTS["two"])], ids=["empty", "cut", "changed"])
def test_a_damaged_file_is_found_and_mended_alone(tmp_path, damage):
    with serve({JARS[name]: good(name) for name in JARS}) as (maven, url):
        fetch(tmp_path, ALL, mirror=url)
        (tmp_path / JARS["two"].name).write_bytes(damage)
        assert bad_jars(tmp_path, ALL) == [JARS["two"]]
        fetch(tmp_path, ALL, mirror=url)
        assert maven.asked[len(ALL) :] == [JARS["two"].name]
    assert bad_jars(tmp_path, ALL) == []


def test_no_repository_answers(tmp_path):
    with pytest.raises(ServerError, match=r"could not be downloaded: ConnectionError.* INFLUENCE_MAVEN_URL"):
        fetch(tmp_path, ALL, mirror="http://127.0.0.1:9")


def test_a_killed_download_goes_on_where_it_stopped(tmp_path):
    killed = Event()

    def hang(n):
        killed.wait(60)
        return CONTENTS["three"]

    script = (
        "import sys; from pathlib import Path; from cypher.neo4j_server.jars import fetch, read_lock\n"
        "fetch(Path(sys.argv[1]), read_lock(Path(sys.argv[2])), mirror=sys.argv[3])"
    )
    lock = tmp_path / "lock"
    lock.write_text("".join(f"{jar.coordinate} {jar.size} {jar.sha256}\n" for jar in ALL))
    with serve({JARS["one"]: good("one"), JARS["two"]: good("two"), JARS["three"]: hang}) as (maven, url):
        program = subprocess.Popen([sys.executable, "-c", script, tmp_path, lock, url], cwd=Path(__file__).parents[3])
        while len(list(tmp_path.glob("*.jar"))) < 2 or len(maven.asked) < 2:
            assert program.poll() is None
        program.kill()
        program.wait()
        killed.set()
        fetch(tmp_path, ALL, mirror=url)
        assert maven.asked.count(JARS["one"].name) == maven.asked.count(JARS["two"].name) == 1
    assert bad_jars(tmp_path, ALL) == []
