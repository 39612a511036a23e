"""Something that speaks just enough Bolt to be asked what it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

NONE = bytes(4)  # instead of a version: none that the client speaks
BOLT_4_4 = bytes((0, 0, 4, 4))
GOODBYE = 0x02


@contextmanager
def serve_bolt(agent: str, version: bytes = BOLT_4_4) -> Iterator[str]:
    """Calls itself `agent` and agrees to whatever it is sent.

    Yields: its address.
    """

    class Answer(StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.read(20)  # a magic number, and four versions that the client proposes
            self.wfile.write(version)
            while version != NONE and (message := _message(self.rfile.read)) and message[1] != GOODBYE:
                self.wfile.write(_success({"server": agent, "connection_id": "bolt-1"}))

    with ThreadingTCPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"bolt://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _message(read) -> bytes:
    """A message's chunks, up to the empty one; nothing where the client is gone."""
    message = b""
    while size := int.from_bytes(read(2), "big"):
        message += read(size)
    return message


def _success(metadata: dict[str, str]) -> bytes:
    """SUCCESS with short texts, in one chunk."""
    texts = b"".join(bytes([0x80 + len(text)]) + text.encode() for item in metadata.items() for text in item)
    message = bytes([0xB1, 0x70, 0xA0 + len(metadata)]) + texts
    return len(message).to_bytes(2, "big") + message + bytes(2)
