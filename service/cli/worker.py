"""`influence worker` and `sweep`: what computes the runs that are queued, and what keeps them going."""

import signal
from threading import Event
from typing import Annotated

import structlog
import typer

from cypher.ledger.ledger import Ledger
from service.cli.sizes import parse_bytes
from service.cli.store import open_store, reach
from workers.environment import Environment, read_environment
from workers.jobs.versions import check_versions

Quiet = Annotated[bool, typer.Option("--quiet", help="Say nothing but that it starts; files of logs have the rest.")]


def worker(
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N; auto and cuda take every GPU.")] = "auto",
    concurrency: Annotated[
        int | None, typer.Option(min=1, help="Processes that compute.", show_default="one, or one a GPU")
    ] = None,
    memory: Annotated[
        str | None, typer.Option(help="The most for each of them, such as 2GB.", show_default="half of what is free")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of the worker.", show_default="this machine's")] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve metrics for Prometheus there.")
    ] = None,
    metrics_host: Annotated[str, typer.Option(help="The address at which they are served.")] = "127.0.0.1",
    quiet: Quiet = False,
) -> None:
    """Compute what is queued, until Ctrl-C or SIGTERM: then finish or give back what is begun, and stop."""
    from workers.jobs.messages.app import make_app  # Celery takes a while to import
    from workers.jobs.processes.names import default_name, reserve_name
    from workers.jobs.processes.pool import PoolSettings, find_devices
    from workers.jobs.processes.worker import run_worker

    budget = None if memory is None else parse_bytes(memory)
    environment = read_environment()
    _check(environment)
    devices = find_devices(device)
    with reserve_name(environment.logs, name, usual=default_name()) as own:
        limits, logs = environment.limits(), environment.logs
        pool = PoolSettings(own, devices, concurrency or len(devices), budget, limits, logs, quiet)
        app = make_app(environment.broker().celery_url(), pool.limits)
        raise typer.Exit(run_worker(app, pool, metrics_host, metrics_port))


def sweep(quiet: Quiet = False) -> None:
    """Keep queued runs going until Ctrl-C or SIGTERM: what workers lost, and what the broker lacks."""
    from workers.jobs.messages.app import make_app
    from workers.jobs.messages.queues import Queues
    from workers.jobs.messages.sweeper import sweep as run_sweeper
    from workers.jobs.processes import logs
    from workers.jobs.processes.liveness import liveness_file
    from workers.jobs.processes.names import reserve_name

    environment = read_environment()
    _check(environment)
    limits = environment.limits()
    stop = Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    with reserve_name(environment.logs, None, usual="sweeper") as own, open_store(migrate=True) as store:
        logs.set_up(environment.logs / f"{own}.jsonl", own, quiet)
        structlog.get_logger().info(logs.STARTS)
        app = make_app(environment.broker().celery_url(), limits)
        run_sweeper(
            Ledger(store), Queues(app, limits.lease), limits.lease, stop, liveness_file(environment.logs, own).touch
        )


def _check(environment: Environment) -> None:
    """Refuse to begin where broker or graph is away, or holds runs of another version."""

    def look_at_graph() -> None:
        with open_store(migrate=True) as store:
            check_versions(store)

    reach(lambda: environment.broker().version(), look_at_graph)
