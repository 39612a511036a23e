"""Options that several commands have."""

from typing import Annotated, Literal

import typer

from workers.analysis.settings import Refine, Sampling
from workers.influence.baselines.methods import METHODS

NUMBERS = "What changes the numbers"

ModelName = Annotated[
    str,
    typer.Option(
        "--model", "-m", help="'bundled', 'bundled-sentiment', a directory, or a name on the Hugging Face hub."
    ),
]
HowSampled = Annotated[
    Sampling, typer.Option("--sampling", help="Of the line from the baseline to the input.", rich_help_panel=NUMBERS)
]
Samples = Annotated[int, typer.Option("--samples", help="Points of the distribution.", rich_help_panel=NUMBERS)]
Distribution = Annotated[
    str,
    typer.Option(
        "--distribution",
        help="Of interest: line, a point:1 of it, or around the input gaussian:0.1 or uniform:0.1.",
        rich_help_panel=NUMBERS,
    ),
]
Baseline = Annotated[
    str,
    typer.Option(
        "--baseline", help="The word it has at every position: mask, zero or token:[PAD].", rich_help_panel=NUMBERS
    ),
]
Beam = Annotated[
    int,
    typer.Option("--beam", help="Partial patterns kept a layer; 1 is the paper's search.", rich_help_panel=NUMBERS),
]
HowRefined = Annotated[
    Refine, typer.Option("--refine", help="How the heads along a path are chosen.", rich_help_panel=NUMBERS)
]
Edges = Annotated[
    str,
    typer.Option("--edges", help="Kept a sentence: none, top:200, mass:0.95 or all.", rich_help_panel=NUMBERS),
]
Methods = Annotated[
    str | None,
    typer.Option(
        "--methods",
        help=f"Baseline patterns to find besides: all, or some of {', '.join(METHODS)}.",
        show_default="none",
        rich_help_panel=NUMBERS,
    ),
]
Dtype = Annotated[
    Literal["float32", "float64"],
    typer.Option("--dtype", help="Of weights and arithmetic.", rich_help_panel=NUMBERS),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")]
Memory = Annotated[
    str | None,
    typer.Option("--memory", help="The most to use, such as 2GB.", show_default="half of what is free"),
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Take only the first sentences.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave bad sentences out and go on.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


def methods_of(text: str | None) -> tuple[str, ...]:
    """The names in --methods, as settings take them."""
    if text is None:
        return ()
    return tuple(METHODS) if text == "all" else tuple(name.strip() for name in text.split(","))
