"""`influence tasks`: the tasks, sentences of them, and those of public data sets in our own form."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cypher.errors import Conflict, InvalidInput
from service.cli import console, errors, options
from service.cli.installation import LocalCommand, open_installation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workers.datasets import Instance

app = typer.Typer(invoke_without_command=True)

Counterfactual = Annotated[
    Literal["subject", "attractor"] | None,
    typer.Option(help="With another text for each, in which this noun has the other number or gender."),
]
Output = Annotated[Path, typer.Option("--output", "-o", help="A new .jsonl file, or - for stdout.")]
STDOUT = Path("-")


@app.callback()
def show(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array on stdout.")] = False,
) -> None:
    """List the tasks, generate their sentences, or convert those of a file."""
    if context.invoked_subcommand is not None:
        return
    with open_installation() as installation:
        tasks = installation.tasks()
    if as_json:
        console.write_json(json.dumps([asdict(each) for each in tasks], ensure_ascii=False))
        return
    from rich.table import Column, Table

    cases = Column("cases", max_width=34)  # of sentiment they have long names
    table = Table("task", cases, "sentences a case", "example", box=None, pad_edge=False)
    for each in tasks:
        table.add_row(each.name, " ".join(each.cases), f"{min(each.cases.values()):,}", each.example)
    console.stdout().print(table)


@app.command("generate", cls=errors.Command)
def write(
    task: Annotated[str, typer.Argument(help="A task's name, such as sva-obj.")],
    case: Annotated[str | None, typer.Option(help="One case, such as SP; every case when left out.")] = None,
    count: Annotated[int, typer.Option("-n", "--count", help="Sentences of each case.")] = 100,
    seed: Annotated[int, typer.Option(help="Another seed draws other sentences.")] = 0,
    counterfactual: Counterfactual = None,
    output: Output = STDOUT,
    force: options.Force = False,
) -> None:
    """Write distinct sentences of a task, with the right and the wrong word or the class, as JSON lines."""
    _check(output, force)
    with open_installation() as installation:
        instances = installation.generate(task, case, count, seed, counterfactual)
    _write(output, instances)


@app.command("convert", cls=LocalCommand)
def convert(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="A file of sentences in any form that can be read.")],
    counterfactual: Counterfactual = None,
    output: Output = STDOUT,
    skip_bad: options.SkipBad = False,
    force: options.Force = False,
) -> None:
    """Write the sentences of a file, such as a public data set's, as JSON lines."""
    from service.operations.tasks import convert_sentences

    _check(output, force)
    if output.exists() and source.exists() and output.samefile(source):
        raise InvalidInput("output", f"{output} is the input file", "Name another file.")
    on_bad = (lambda error: console.stderr().print(f"left out: {error}")) if skip_bad else None
    _write(output, convert_sentences(source, counterfactual=counterfactual, on_bad=on_bad, on_notice=console.notice))


def _check(output: Path, force: bool) -> None:
    if output == STDOUT:
        return
    if output.suffix != ".jsonl":
        raise InvalidInput("output", f"{output} is written as JSON lines", "Give it the extension .jsonl.")
    if output.exists() and not force:
        raise Conflict("output", f"{output} already exists", "Name another file.")


def _write(output: Path, instances: "Sequence[Instance]") -> None:
    from workers.datasets import write_instances

    if output == STDOUT:
        write_instances(sys.stdout, instances)
        return
    write_instances(output, instances)
    console.stderr().print(f"{len(instances):,} sentences in {output}")
