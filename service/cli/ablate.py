"""`influence ablate`: how often the model is still right on patterns alone, as a table."""

from dataclasses import astuple, fields
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from cypher.store.table import Table
from service.cli import console, errors, options
from service.cli.sizes import parse_bytes
from service.cli.tables import AnswerFile, HowWritten, check_output, chosen_format, write_table
from service.results_file import read_checked
from workers.evaluation.ablation.settings import LEVELS, AblationSettings, Replace

DEFAULTS = AblationSettings()


def ablate(
    results: Annotated[Path, typer.Argument(metavar="RESULTS.jsonl", help="A file that `influence analyze` wrote.")],
    model: options.ModelName = "bundled",
    methods: Annotated[
        str | None,
        typer.Option(
            help="What is kept: original, gpr, random, repl_skip, or others that the results hold; by commas.",
            show_default="all there are",
        ),
    ] = None,
    levels: Annotated[str, typer.Option(help="Of patterns; by commas.")] = ",".join(LEVELS),
    replace: Annotated[Replace, typer.Option(help="Stands in for nodes that are not kept.")] = DEFAULTS.replace,
    draws: Annotated[int, typer.Option(help="Of random patterns.")] = DEFAULTS.draws,
    seed: Annotated[int, typer.Option(help="Another seed draws other random patterns.")] = DEFAULTS.seed,
    device: options.Device = "auto",
    memory: options.Memory = None,
    named: HowWritten = None,
    output: AnswerFile = None,
    force: options.Force = False,
) -> None:
    """Keep only the nodes and components of patterns: how often is the model still right?"""
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

    from workers.evaluation.ablation.accuracy import AccuracyRow, Tally  # torch and transformers take seconds to import
    from workers.evaluation.ablation.running import compute, prepare
    from workers.models import load_model

    loaded = load_model(model, device, first.settings.get("dtype", "float32"))
    prepared = prepare(loaded, chain([first], found), settings)
    sets = sum(each.sets(draws) for each in prepared.ablations)
    count = len(prepared.subjects)
    console.stderr().print(f"{count} sentences on {loaded.device}, {sets} ablations each")
    tally = Tally()
    try:
        with console.counting(count, "ablating") as advance:
            for ablated in compute(loaded, prepared, settings, memory=budget):
                tally.add(ablated)
                advance()
    except KeyboardInterrupt:
        console.stderr().print("interrupted: nothing was written")
        raise typer.Exit(errors.INTERRUPTED) from None
    table = Table(tuple(field.name for field in fields(AccuracyRow)), [astuple(row) for row in tally.rows()])
    write_table(table, form, output, f"Ablated accuracy, {results.stem}, {replace}")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
