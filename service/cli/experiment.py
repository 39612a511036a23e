"""`influence experiment`: the paper's experiments, from sentences to a folder with a report."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli import console, options
from service.cli.errors import on_interrupt
from service.cli.installation import check_here
from service.experiments.options import ALL, NAMES, SETTINGS, ExperimentOptions, Instructions
from workers.analysis.settings import Settings
from workers.evaluation.ablation.settings import AblationSettings, Replace

if TYPE_CHECKING:
    from service.operations.experiments import FinishedExperiments

DEFAULTS = ExperimentOptions()


@options.takes_settings("sampling", "samples", "tolerance", defaults=SETTINGS)
def experiment(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"{', '.join(NAMES)}, or {ALL}.")],
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="As for `analyze`; one for all tasks.", show_default="the bundled ones"),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Sentences: JSON lines, CSV, or a public data set's file.", show_default="generated"),
    ] = None,
    runs: Annotated[
        list[str] | None, typer.Option("--run", help="Take the results of a run in the graph; repeat it for more.")
    ] = None,
    results: Annotated[
        list[Path] | None,
        typer.Option("--results", help="Take the results of a file that `analyze` wrote; repeat it for more."),
    ] = None,
    tasks: Annotated[
        str | None,
        typer.Option(
            help="Separated by commas.", show_default="the paper's, or else all there are, that the model can do"
        ),
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", help="Sentences of each case, at most.")] = DEFAULTS.count,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder of the report; an existing one is resumed.")
    ] = Path("out/experiments"),
    seed: Annotated[int, typer.Option(help="Another seed draws other sentences and patterns.")] = DEFAULTS.seed,
    *,
    settings: Settings,
    draws: Annotated[
        int, typer.Option(help="How often random patterns are drawn for ablation.")
    ] = DEFAULTS.ablation.draws,
    replaced: Annotated[
        Replace, typer.Option("--replace", help="What replaces ablated nodes.")
    ] = DEFAULTS.ablation.replace,
    words: Annotated[int, typer.Option(help="Words of each task whose patterns are ranked.")] = DEFAULTS.words,
    patterns: Annotated[int, typer.Option(help="Random patterns that each is ranked among.")] = DEFAULTS.patterns,
    dtype: options.Dtype = "float32",
    device: options.Device = "auto",
    memory: options.Memory = None,
    skip_bad: options.SkipBad = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail (exit code 1) if a number does not agree with the paper's.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Run an experiment of the paper, and put its numbers beside the paper's."""
    from service.cli.sizes import parse_bytes
    from service.operations.connections import open_store
    from service.operations.experiments import experiment_names, run_experiments

    if runs:
        check_here("experiment --run")
    experiments = experiment_names(name)
    chosen = ExperimentOptions(
        model=model,
        data=data,
        runs=tuple(runs or ()),
        results=tuple(results or ()),
        tasks=None if tasks is None else tuple(task.strip() for task in tasks.split(",")),
        count=count,
        seed=seed,
        settings=settings,
        ablation=AblationSettings(replace=replaced, draws=draws, seed=seed),
        words=words,
        patterns=patterns,
        device=device,
        dtype=dtype,
        memory=None if memory is None else parse_bytes(memory),
        skip_bad=skip_bad,
    )
    with (
        on_interrupt(f"interrupted: the results so far are in {output}; the same command resumes there"),
        console.phases() as progress,
    ):
        finished = run_experiments(
            experiments,
            output,
            chosen,
            instructions(chosen, output),
            open_store=open_store,
            progress=progress,
            notify=console.stderr().print,
        )
    if as_json:
        console.write_json(json.dumps([report.to_dict() for report in finished.reports], ensure_ascii=False))
    else:
        _print(finished)
    if check and finished.outside:
        console.stderr().print(
            f"{finished.outside} numbers do not meet the paper's: the column inside of the tables says which"
        )
        raise typer.Exit(1)


def instructions(options: ExperimentOptions, output: Path) -> Instructions:
    """The command lines that repeat the experiments, in any folder."""
    import shlex

    of_results = _arguments(
        ("--model", options.model),
        ("--data", options.data),
        *(("--run", run) for run in options.runs),
        *(("--results", path) for path in options.results),
        ("--tasks", None if options.tasks is None else ",".join(options.tasks)),
        ("--count", options.count),
        ("--seed", options.seed),
        ("--sampling", options.settings.sampling_of_line),
        ("--samples", options.settings.points),
        ("--tolerance", options.settings.error),
        ("--dtype", options.dtype),
    )
    if options.skip_bad:
        of_results = (*of_results, "--skip-bad")
    of_experiments = _arguments(
        ("--draws", options.ablation.draws),
        ("--replace", options.ablation.replace),
        ("--words", options.words),
        ("--patterns", options.patterns),
    )

    def repeat(experiment: str, arguments: Sequence[str]) -> str:
        command = ("influence", "experiment", experiment, *arguments, *of_experiments, "--output", str(output))
        return shlex.join(command)

    return Instructions(of_results, repeat)


def _arguments(*options: tuple[str, Any]) -> tuple[str, ...]:
    return tuple(text for option, value in options if value is not None for text in (option, str(value)))


def _print(finished: "FinishedExperiments") -> None:
    for report in finished.reports:
        tables = ", ".join(f"{sheet.title.lower()} ({len(sheet.rows)} rows)" for sheet in report.sheets)
        console.stdout().print(f"{report.experiment}: {tables}")
    console.stdout().print(str(finished.page))
