"""`influence convert`: a checkpoint as others saved it, made into a directory that can be loaded."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from service.cli import console, options

SHOWN = 5
"""Names of weights that are left out, as many as are shown."""


def convert(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="A directory with config.json and weights.")],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="The directory to write.")],
    architecture: Annotated[
        str | None,
        typer.Option("--as", help="The class whose weights it has.", show_default="as config.json or the weights tell"),
    ] = None,
    tokenizer: Annotated[
        Path | None,
        typer.Option(help="Another directory with the tokenizer, or one of its files.", show_default="DIR"),
    ] = None,
    lower_case: Annotated[
        bool | None,
        typer.Option(
            "--lower-case/--cased",
            help="Does a vocabulary of word pieces expect lower-cased text?",
            show_default="as its configuration or its words tell",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an existing directory, with all that it holds.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Make a directory that can be loaded of a checkpoint with pickled weights, or of a class of your own."""
    from service.operations.models import convert_model

    made = convert_model(
        source, output, architecture=architecture, tokenizer=tokenizer, lower_case=lower_case, replace=force
    )
    if as_json:
        console.write_json(json.dumps({**asdict(made), "path": str(made.path)}, ensure_ascii=False))
        return
    casing = {None: "", True: ", lower-casing", False: ", cased"}[made.lower_case]
    console.stdout().print(f"{made.path}: {made.architecture}, {made.weights} weights, {made.tokenizer}{casing}")
    if made.left_out:
        more = f" and {len(made.left_out) - SHOWN} more" if len(made.left_out) > SHOWN else ""
        names = f"{', '.join(made.left_out[:SHOWN])}{more}"
        console.notice(f"weights that {made.architecture} does not have are left out: {names}")
