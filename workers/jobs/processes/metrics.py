"""What a worker's processes count, served for Prometheus.

The processes add up through files (prometheus_client's multiprocess mode), in a folder that PROMETHEUS_MULTIPROC_DIR
must name before this module is imported; without it every process counts for itself.
"""

import os
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from cypher.errors import Conflict, ServerError
from cypher.ledger.ledger import Ledger
from cypher.store.store import Store
from workers.environment import read_environment
from workers.jobs.messages.app import DEVICES

FOLDER = "PROMETHEUS_MULTIPROC_DIR"

CHUNKS = Counter("influence_chunks", "Chunks that a worker received, by how they ended.", ["ending"])
SENTENCES = Counter("influence_sentences", "Sentences whose results are stored.")
FAILED = Counter("influence_failed_sentences", "Sentences that became dead letters.")
FAILURES = Counter("influence_failures", "Failures to compute or store a chunk, by kind.", ["kind"])
SECONDS = Counter("influence_seconds", "Seconds of work on chunks, by phase.", ["phase"])
GPU_MEMORY = Gauge(
    "influence_gpu_memory_bytes",
    "The most memory of a GPU that torch has held.",
    ["device"],
    multiprocess_mode="livemax",
)


class QueueCollector(Collector):
    """How many chunks wait, read from the ledger when it is asked for."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily("influence_queue_length", "Chunks that wait in the ledger.", labels=["device"])
        try:
            # Whoever scrapes does not wait for a graph that is away.
            with Store.open(read_environment().graph(), max_transaction_retry_time=0) as store:
                waiting = Ledger(store).waiting()
        except (ServerError, Conflict):  # without a graph of this version there is no length
            return
        for device in DEVICES:
            family.add_metric([device], waiting.get(device, 0))
        yield family


def serve(host: str, port: int) -> None:
    """Serve the sums over all processes.

    Raises:
        OSError: the port is taken, or the address is none of this machine's.
    """
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    registry.register(QueueCollector())
    start_http_server(port, addr=host, registry=registry)


def forget(pid: int) -> None:
    """A process has ended: what it held counts no more, what it counted does."""
    if FOLDER in os.environ:
        mark_process_dead(pid)
