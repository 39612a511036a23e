"""`influence analyze`: sentences in, results out, resumable.

1. Everything that can be refused is refused first: settings, paths, model, sentences, an output file of another run.
2. What the output file already holds is left out; the plan of the rest says how much memory it will take.
3. Results are written as they are ready; Ctrl-C or a kill leaves a file that the same command continues.
4. With --store, a second thread writes them into the graph meanwhile, after what the graph lacks of the file.
5. A summary.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cypher.errors import InvalidInput
from cypher.store.store import Store
from service.cli import console, options, report
from service.cli.report import Tally
from service.cli.sizes import parse_bytes, show_bytes
from service.cli.store import open_store
from service.results_file import NOTHING, Kept, ResultsWriter, check_writable, read_kept, read_results
from service.storing import Destination, RunWriter
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets import Instance, read_instances
from workers.records.to_graph import describe_loaded, describe_run

if TYPE_CHECKING:
    from workers.models import Model

DEFAULTS = Settings()
ONE = "One sentence instead of INPUT"


def analyze(
    source: Annotated[
        Path | None, typer.Argument(metavar="INPUT", help="Sentences: a .jsonl, .csv or .tsv file.", show_default=False)
    ] = None,
    model: options.ModelName = "bundled",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Results as JSON lines. A file that is there already is continued."),
    ] = None,
    text: Annotated[
        str | None, typer.Option(help="A sentence with ***mask*** or the model's mask token.", rich_help_panel=ONE)
    ] = None,
    correct: Annotated[str | None, typer.Option(help="The right word at the mask.", rich_help_panel=ONE)] = None,
    wrong: Annotated[str | None, typer.Option(help="The wrong word at the mask.", rich_help_panel=ONE)] = None,
    label: Annotated[str | None, typer.Option(help="For a classifier: the right class.", rich_help_panel=ONE)] = None,
    sampling: options.HowSampled = DEFAULTS.sampling,
    samples: options.Samples = DEFAULTS.samples,
    distribution: options.Distribution = DEFAULTS.distribution,
    baseline: options.Baseline = DEFAULTS.baseline,
    beam: options.Beam = DEFAULTS.beam,
    refine: options.HowRefined = DEFAULTS.refine,
    edges: options.Edges = DEFAULTS.edges,
    methods: options.Methods = None,
    dtype: options.Dtype = "float32",
    device: options.Device = "auto",
    memory: options.Memory = None,
    limit: options.Limit = None,
    skip_bad: options.SkipBad = False,
    store: Annotated[bool, typer.Option("--store", help="Write results into the graph as they come.")] = False,
    name: Annotated[
        str | None,
        typer.Option(help="Of the run in the graph.", show_default="the name of the output or input file"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON on stdout: each result, or with --output or --store the summary.")
    ] = False,
) -> None:
    """Find which path, through which heads, carries each word's effect to the prediction."""
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
    budget = None if memory is None else parse_bytes(memory)
    if output is not None:
        _check_output(output, source)
    if name is not None and not store:
        raise InvalidInput("--name", "it is given without --store", "Give --store, or leave it out.")
    bad = _Bad()
    on_bad = bad.tell if skip_bad else None
    one = Instance("text", text or "", correct, wrong, label)
    instances = _one(source, one) if text is not None else _read(source, one, on_bad)[:limit]

    from workers.analysis.analysis import compute, prepare, provenance  # torch and transformers take seconds to import
    from workers.models import load_model

    with ExitStack() as stack:
        graph = stack.enter_context(open_store(migrate=True)) if store else None
        loaded = load_model(model, device, dtype)
        made_by = provenance(loaded, settings)
        kept = NOTHING if output is None else read_kept(output, loaded.fingerprint, made_by, instances)
        name = name or (output or source or Path(one.id)).stem
        run = None if graph is None else _destination(graph, loaded, made_by, name)
        stored = {each.id for each in instances if run is not None and run.holds(each.id, each.text)}
        done = stored if output is None else kept.ids
        rest = [instance for instance in instances if instance.id not in done]
        plan = prepare(loaded, rest, settings, memory=budget, on_bad=on_bad)
        if rest and not plan.batches and not done:
            raise InvalidInput("INPUT", "no sentence of it can be analysed", "Mend those named above.")
        if plan.sentences > 1:
            slices = f", {plan.sliced} sentences in slices" if plan.sliced else ""
            console.stderr().print(
                f"{plan.sentences} sentences on {loaded.device} in {len(plan.batches)} batches{slices}: "
                f"about {show_bytes(plan.bytes)} of memory, {show_bytes(plan.budget)} allowed"
            )
        tally = Tally(kept=len(instances) - len(rest), worst=kept.worst_error)
        try:
            with (
                _sink(output, kept, as_json, store) as deliver,
                _storing(run, output) as writer,
                console.progress(plan.sentences, elsewhere=output is not None or store) as advance,
            ):
                for result in compute(loaded, plan, settings):
                    deliver(result)
                    if writer is not None:
                        writer.write(result)
                    tally.add(result)
                    advance()
        except KeyboardInterrupt:
            _say_interrupted(output, store)
            raise typer.Exit(console.INTERRUPTED) from None
    waited = None if writer is None else writer.waited
    summary = tally.summary(bad.count, output, name if store else None, waited)
    if output is None and not store:
        report.print_summary(console.stderr(), summary)
    elif as_json:
        print(json.dumps(asdict(summary)))
    else:
        report.print_summary(console.stdout(), summary)
    report.print_warning(console.stderr(), summary)


