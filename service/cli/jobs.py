"""`influence submit`, `watch`, `cancel`, `resume` and `logs`, and what `status` shows of a job."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cypher.errors import Conflict, InvalidInput, ServerUnavailable
from cypher.ledger.jobs import Device, JobProgress, PlannedChunk
from cypher.ledger.ledger import Ledger
from cypher.store.runs import StoredRun
from cypher.store.store import Store
from service.cli import console, job_display, options
from service.cli.store import open_store, reach
from service.job_logs import read_logs
from workers.analysis.settings import Settings
from workers.datasets import read_instances
from workers.environment import read_environment
from workers.jobs.messages.app import PRIORITIES, make_app
from workers.jobs.messages.queues import Queues

DEFAULTS = Settings()
AT_ONCE = 1000
"""Sentences that are given to the ledger in a transaction."""
PAUSE = 0.5
"""Seconds between looks at a job."""
FINISHED = ("completed", "partial", "cancelled", "failed")

RunName = Annotated[str, typer.Argument(metavar="RUN", help="Its name or id, or the first digits of its id.")]


def submit(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="Sentences: a .jsonl, .csv or .tsv file.")],
    model: options.ModelName = "bundled",
    name: Annotated[
        str | None, typer.Option(help="Of the run.", show_default="the input's name and the run's first digits")
    ] = None,
    priority: Annotated[int, typer.Option(min=0, max=PRIORITIES - 1, help="Runs with a higher one come first.")] = 0,
    device: Annotated[Device, typer.Option(help="What workers may compute it on.")] = "any",
    idempotency_key: Annotated[
        str | None, typer.Option(help="The same submission under the same key is the same run, however often.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Watch it to its end; exit code 1 unless it completes.")] = False,
    sampling: options.HowSampled = DEFAULTS.sampling,
    samples: options.Samples = DEFAULTS.samples,
    distribution: options.Distribution = DEFAULTS.distribution,
    baseline: options.Baseline = DEFAULTS.baseline,
    beam: options.Beam = DEFAULTS.beam,
    refine: options.HowRefined = DEFAULTS.refine,
    edges: options.Edges = DEFAULTS.edges,
    methods: options.Methods = None,
    dtype: options.Dtype = "float32",
    limit: options.Limit = None,
    skip_bad: options.SkipBad = False,
    as_json: options.AsJson = False,
) -> None:
    """Queue sentences for the workers; everything is checked first, and nothing queued if something is wrong."""
    chosen = options.methods_of(methods)
    settings = Settings(
        sampling=sampling,
        samples=samples,
        beam=beam,
        refine=refine,
        edges=edges,
        methods=chosen,
        distribution=distribution,
        baseline=baseline,
    )
    left_out: list[InvalidInput] = []

    def leave_out(error: InvalidInput) -> None:
        left_out.append(error)
        console.stderr().print(f"left out: {error}")

    on_bad = leave_out if skip_bad else None
    instances = read_instances(source, skip_bad=skip_bad, on_bad=on_bad)[:limit]
    with _servers() as (store, queues):
        from service.submission import plan_job  # torch and transformers take seconds to import
        from workers.models import load_model

        path = Path(model)
        job, chunks = plan_job(
            load_model(model, "cpu", dtype),
            str(path.resolve()) if path.is_dir() else model,
            instances,
            settings,
            stem=source.stem,
            name=name,
            idempotency_key=idempotency_key,
            device=device,
            priority=priority,
            on_bad=on_bad,
        )
        ledger = Ledger(store)
        new = ledger.submit(job)
        if new:
            for some in _batches(chunks):
                ledger.add(job.run.id, some)
            ledger.submitted(job.run.id)
        _fill(queues, ledger, job.run.id)
        summary = {
            "run": job.run.id,
            "name": job.run.name,
            "sentences": job.sentences,
            "chunks": len(chunks),
            "left_out": len(left_out),
            "new": new,
        }
        if as_json and not wait:
            print(json.dumps(summary))
        elif not as_json:
            done = "queued" if new else "were queued before"
            print(f"{job.sentences} sentences in {len(chunks)} chunks {done}, as run {job.run.name!r} ({job.run.id})")
        if wait:
            _watch(ledger, job.run.id, as_json)
        elif not as_json:
            print(f"Watch it: influence watch {job.run.name}")


def watch(run: RunName, as_json: options.AsJson = False) -> None:
    """Show how a job goes on until it ends; exit code 1 unless it completes. Ctrl-C leaves it running."""
    with open_store() as store:
        _watch(Ledger(store), _find_job(store, run).id, as_json)


def cancel(run: RunName, as_json: options.AsJson = False) -> None:
    """Stop a job; what is done stays, and `influence resume` goes on with it."""
    with open_store() as store:
        found = _find_job(store, run)
        if not Ledger(store).cancel(found.id):
            raise Conflict(
                "run", f"the run {found.name!r} is {found.status}", "Only what is queued or runs can be cancelled."
            )
    if as_json:
        print(json.dumps({"run": found.id, "name": found.name, "status": "cancelled"}))
    else:
        print(f"run {found.name!r} is cancelled; go on with it: influence resume {found.name}")


def resume(run: RunName, as_json: options.AsJson = False) -> None:
    """Go on with a job that was cancelled or failed in part: only what is missing is computed."""
    with _servers() as (store, queues):
        found = store.find(run)
        if found.source is None:
            raise Conflict(
                "run",
                f"the run {found.name!r} is no job",
                "Give the `influence analyze --store` or `load` that made it again.",
            )
        if found.status not in ("cancelled", "partial", "failed"):
            raise Conflict("run", f"the run {found.name!r} is {found.status}", "There is nothing to resume.")
        ledger = Ledger(store)
        chunks = ledger.resume(found.id)
        _fill(queues, ledger, found.id)
    if as_json:
        print(json.dumps({"run": found.id, "name": found.name, "status": "queued", "chunks": chunks}))
    else:
        print(f"{chunks} chunks of run {found.name!r} are queued again")


def logs(run: RunName, as_json: options.AsJson = False) -> None:
    """What this machine's workers logged about a run, and the sentences of it that failed."""
    with open_store() as store:
        found = store.find(run)
        failures = Ledger(store).failures(found.id)
    for entry in read_logs(read_environment().logs, found.id):
        print(json.dumps(entry, ensure_ascii=False) if as_json else job_display.log_line(entry))
    for failure in failures:
        told = {"event": "failed", "run": found.id, "sentence": failure.name, "error": failure.error}
        print(json.dumps(told, ensure_ascii=False) if as_json else f"failed: {failure.name}: {failure.error}")


