"""What a worker's processes count, served on loopback for Prometheus.

The processes add up through files (prometheus_client's multiprocess mode), in a folder that PROMETHEUS_MULTIPROC_DIR
must name before this module is imported; without it every process counts for itself.
"""

from collections.abc import Iterator

from kombu.exceptions import OperationalError
from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from workers.jobs.queues import Queues

FOLDER = "PROMETHEUS_MULTIPROC_DIR"

CHUNKS = Counter("influence_chunks", "Chunks that a worker was given, by how that ended.", ["ending"])
SENTENCES = Counter("influence_sentences", "Sentences whose results are stored.")
SECONDS = Counter("influence_seconds", "Seconds of work on chunks, by phase.", ["phase"])
GPU_MEMORY = Gauge(
    "influence_gpu_memory_bytes", "The most that torch has held of a GPU.", ["device"], multiprocess_mode="livemax"
)


class QueueCollector(Collector):
    """The queues' lengths, asked for when they are asked for."""

    def __init__(self, queues: Queues):
        self._queues = queues

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily("influence_queue_length", "Messages that wait in the broker.", labels=["queue"])
        try:
            for name, length in self._queues.lengths().items():
                family.add_metric([name], length)
        except OperationalError:  # without a broker there is no length
            return
        yield family


def serve(port: int, queues: Queues) -> None:
    """Serve the sums over all processes at 127.0.0.1.

    Raises:
        OSError: the port is taken.
    """
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    registry.register(QueueCollector(queues))
    start_http_server(port, addr="127.0.0.1", registry=registry)
