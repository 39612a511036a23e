"""Everything that the graph's server needs, looked at one by one."""

from collections.abc import Iterator

from cypher.connection import Connection
from cypher.errors import ServerError
from cypher.neo4j_server.jars import bad_jars, locked_version, read_lock
from cypher.neo4j_server.java import find_java
from cypher.neo4j_server.local import LocalServer
from cypher.servers.checks import Check, check_answer, check_disk, check_memory, check_password, check_port
from cypher.servers.daemon import MEBIBYTE

DISK = 1024 * MEBIBYTE  # free bytes to ask for: Neo4j itself, and some data
OVERHEAD = 300 * MEBIBYTE  # what Java needs beside heap and page cache


def examine(server: LocalServer | Connection) -> Iterator[Check]:
    """Look at each thing in turn; nothing is changed."""
    if isinstance(server, LocalServer):
        yield _java()
        yield _jars(server)
        yield check_port(server)
        yield from check_password(server)
        yield check_disk("disk for data", server.home, DISK, "set INFLUENCE_HOME to a larger disk.")
        yield check_disk("disk for Neo4j", server.jars, DISK, "set XDG_CACHE_HOME to a larger disk.")
        memory = server.heap + server.page_cache + OVERHEAD
        yield check_memory(server, memory, "Set INFLUENCE_NEO4J_HEAP and INFLUENCE_NEO4J_PAGE_CACHE lower.")
    yield check_answer(server)


def _java() -> Check:
    try:
        java = find_java()
    except ServerError as error:
        return Check("Java", False, error.problem, error.fix)
    return Check("Java", True, f"{java.version} of {java.origin}: {java.path}")


def _jars(server: LocalServer) -> Check:
    name, lock = f"Neo4j {locked_version()}", read_lock()
    bad = bad_jars(server.jars, lock)
    if not bad:
        return Check(name, True, f"{len(lock)} jars, each with its checksum: {server.jars}")
    changed = [jar.name for jar in bad if (server.jars / jar.name).exists()]
    if changed:
        return Check(name, False, f"wrong checksum: {', '.join(changed)}", "The next start downloads them again.")
    if len(bad) == len(lock):
        return Check(name, True, "not downloaded yet; the first start does it")
    return Check(name, False, f"{len(bad)} of {len(lock)} jars missing", "The next start downloads them.")
