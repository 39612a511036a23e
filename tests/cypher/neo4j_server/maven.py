"""A Maven repository on this machine, whose downloads can be made to go wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cypher.neo4j_server.jars import Jar, read_lock

Answer = Callable[[int], bytes]
"""What a jar's n-th request is answered with, counted from 0; fewer bytes than the jar has: the line is cut."""


class Maven:
    """Serves jars, and remembers what was asked for."""

    def __init__(self, answers: dict[Jar, Answer]):
        self.asked: list[str] = []  # names of jars
        self._answers = {jar.name: (jar, answer) for jar, answer in answers.items()}

    def handler(self) -> type[BaseHTTPRequestHandler]:
        maven = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.rpartition("/")[2]
                if name not in maven._answers:
                    self.send_error(404)
                    return
                jar, answer = maven._answers[name]
                content = answer(maven.asked.count(name))
                maven.asked.append(name)
                self.send_response(200)
                self.send_header("Content-Length", str(jar.size))
                self.end_headers()
                with suppress(BrokenPipeError, ConnectionResetError):  # the one who asked may be gone
                    self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own
                pass

        return Handler


@contextmanager
def serve(answers: dict[Jar, Answer]) -> Iterator[tuple[Maven, str]]:
    """The repository and its address."""
    maven = Maven(answers)
    server = ThreadingHTTPServer(("127.0.0.1", 0), maven.handler())
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield maven, f"http://127.0.0.1:{server.server_port}/maven2"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def serve_the_last(jars: Path, folder: Path) -> Iterator[tuple[Maven, str]]:
    """Puts all of Neo4j's jars into a folder but for one, which is to be had from the repository."""
    missing, *there = read_lock()
    folder.mkdir(parents=True)
    for jar in there:
        (folder / jar.name).symlink_to(jars / jar.name)
    with serve({missing: lambda _: (jars / missing.name).read_bytes()}) as served:
        yield served
