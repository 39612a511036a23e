"""The lock is what Maven resolved."""

from cypher.neo4j_server.jars import LOCK, bad_jars, read_lock
from cypher.neo4j_server.update_lock import read_repository, write_lock
from tests.graph import local_server


def test_a_repository_of_the_locked_jars_gives_the_lock(tmp_path, neo4j_server):
    assert neo4j_server.uri  # started, so the jars are there
    jars = local_server(tmp_path).jars
    repository = tmp_path / "repository"
    for jar in read_lock():
        group, artifact, *_, version = jar.coordinate.split(":")
        place = repository.joinpath(*group.split("."), artifact, version, jar.name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(jars / jar.name)
    write_lock(read_repository(repository), tmp_path / "lock")
    assert (tmp_path / "lock").read_text() == LOCK.read_text()
    assert bad_jars(jars, read_lock(tmp_path / "lock")) == []
