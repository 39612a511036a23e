"""`influence worker` and `sweep`: what computes the runs that are queued, and what keeps them going."""

from typing import TYPE_CHECKING, Annotated

import typer

from service.cli import errors

if TYPE_CHECKING:
    from threading import Event

Quiet = Annotated[bool, typer.Option("--quiet", help="Print only that it starts; the log files have the rest.")]


def worker(
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N; auto and cuda take every GPU.")] = "auto",
    concurrency: Annotated[
        int | None, typer.Option(min=1, help="Number of processes.", show_default="one, or one per GPU")
    ] = None,
    memory: Annotated[
        str | None, typer.Option(help="Memory limit of each process, such as 2GB.", show_default="half of what is free")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the worker.", show_default="this machine's")] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve metrics for Prometheus at this port.")
    ] = None,
    metrics_host: Annotated[str, typer.Option(help="Address that serves the metrics.")] = "127.0.0.1",
    quiet: Quiet = False,
) -> None:
    """Compute queued chunks until Ctrl-C or SIGTERM; then finish or release those in progress, and stop."""
    from service.cli.sizes import parse_bytes
    from service.operations.workers import WorkerOptions, run_worker, unready
    from workers.environment import read_environment

    budget = None if memory is None else parse_bytes(memory)
    options = WorkerOptions(device, concurrency, budget, name, metrics_port, metrics_host, quiet)
    environment = read_environment()
    errors.end_if_any(unready(environment))
    raise typer.Exit(run_worker(environment, options))


def sweep(quiet: Quiet = False) -> None:
    """Keep queued runs going until Ctrl-C or SIGTERM: requeue what workers lost, and resend missing messages."""
    from service.operations.workers import run_sweeper, unready
    from workers.environment import read_environment

    environment = read_environment()
    errors.end_if_any(unready(environment))
    run_sweeper(environment, _stop_signal(), quiet)


def supervise() -> None:
    """Restart what `up` started, whatever happens to it, until SIGTERM; `up` and `down` see to this command."""
    from service.operations import supervisor
    from workers.environment import read_environment

    stop = _stop_signal()
    supervisor.run(read_environment(), stop)


def _stop_signal() -> "Event":
    """Set by SIGTERM and Ctrl-C."""
    import signal
    from threading import Event

    stop = Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    return stop
