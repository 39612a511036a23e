"""The local Neo4j, brought up and down."""

import subprocess

import psutil

from cypher.connection import Connection
from cypher.errors import ServerError
from cypher.neo4j_server import jars
from cypher.neo4j_server.java import Java, find_java
from cypher.neo4j_server.local import LocalServer
from cypher.servers.lifecycle import Notify, RunningServer, Start, bring_up, down
from cypher.servers.process import spawn

__all__ = ["down", "download", "prepare", "up"]


def download(server: LocalServer, on_download: jars.OnDownload = lambda done, total: None) -> None:
    """Bring Neo4j (130 MB) to where the server looks for it; what already exists stays.

    Raises:
        ServerError: it cannot be had.
    """
    jars.fetch(server.jars, jars.read_lock(), on_download, server.maven)


def up(
    server: LocalServer,
    on_download: jars.OnDownload = lambda done, total: None,
    notify: Notify = lambda words: None,
) -> RunningServer[Connection]:
    """Start the server unless it runs, and return when it answers.

    The first time, this downloads Neo4j and makes a password. Two calls at once start one server.

    Raises:
        ServerError: no Java, no download, no port, no start; the message says which and what to do.
    """
    return bring_up(server, lambda: prepare(server, on_download), notify)


def prepare(server: LocalServer, on_download: jars.OnDownload = lambda done, total: None) -> Start:
    """See to everything that the server needs. Returns what starts it.

    Raises:
        ServerError: no Java, or no download.
    """
    java = find_java()
    download(server, on_download)
    return lambda: _start(server, java)


def _start(server: LocalServer, java: Java) -> psutil.Process:
    _prepare_password(server, java)
    return spawn(server.server_command(java), server.console)


def _prepare_password(server: LocalServer, java: Java) -> None:
    """Before the very first start, give the server its password, through a file and not through a command line."""
    if server.password_in_use:
        return
    if not server.password_file.exists():
        server.make_password()
    (server.home / "data" / "dbms" / "auth.ini").unlink(missing_ok=True)
    command = server.admin_command(java, "dbms", "set-initial-password", f"@{server.password_file}")
    done = subprocess.run(command, env=server.admin_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServerError(
            "graph", f"Neo4j could not be given its password: {done.stderr.strip()}", f"Check {server.home}."
        )
