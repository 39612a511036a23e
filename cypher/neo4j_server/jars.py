"""Neo4j's jars: those of neo4j.lock and no others, each checked against its checksum before it is used."""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from cypher.errors import ServerError

LOCK = Path(__file__).with_name("neo4j.lock")
PARTIAL = ".partial"  # where downloads grow
ATTEMPTS = 3
DOWNLOADS = 6  # at once

OnDownload = Callable[[int, int], None]
"""Told the bytes that are there, and those that there will be."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock."""

    coordinate: str  # Maven's group:artifact:version, or group:artifact:jar:classifier:version
    size: int  # bytes
    sha256: str

    @property
    def name(self) -> str:
        _, artifact, *kind, version = self.coordinate.split(":")
        return "-".join([artifact, version, *kind[1:]]) + ".jar"

    def is_good(self, path: Path) -> bool:
        """Is this file the jar, byte for byte?"""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256


def read_lock(path: Path = LOCK) -> tuple[Jar, ...]:
    """The jars that make a Neo4j server, in the order of the class path."""
    lines = (line.split() for line in path.read_text().splitlines() if not line.startswith("#"))
    return tuple(Jar(coordinate, int(size), sha256) for coordinate, size, sha256 in lines)


def locked_version(jars: tuple[Jar, ...] = read_lock()) -> str:
    """The version of Neo4j that the lock holds."""
    return next(jar.coordinate for jar in jars if jar.coordinate.startswith("org.neo4j:neo4j:")).rpartition(":")[2]


def bad_jars(directory: Path, jars: tuple[Jar, ...]) -> list[Jar]:
    """Those that are missing, cut or changed."""
    with ThreadPoolExecutor() as pool:
        good = pool.map(lambda jar: jar.is_good(directory / jar.name), jars)
        return [jar for jar, is_good in zip(jars, good, strict=True) if not is_good]


def fetch(
    directory: Path,
    jars: tuple[Jar, ...],
    on_download: OnDownload = lambda done, total: None,
    mirror: str | None = None,
) -> None:
    """Bring every jar into the directory; the good ones that are there stay.

    What was fetched before an interruption is kept. A jar moves into the directory only with the right checksum.

    Args:
        mirror: the address of a Maven repository to ask instead of Maven Central.

    Raises:
        ServerError: a jar cannot be had, or what comes is not what the lock says.
    """
    directory.mkdir(parents=True, exist_ok=True)
    import portalocker  # which imports Redis's client

    with portalocker.Lock(directory / ".lock", flags=portalocker.LOCK_EX):
        wanted = bad_jars(directory, jars)
        if not wanted:
            return
        tally = _Tally(sum(jar.size for jar in jars), sum(jar.size for jar in wanted), on_download)
        pool = ThreadPoolExecutor(DOWNLOADS)
        try:
            for future in as_completed([pool.submit(_fetch_one, directory, jar, tally, mirror) for jar in wanted]):
                future.result()
        finally:
            pool.shutdown(cancel_futures=True)
        shutil.rmtree(directory / PARTIAL)


class _Tally:
    """Adds up the bytes of downloads that go on side by side."""

    def __init__(self, total: int, wanted: int, on_download: OnDownload):
        self._total = total
        self._done = total - wanted
        self._on_download = on_download
        self._lock = Lock()

    def add(self, size: int) -> None:
        with self._lock:
            self._done += size
            self._on_download(self._done, self._total)

    @contextmanager
    def one_file(self, name: str, size: int) -> Iterator[Callable[[int], None]]:
        """The shape in which jgo reports a download."""
        yield self.add


def _fetch_one(directory: Path, jar: Jar, tally: _Tally, mirror: str | None) -> None:
    from jgo.maven import MavenContext, PythonResolver
    from requests import RequestException

    group, artifact, *kind, version = jar.coordinate.split(":")
    context = MavenContext(
        resolver=PythonResolver(progress_callback=tally.one_file),
        repo_cache=directory / PARTIAL,
        remote_repos=None if mirror is None else {"mirror": mirror.rstrip("/")},
        timeout=60,
    )
    wanted = context.project(group, artifact).at_version(version).artifact(*kind[1:])
    partial = wanted.cached_path
    assert partial is not None
    problem = ""
    for attempt in range(ATTEMPTS):
        time.sleep(attempt)
        partial.unlink(missing_ok=True)
        try:
            wanted.resolve()
        except (RequestException, RuntimeError) as error:
            problem = f"{type(error).__name__} ({error})"
            continue
        if jar.is_good(partial):
            partial.replace(directory / jar.name)
            return
        problem = "what came does not have the checksum of neo4j.lock"
    raise ServerError(
        "graph",
        f"Neo4j's {jar.coordinate} could not be downloaded: {problem}",
        "Check that Maven Central can be reached, or name a mirror with INFLUENCE_MAVEN_URL; then try again: what is "
        "downloaded is kept.",
    )
