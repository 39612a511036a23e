"""The folder of a local server: its configuration, its password, its command line."""

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from cypher import jars
from cypher.connection import Connection
from cypher.errors import GraphError
from cypher.java import Java
from cypher.process import ENTRY, home_option

HOST = "127.0.0.1"
USER = "neo4j"
MEBIBYTE = 2**20

JAVA_OPTIONS = (
    "-XX:+UseG1GC",
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djol.skipHotspotSAAttach=true",
    "-Dlog4j2.disable.jmx=true",
    *(
        f"--add-opens=java.base/{package}=ALL-UNNAMED"
        for package in ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")
    ),
)


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A Neo4j of this machine: where it lives, and what it may use."""

    home: Path  # absolute; data, logs, configuration and password
    jars: Path  # the jars of neo4j.lock, shared by every home
    bolt_port: int | None = None  # None: that of the last time if it is free, or any free one
    heap: int = 1024 * MEBIBYTE  # bytes
    page_cache: int = 256 * MEBIBYTE  # bytes
    maven: str | None = None  # a Maven repository; None: Maven Central

    @property
    def conf(self) -> Path:
        return self.home / "conf" / "neo4j.conf"

    @property
    def password_file(self) -> Path:
        return self.home / "password"

    @property
    def console(self) -> Path:
        """What the server itself printed since its last start."""
        return self.home / "logs" / "console.log"

    @property
    def has_data(self) -> bool:
        """Was this server started before?"""
        return (self.home / "data" / "databases" / "system").exists()

    def last_port(self) -> int | None:
        """The port it was started with last."""
        try:
            match = re.search(r"^server\.bolt\.listen_address=.*:(\d+)$", self.conf.read_text(), flags=re.MULTILINE)
        except FileNotFoundError:
            return None
        return int(match[1]) if match else None

    def connection(self) -> Connection:
        """How to reach the server that was started last.

        Raises:
            GraphError: none was ever started, or its password is gone.
        """
        port = self.last_port()
        if port is None:
            raise GraphError("there is no local Neo4j yet", "Start it: influence up")
        return Connection(f"bolt://{HOST}:{port}", USER, self.password(), self.home / "logs")

    def password(self) -> str:
        """The generated password.

        Raises:
            GraphError: its file is gone, empty, or cannot be read.
        """
        try:
            password = self.password_file.read_text().strip()
        except OSError as error:
            raise GraphError(
                f"the password of the local Neo4j cannot be read ({error.strerror}: {self.password_file})",
                f"Put that file back, or give the data up: influence down, then remove {self.home}",
            ) from error
        if not password:
            raise GraphError(f"{self.password_file} is empty", f"Put it back, or give the data up: remove {self.home}")
        return password

    def make_password(self) -> None:
        """Generate a password, in a file that only this user can read, whole or not at all."""
        new = self.password_file.with_name(".password.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(24) + "\n")
        new.replace(self.password_file)

    def write_conf(self, port: int) -> None:
        """Neo4j's own configuration file."""
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
        new = self.conf.with_name(".neo4j.conf.new")
        new.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        new.replace(self.conf)

    def server_command(self, java: Java) -> list[str]:
        """The server's command line; it holds no secret."""
        memory = f"{self.heap // MEBIBYTE}m"
        places = [home_option(self.home), f"--config-dir={self.conf.parent}"]
        return [*self._java(java, f"-Xms{memory}", f"-Xmx{memory}"), ENTRY, *places, "--console-mode"]

    def admin_command(self, java: Java, *arguments: str) -> list[str]:
        """A command line of Neo4j's administration tool; `admin_environment` goes with it."""
        return [*self._java(java, f"-Xmx{self.heap // MEBIBYTE}m"), "org.neo4j.cli.AdminTool", *arguments]

    def admin_environment(self) -> dict[str, str]:
        return {**os.environ, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.conf.parent)}

    def _java(self, java: Java, *options: str) -> list[str]:
        """Java with the class path in a file: 213 jars, and these alone."""
        paths = os.pathsep.join(str(self.jars / jar.name) for jar in jars.read_lock())
        quoted = paths.replace("\\", "\\\\").replace('"', '\\"')
        class_path = self.home / "classpath"
        class_path.write_text(f'-cp "{quoted}"\n')
        return [str(java.path), *JAVA_OPTIONS, *options, f"@{class_path}"]