def show(run: str, as_json: bool) -> None:
    """What `influence status RUN` prints."""
    with open_store() as store:
        progress = Ledger(store).progress(_find_job(store, run).id)
    if as_json:
        print(json.dumps(asdict(progress), default=str))
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in job_display.facts(progress):
        table.add_row(name, value)
    console.stdout().print(table)


def _find_job(store: Store, run: str) -> StoredRun:
    found = store.find(run)
    if found.source is None:
        raise Conflict(
            "run",
            f"the run {found.name!r} is no job",
            "`influence runs` shows it; the `analyze --store` or `load` that made it goes on with it.",
        )
    return found


@contextmanager
def _servers() -> Iterator[tuple[Store, Queues]]:
    """The graph and the broker; both are there."""
    environment = read_environment()
    reach(lambda: environment.broker().version(), lambda: environment.graph().version())
    limits = environment.limits()
    with open_store(migrate=True) as store:
        yield store, Queues(make_app(environment.broker().celery_url(), limits), limits.lease)


def _batches(chunks: list[PlannedChunk]) -> Iterator[list[PlannedChunk]]:
    some: list[PlannedChunk] = []
    for chunk in chunks:
        some.append(chunk)
        if sum(len(each.instances) for each in some) >= AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _fill(queues: Queues, ledger: Ledger, run: str) -> None:
    try:
        queues.fill(ledger, run)
    except ServerUnavailable as error:
        if error.field != "broker":
            raise
        console.stderr().print("notice: the broker went away; the job is kept, and a sweeper queues it when it is back")


def _watch(ledger: Ledger, run: str, as_json: bool) -> None:
    try:
        status = _until_end(ledger, run, as_json)
    except KeyboardInterrupt:
        console.stderr().print("the job goes on without being watched")
        raise typer.Exit(console.INTERRUPTED) from None
    if status != "completed":
        raise typer.Exit(1)


def _until_end(ledger: Ledger, run: str, as_json: bool) -> str:
    """Show a job's progress until it ends; its last status."""
    last: JobProgress | None = None
    with job_display.display(as_json) as show_progress:
        while True:
            progress = ledger.progress(run)
            if progress != last:
                show_progress(progress)
                last = progress
            if progress.status in FINISHED:
                break
            time.sleep(PAUSE)
    if not as_json:
        for line in job_display.ending(progress):
            print(line)
    return progress.status
