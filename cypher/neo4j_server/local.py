"""A local Neo4j: its folder, its configuration, its command line."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psutil

from cypher.connection import START_LOCAL, Connection
from cypher.errors import ServerError
from cypher.neo4j_server import jars
from cypher.neo4j_server.java import Java
from cypher.servers.daemon import HOST, MEBIBYTE, Daemon, write_private
from cypher.servers.process import find

USER = "neo4j"
ENTRY = "org.neo4j.server.CommunityEntryPoint"

JAVA_OPTIONS = (
    "-XX:+UseParallelGC",  # writes a sixth faster than with G1, whose pauses are shorter
    *(["-XX:+UseTransparentHugePages"] if sys.platform == "linux" else []),  # unknown elsewhere
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:GCTimeLimit=50",  # a heap that is as good as full is such an error too: else it ends after minutes
    "-XX:GCHeapFreeLimit=20",
    "-XX:MaxDirectMemorySize=128m",  # a row beyond that is refused as too large; by default, the heap's size
    "-Djol.skipHotspotSAAttach=true",
    "-Dlog4j2.disable.jmx=true",
    *(
        f"--add-opens=java.base/{package}=ALL-UNNAMED"
        for package in ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")
    ),
)


@dataclass(frozen=True, slots=True)
class LocalServer(Daemon[Connection]):
    """A Neo4j of this machine: where it lives, and what it may use."""

    NAME: ClassVar[str] = "Neo4j"
    FIELD: ClassVar[str] = "graph"
    START: ClassVar[str] = START_LOCAL
    PORT_VARIABLE: ClassVar[str] = "INFLUENCE_NEO4J_BOLT_PORT"
    ERROR: ClassVar[str] = r"^(.*ERROR.*|Error.*|Terminating due to .*)$"
    FATAL: ClassVar[str] = r"^Terminating due to (.*)$"

    jars: Path  # the jars of neo4j.lock, shared by every home
    heap: int = 1024 * MEBIBYTE  # bytes
    page_cache: int = 256 * MEBIBYTE  # bytes
    maven: str | None = None  # a Maven repository; None: Maven Central

    @property
    def conf(self) -> Path:
        return self.home / "conf" / "neo4j.conf"

    @property
    def password_in_use(self) -> bool:
        return (self.home / "data" / "databases" / "system").exists()

    def planned_version(self) -> str | None:
        return jars.locked_version()

    def process(self) -> psutil.Process | None:
        return find(ENTRY, self._home_option)

    def last_port(self) -> int | None:
        try:
            match = re.search(r"^server\.bolt\.listen_address=.*:(\d+)$", self.conf.read_text(), flags=re.MULTILINE)
        except FileNotFoundError:
            return None
        return int(match[1]) if match else None

    def endpoint_at(self, port: int) -> Connection:
        return Connection(f"bolt://{HOST}:{port}", USER, self.password(), self.home / "logs")

    @property
    def silence(self) -> float:
        """A collection of the whole heap stops everything else, and takes some processor seconds a gigabyte."""
        return 10.0 * max(1.0, self.heap / 2**30)

    def serves(self, endpoint: Connection) -> bool:
        return endpoint.serves()

    def is_torn(self) -> bool:
        """After a failed write, a part of it is the log's end. A stop writes the whole of it behind that, and then no
        start can read the log any more; a kill leaves an end that the next start cuts off.
        """
        try:
            return not self.connection().serves()
        except ServerError:
            return False

    def write_conf(self, port: int) -> None:
        settings = {
            "server.default_listen_address": HOST,
            "server.bolt.listen_address": f"{HOST}:{port}",
            "server.bolt.advertised_address": f"{HOST}:{port}",
            "server.http.enabled": "false",
            "server.https.enabled": "false",
            "server.memory.pagecache.size": f"{self.page_cache // MEBIBYTE}m",
            "dbms.usage_report.enabled": "false",
            "dbms.security.auth_max_failed_attempts": "0",  # else wrong passwords lock the right one out
            "dbms.security.allow_csv_import_from_file_urls": "false",
            "internal.dbms.cypher_ip_blocklist": "0.0.0.0/0,::/0",  # LOAD CSV reaches no host either
            "db.memory.transaction.max": f"{self.heap // 2 // MEBIBYTE}m",  # no query takes all of it
            "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",  # by then every database is closed
            "internal.dbms.tx_log.fail_on_corrupted_log_files": "false",  # a full disk leaves half of the last one
            "db.tx_log.preallocate": "false",  # else every database takes 256 MB from the start
            "db.tx_log.rotation.retention_policy": "1 files",
        }
        self.conf.parent.mkdir(exist_ok=True)
        write_private(self.conf, "".join(f"{name}={value}\n" for name, value in settings.items()))

    def server_command(self, java: Java) -> list[str]:
        """The server's command line; it holds no secret."""
        memory = f"{self.heap // MEBIBYTE}m"
        places = [self._home_option, f"--config-dir={self.conf.parent}"]
        return [*self._java(java, f"-Xms{memory}", f"-Xmx{memory}"), ENTRY, *places, "--console-mode"]

    def admin_command(self, java: Java, *arguments: str) -> list[str]:
        """A command line of Neo4j's administration tool; `admin_environment` goes with it."""
        return [*self._java(java, f"-Xmx{self.heap // MEBIBYTE}m"), "org.neo4j.cli.AdminTool", *arguments]

    def admin_environment(self) -> dict[str, str]:
        return {**os.environ, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.conf.parent)}

    @property
    def _home_option(self) -> str:
        """What names the folder on the command line, and so the server."""
        return f"--home-dir={self.home}"

    def _java(self, java: Java, *options: str) -> list[str]:
        """Java with the class path in a file: 213 jars, and these alone."""
        paths = os.pathsep.join(str(self.jars / jar.name) for jar in jars.read_lock())
        quoted = paths.replace("\\", "\\\\").replace('"', '\\"')
        class_path = self.home / "classpath"
        class_path.write_text(f'-cp "{quoted}"\n')
        return [str(java.path), *JAVA_OPTIONS, *options, f"@{class_path}"]
