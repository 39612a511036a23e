"""A disk that is full in the middle of a write: a small one, made of memory, that only a child of the test sees."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from cypher.errors import ServerError
from cypher.neo4j_server.server import down, up
from tests.cypher.store.disturbed import STATEMENTS, Disturbance, everything, forget, store_all
from tests.graph import local_server
from tests.workers.some_results import some_results
from workers.records.chunks import INSTANCES

pytestmark = pytest.mark.servers

SIZE = 96 * 2**20  # bytes


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process have a disk of its own without root")
def test_on_a_full_disk_it_says_so_and_goes_on_where_there_is_room_again(tmp_path):
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    mount = f'mount -t tmpfs -o size={SIZE} tmpfs "$1" && exec "$0" -c "$2" "$1"'
    script = "import sys; from tests.cypher.store.test_full_disk import fill; fill(sys.argv[1])"
    command = [*alone, "sh", "-c", mount, sys.executable, str(tmp_path), script]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3])
    assert (ended.returncode, ended.stdout) == (0, "it goes on\n"), ended.stderr


def fill(folder: str) -> None:
    """What the child does, on a disk of `SIZE`."""
    server = local_server(Path(folder, "neo4j"))
    ballast = Path(folder, "ballast")
    results = some_results(2 * INSTANCES)

    def fill_up() -> None:
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)):
                pass

    try:
        up(server)
        store_all(server, results)
        undisturbed = everything(server)
        forget(server)
        with pytest.MonkeyPatch.context() as patch:
            Disturbance(fill_up, STATEMENTS, patch)  # in the second chunk
            with pytest.raises(ServerError) as full:
                store_all(server, results)
        assert full.value.problem == "the disk of the graph's server is full"
        assert full.value.fix.startswith("Make room on it, restart it")
        ballast.unlink()
        down(server)
        up(server)
        store_all(server, results)
        assert everything(server) == undisturbed
    finally:
        down(server)
    print("it goes on")