class _Bad:
    """Counts the bad sentences that are left out, and names each on stderr."""

    def __init__(self) -> None:
        self.count = 0

    def tell(self, error: InvalidInput) -> None:
        self.count += 1
        console.stderr().print(f"left out: {error}")


def _check_output(output: Path, source: Path | None) -> None:
    if source is not None and source.exists() and output.exists() and output.samefile(source):
        raise InvalidInput("--output", f"{output} is the input file", "Name another file.")
    check_writable(output)


def _one(source: Path | None, instance: Instance) -> list[Instance]:
    if source is not None:
        raise InvalidInput("--text", f"it is given beside the file {source}", "Give one of the two.")
    return [instance]


def _read(source: Path | None, one: Instance, on_bad: Callable[[InvalidInput], None] | None) -> list[Instance]:
    for option in ("correct", "wrong", "label"):
        if getattr(one, option) is not None:
            raise InvalidInput(
                f"--{option}", "it is given without --text", "Give --text, or leave it to the file's rows."
            )
    if source is None:
        raise InvalidInput(
            "INPUT", "there is none", "Name a .jsonl, .csv or .tsv file, or give a sentence with --text."
        )
    return read_instances(source, skip_bad=on_bad is not None, on_bad=on_bad)


@contextmanager
def _sink(output: Path | None, kept: Kept, as_json: bool, store: bool) -> Iterator[Callable[[InstanceResult], None]]:
    """Where a result goes: behind those in the output file, or to stdout unless the graph has it."""
    if output is not None:
        with ResultsWriter(output, kept.size) as writer:
            yield writer.write
    elif store:
        yield lambda result: None
    elif as_json:
        yield lambda result: print(result.to_json(), flush=True)
    else:
        out = console.stdout()
        yield lambda result: report.print_result(out, result)


def _destination(graph: Store, model: "Model", made_by: dict[str, Any], name: str) -> Destination:
    from workers.analysis.assemble import VERSIONS

    return Destination(graph, describe_run(model.fingerprint, made_by, VERSIONS, name), describe_loaded(model))


@contextmanager
def _storing(run: Destination | None, output: Path | None) -> Iterator[RunWriter | None]:
    """What takes results into the graph, if any does, behind those that the output file holds."""
    if run is None:
        yield None
        return
    with RunWriter(run) as writer:
        for result in () if output is None else read_results(output):
            writer.write(result)
        yield writer


def _say_interrupted(output: Path | None, store: bool) -> None:
    where = ""
    if output is not None:
        where = f": the results so far are in {output}, and the same command goes on there"
        where += ", and with what the graph lacks of them" if store else ""
    elif store:
        where = ": what the graph has is whole, and the same command goes on there"
    console.stderr().print(f"interrupted{where}")
