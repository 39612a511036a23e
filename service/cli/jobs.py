"""`influence submit`, `watch`, `cancel`, `resume` and `logs`, and what `status` shows of a job."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cypher.ledger.jobs import Device, JobProgress
from service.cli import console, errors, exactness, job_display, options
from service.cli.installation import open_installation
from workers.analysis.settings import Settings
from workers.limits import PRIORITIES

if TYPE_CHECKING:
    from cypher.errors import InvalidInput
    from service.operations.installation import Installation


@options.takes_settings()
def submit(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="Sentences: JSON lines, CSV, or a public data set's file.")
    ],
    *,
    model: options.ModelName = "bundled",
    name: Annotated[
        str | None, typer.Option(help="Name of the run.", show_default="the input's name and the run's first digits")
    ] = None,
    priority: Annotated[
        int, typer.Option(min=0, max=PRIORITIES - 1, help="Runs with a higher priority come first.")
    ] = 0,
    device: Annotated[Device, typer.Option(help="Which workers may compute it.")] = "any",
    idempotency_key: Annotated[
        str | None, typer.Option(help="Submitting the same again under the same key gives the same run.")
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Watch the job until it ends; exit code 1 unless it completes.")
    ] = False,
    settings: Settings,
    question: options.Question = None,
    dtype: options.Dtype = "float32",
    limit: options.Limit = None,
    skip_bad: options.SkipBad = False,
    as_json: options.AsJson = False,
) -> None:
    """Queue sentences for workers. Everything is checked first; if anything is wrong, nothing is queued."""
    from workers.datasets import file_stem, read_instances

    left_out: list[InvalidInput] = []

    def leave_out(error: "InvalidInput") -> None:
        left_out.append(error)
        console.stderr().print(f"left out: {error}")

    on_bad = leave_out if skip_bad else None
    instances = read_instances(source, skip_bad=skip_bad, on_bad=on_bad, on_notice=console.notice)[:limit]
    with open_installation() as installation:
        errors.end_if_any(installation.unusable())
        done = installation.submit(
            instances,
            settings,
            model=model,
            stem=file_stem(source),
            question=question,
            dtype=dtype,
            name=name,
            idempotency_key=idempotency_key,
            device=device,
            priority=priority,
            on_bad=on_bad,
            on_notice=console.notice,
        )
        _tell_unsent(done.sent)
        if not as_json:
            how = "queued" if done.new else "were queued before"
            print(f"{done.sentences} sentences in {done.chunks} chunks {how}, as run {done.name!r} ({done.run})")
        if wait:
            _follow(installation, done.run, as_json)
        elif as_json:
            summary = {"run": done.run, "name": done.name, "sentences": done.sentences, "chunks": done.chunks}
            console.write_json(json.dumps(summary | {"left_out": len(left_out), "new": done.new}))
        else:
            print(f"Watch it: {console.command('watch', done.name)}")


def watch(run: options.RunName, as_json: options.AsJson = False) -> None:
    """Show a job's progress until it ends; exit code 1 unless it completes. Ctrl-C leaves it running."""
    with open_installation() as installation:
        _follow(installation, run, as_json)


def cancel(run: options.RunName, as_json: options.AsJson = False) -> None:
    """Stop a job; its results stay, and `influence resume` continues it."""
    with open_installation() as installation:
        cancelled = installation.cancel(run)
    if as_json:
        console.write_json(json.dumps({"run": cancelled.id, "name": cancelled.name, "status": cancelled.status}))
    else:
        print(f"run {cancelled.name!r} is cancelled; resume it: {console.command('resume', cancelled.name)}")


def resume(run: options.RunName, as_json: options.AsJson = False) -> None:
    """Resume a job that was cancelled or failed in part: only what is missing is computed."""
    with open_installation() as installation:
        errors.end_if_any(installation.unusable())
        resumed = installation.resume(run)
    _tell_unsent(resumed.sent)
    if as_json:
        summary = {"run": resumed.run, "name": resumed.name, "status": "queued", "chunks": resumed.chunks}
        console.write_json(json.dumps(summary))
    else:
        print(f"{resumed.chunks} chunks of run {resumed.name!r} are queued again")


def logs(run: options.RunName, as_json: options.AsJson = False) -> None:
    """Show what the installation's own workers logged about a run, and its failed sentences."""
    with open_installation() as installation:
        told = installation.logs(run)
    for entry in told.entries:
        _write(entry, job_display.log_line(entry), as_json)
    for failure in told.failures:
        entry = {"event": "failed", "run": told.run, "sentence": failure.name, "error": failure.error}
        _write(entry, f"failed: {failure.name}: {failure.error}", as_json)


def _write(entry: dict[str, Any], line: str, as_json: bool) -> None:
    if as_json:
        console.write_json(json.dumps(entry, ensure_ascii=False))
    else:
        console.write(line)


def show(run: str, as_json: bool) -> None:
    """What `influence status RUN` prints."""
    with open_installation() as installation:
        progress, inexact = installation.progress(run), installation.inexact(run)
    if as_json:
        console.write_json(json.dumps(asdict(progress) | {"inexact": asdict(inexact)}, default=str))
        return
    console.print_facts(job_display.facts(progress))
    exactness.warn(inexact, progress.name)


def _tell_unsent(sent: bool) -> None:
    if not sent:
        console.stderr().print(
            "notice: the broker is unavailable; the job is stored, and a sweeper queues it when the broker is back"
        )


def _follow(installation: "Installation", run: str, as_json: bool) -> None:
    """Show a job's progress until it ends."""
    with errors.on_interrupt("the job continues without being watched"), job_display.display(as_json) as show_progress:
        progress: JobProgress | None = None
        for progress in installation.follow(run):
            show_progress(progress)
        assert progress is not None
    if not as_json:
        for line in job_display.ending(progress):
            console.write(line)
    exactness.warn(installation.inexact(run), progress.name)
    if progress.status != "completed":
        raise typer.Exit(errors.FAILED)
