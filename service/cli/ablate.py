"""`influence ablate`: how often the model is still right on patterns alone, as a table."""

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from service.cli import console, options
from service.cli.errors import on_interrupt
from service.cli.installation import check_here, is_elsewhere, open_service
from service.cli.tables import AnswerFile, Format, HowWritten, check_output, chosen_format, print_table
from workers.evaluation.ablation.settings import LEVELS, AblationSettings, Replace

DEFAULTS = AblationSettings()


def ablate(
    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS.jsonl", help="A file that `influence analyze` wrote; with --server, a run of its graph."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            help="A bundled model's name, a directory, or a name on the Hugging Face hub.",
            show_default="bundled; of a service's run, what its job names",
        ),
    ] = None,
    methods: Annotated[
        str | None,
        typer.Option(
            help="What is kept: original, gpr, random, repl_skip or a method of the results; separated by commas.",
            show_default="all there are",
        ),
    ] = None,
    levels: Annotated[str, typer.Option(help="Levels of patterns, separated by commas.")] = ",".join(LEVELS),
    replace: Annotated[Replace, typer.Option(help="What replaces nodes that are not kept.")] = DEFAULTS.replace,
    draws: Annotated[int, typer.Option(help="How often random patterns are drawn.")] = DEFAULTS.draws,
    seed: Annotated[int, typer.Option(help="Another seed draws other random patterns.")] = DEFAULTS.seed,
    device: options.Device = "auto",
    memory: options.Memory = None,
    named: HowWritten = None,
    output: AnswerFile = None,
    force: options.Force = False,
) -> None:
    """Keep only the nodes and components of patterns: how often is the model still right?"""
    from service.cli.sizes import parse_bytes
    from service.operations.ablation import plan_ablation, run_ablation
    from service.results_file import read_checked
    from service.tables.rows import table_of

    form = chosen_format(named, output)
    check_output(output, form, force)
    settings = AblationSettings(
        methods=None if methods is None else _names(methods),
        levels=_names(levels),  # pyright: ignore[reportArgumentType] - it checks them
        replace=replace,
        draws=draws,
        seed=seed,
    )
    if is_elsewhere():
        _ablate_run(str(results), model, settings, (device, memory), form, output)
        return
    budget = None if memory is None else parse_bytes(memory)
    found = read_checked(results)
    first = next(found)

    from workers.datasets.instance import SIMILARITY
    from workers.evaluation.ablation.accuracy import AccuracyRow  # torch and transformers take seconds to import
    from workers.models import load_model

    loaded = load_model(model or "bundled", device, first.settings.get("dtype", "float32"))
    if first.settings.get("question") == SIMILARITY:
        loaded = loaded.with_question(SIMILARITY)
    planned = plan_ablation(loaded, chain([first], found), settings)
    console.stderr().print(f"{planned.sentences} sentences on {loaded.device}, {planned.ablations} ablations each")
    with on_interrupt("interrupted: nothing was written"), console.progress("ablating") as progress:
        rows = run_ablation(planned, memory=budget, progress=progress)
    print_table(table_of(AccuracyRow, rows), form, output, f"Ablated accuracy, {results.stem}, {replace}")


def _ablate_run(
    run: str,
    model: str | None,
    settings: AblationSettings,
    of_here: tuple[str, str | None],
    form: Format,
    output: Path | None,
) -> None:
    """The same of a run of a service, by one of its workers."""
    from cypher.store.table import Table

    for option, given in (("device", of_here[0] != "auto"), ("memory", of_here[1] is not None)):
        if given:
            check_here(f"ablate --{option}")
    with open_service() as service, console.stderr().status("ablating"):
        done = service.ablate(run, settings, model=model)
    table = Table(tuple(done.rows[0]), [tuple(row.values()) for row in done.rows])
    print_table(table, form, output, f"Ablated accuracy, {run}, {settings.replace}")
    if done.left_out:
        console.notice(
            f"these are {done.sentences} sentences, as many of each case; {done.left_out} more were left out"
        )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
