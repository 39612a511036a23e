"""What computes the jobs that are queued, and what keeps them going: both run until they are asked to stop."""

from dataclasses import dataclass
from threading import Event

from cypher.errors import ServerError
from service.operations.connections import open_connections, open_store, unusable
from workers.environment import Environment
from workers.jobs.versions import check_versions


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How a worker is to be."""

    device: str = "auto"  # auto, cpu, cuda or cuda:N; auto and cuda take every GPU
    concurrency: int | None = None  # processes that compute; None: one, or one a GPU
    memory: int | None = None  # bytes for each of them; None: half of what is free
    name: str | None = None  # None: this machine's
    metrics_port: int | None = None  # where metrics are served for Prometheus; None: nowhere
    metrics_host: str = "127.0.0.1"
    quiet: bool = False  # on the terminal


def unready(environment: Environment) -> list[ServerError]:
    """Try the servers that a worker or sweeper needs.

    Returns: the errors of those that cannot be used.

    Raises:
        Conflict: the graph holds unfinished jobs of another version.
    """

    def look_at_graph() -> None:
        with open_store(environment, migrate=True) as store:
            check_versions(store)

    return unusable(lambda: environment.broker().version(), look_at_graph)


def run_worker(environment: Environment, options: WorkerOptions) -> int:
    """Compute what is queued until SIGTERM or SIGINT: then finish or give back what is begun, and stop.

    It handles signals, so that it must be called by the main thread.

    Returns: the exit code: 1 where it could not end in peace.

    Raises:
        InvalidInput: a device that there is not, a name or port that is taken.
        ServerError: the broker cannot be used.
    """
    from workers.jobs.messages.app import make_app  # Celery takes a while to import
    from workers.jobs.processes.names import default_name, reserve_name
    from workers.jobs.processes.pool import PoolSettings, find_devices
    from workers.jobs.processes.worker import run_worker as run

    devices = find_devices(options.device)
    with reserve_name(environment.logs, options.name, usual=default_name()) as own:
        limits, logs = environment.limits(), environment.logs
        children = options.concurrency or len(devices)
        pool = PoolSettings(own, devices, children, options.memory, limits, logs, options.quiet)
        app = make_app(environment.broker().celery_url(), limits)
        return run(app, pool, options.metrics_host, options.metrics_port)


def run_sweeper(environment: Environment, stop: Event, quiet: bool = False) -> None:
    """Keep queued jobs going until `stop` is set: queue again what workers lost, and what the broker lacks.

    Args:
        quiet: say nothing on the terminal but that it starts.

    Raises:
        ServerError: graph or broker cannot be used at the beginning.
    """
    import structlog

    from workers.jobs.messages.sweeper import sweep
    from workers.jobs.processes import logs
    from workers.jobs.processes.liveness import liveness_file
    from workers.jobs.processes.names import reserve_name

    lease = environment.limits().lease
    with (
        reserve_name(environment.logs, None, usual="sweeper") as own,
        open_connections(environment) as connections,
    ):
        logs.set_up(environment.logs / f"{own}.jsonl", own, quiet)
        structlog.get_logger().info(logs.STARTS)
        alive = liveness_file(environment.logs, own).touch
        sweep(connections.ledger, connections.queues, lease, stop, alive)
