"""Write neo4j.lock again, for another Neo4j; README.md says how."""

import hashlib
import sys
from pathlib import Path

from cypher.neo4j_server.jars import LOCK, Jar

HEADER = "# org.neo4j:neo4j and org.neo4j.app:neo4j-server with all they need: Maven coordinate, bytes, SHA-256.\n"


def read_repository(folder: Path) -> list[Jar]:
    """The jars of a folder in the layout of a Maven repository (group/artifact/version/file), by coordinate."""
    return sorted(
        (_jar(path, path.relative_to(folder)) for path in folder.rglob("*.jar")), key=lambda jar: jar.coordinate
    )


def _jar(path: Path, place: Path) -> Jar:
    *groups, artifact, version, _ = place.parts
    classifier = path.stem.removeprefix(f"{artifact}-{version}").removeprefix("-")
    kind = f"jar:{classifier}:" if classifier else ""
    content = path.read_bytes()
    coordinate = f"{'.'.join(groups)}:{artifact}:{kind}{version}"
    return Jar(coordinate, len(content), hashlib.sha256(content).hexdigest())


def write_lock(jars: list[Jar], path: Path) -> None:
    """The file that `read_lock` reads."""
    path.write_text(HEADER + "".join(f"{jar.coordinate} {jar.size} {jar.sha256}\n" for jar in jars))


if __name__ == "__main__":
    write_lock(read_repository(Path(sys.argv[1])), LOCK)
