"""`influence experiment`: the paper's experiments, from sentences to a folder with a report."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli import console, errors, options
from service.cli.sizes import parse_bytes
from service.experiments.options import ALL, NAMES, SETTINGS, Options
from service.operations.connections import open_store
from workers.evaluation.ablation.settings import AblationSettings, Replace

if TYPE_CHECKING:
    from service.experiments.report import Report

DEFAULTS = Options()


def experiment(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"{', '.join(NAMES)}, or {ALL}.")],
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="As of `analyze`; of all tasks.", show_default="the bundled ones"),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Sentences: a .tsv, .jsonl or .csv file with tasks and cases.", show_default="generated"),
    ] = None,
    runs: Annotated[
        list[str] | None, typer.Option("--run", help="Take results out of the graph: a run; can be given again.")
    ] = None,
    results: Annotated[
        list[Path] | None,
        typer.Option("--results", help="Take results out of a file of `analyze`; can be given again."),
    ] = None,
    tasks: Annotated[
        str | None, typer.Option(help="Which, by commas.", show_default="all that the model can do")
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", help="Sentences of each case, at most.")] = DEFAULTS.count,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder of the report; one that is there is continued.")
    ] = Path("out/experiments"),
    seed: Annotated[int, typer.Option(help="Another seed draws other sentences and patterns.")] = DEFAULTS.seed,
    sampling: options.HowSampled = SETTINGS.sampling,
    samples: options.Samples = SETTINGS.samples,
    draws: Annotated[int, typer.Option(help="Of random patterns to ablate.")] = DEFAULTS.ablation.draws,
    replaced: Annotated[
        Replace, typer.Option("--replace", help="Stands in for ablated nodes.")
    ] = DEFAULTS.ablation.replace,
    words: Annotated[int, typer.Option(help="Whose patterns are ranked, a task.")] = DEFAULTS.words,
    patterns: Annotated[int, typer.Option(help="Random ones to rank each among.")] = DEFAULTS.patterns,
    dtype: options.Dtype = "float32",
    device: options.Device = "auto",
    memory: options.Memory = None,
    skip_bad: options.SkipBad = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail (exit code 1) if a number does not meet the paper's.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Run an experiment of the paper, and put its numbers beside the paper's."""
    wanted = Options(
        model=model,
        data=data,
        runs=tuple(runs or ()),
        results=tuple(results or ()),
        tasks=None if tasks is None else tuple(task.strip() for task in tasks.split(",")),
        count=count,
        seed=seed,
        settings=replace(SETTINGS, sampling=sampling, samples=samples),
        ablation=AblationSettings(replace=replaced, draws=draws, seed=seed),
        words=words,
        patterns=patterns,
        device=device,
        dtype=dtype,
        memory=None if memory is None else parse_bytes(memory),
        skip_bad=skip_bad,
    )

    from service.experiments.folder import Folder  # torch, transformers and matplotlib take seconds to import
    from service.experiments.run import chosen, run

    names = chosen(name)
    folder = Folder(output)
    try:
        reports = run(
            names,
            folder,
            wanted,
            progress=lambda total, doing: console.counting(total, doing),
            tell=console.stderr().print,
            store=open_store,
        )
    except KeyboardInterrupt:
        console.stderr().print(f"interrupted: what there is is in {output}, and the same command goes on there")
        raise typer.Exit(errors.INTERRUPTED) from None
    if as_json:
        print(json.dumps([report.to_dict() for report in reports], ensure_ascii=False))
    else:
        _print(reports, folder.page)
    outside = sum(sheet.outside() for report in reports for sheet in report.sheets)
    if check and outside:
        console.stderr().print(f"{outside} numbers do not meet the paper's: the column inside of the tables says which")
        raise typer.Exit(1)


def _print(reports: "Sequence[Report]", page: Path) -> None:
    for report in reports:
        tables = ", ".join(f"{sheet.title.lower()} ({len(sheet.rows)} rows)" for sheet in report.sheets)
        console.stdout().print(f"{report.experiment}: {tables}")
    console.stdout().print(str(page))
