"""`influence ablate`: how often the model is still right on patterns alone, as a table."""

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from service.cli import console, options
from service.cli.errors import on_interrupt
from service.cli.tables import AnswerFile, HowWritten, check_output, chosen_format, print_table
from workers.evaluation.ablation.settings import LEVELS, AblationSettings, Replace

DEFAULTS = AblationSettings()


def ablate(
    results: Annotated[Path, typer.Argument(metavar="RESULTS.jsonl", help="A file that `influence analyze` wrote.")],
    model: options.ModelName = "bundled",
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
    budget = None if memory is None else parse_bytes(memory)
    found = read_checked(results)
    first = next(found)

    from workers.evaluation.ablation.accuracy import AccuracyRow  # torch and transformers take seconds to import
    from workers.models import load_model

    loaded = load_model(model, device, first.settings.get("dtype", "float32"))
    planned = plan_ablation(loaded, chain([first], found), settings)
    console.stderr().print(f"{planned.sentences} sentences on {loaded.device}, {planned.ablations} ablations each")
    with on_interrupt("interrupted: nothing was written"), console.progress("ablating") as progress:
        rows = run_ablation(planned, memory=budget, progress=progress)
    print_table(table_of(AccuracyRow, rows), form, output, f"Ablated accuracy, {results.stem}, {replace}")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
