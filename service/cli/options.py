"""Options that several commands have."""

import inspect
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_args

import typer

from workers.analysis.settings import MOST, SAMPLES, SAMPLING, TOLERANCE, Refine, Sampling, Settings
from workers.influence.baselines.methods import METHODS

Run: TypeAlias = Callable[..., None]
"""What is called for a command."""

NUMBERS = "What changes the numbers"

RunName = Annotated[
    str,
    typer.Argument(metavar="RUN", help="The run's name, its id or the id's first digits; `influence runs` lists them."),
]
ModelName = Annotated[
    str,
    typer.Option(
        "--model", "-m", help="'bundled', 'bundled-sentiment', a directory, or a name on the Hugging Face hub."
    ),
]
AllowModel = Annotated[
    list[str] | None,
    typer.Option(
        help="A model that jobs may use besides the bundled ones: a name on the Hugging Face hub, or a directory "
        "with all below it; repeat the option."
    ),
]
HowSampled = Annotated[
    Sampling | None,
    typer.Option(
        "--sampling",
        help="How the line from the baseline to the input is sampled: with as many points as each sentence needs "
        "(adaptive), or with the same for all.",
        show_default=SAMPLING,
        rich_help_panel=NUMBERS,
    ),
]
Samples = Annotated[
    int | None,
    typer.Option(
        "--samples",
        help="Number of points; with adaptive sampling, at most.",
        show_default=f"{SAMPLES}; adaptive: {MOST}",
        rich_help_panel=NUMBERS,
    ),
]
Tolerance = Annotated[
    float | None,
    typer.Option(
        "--tolerance",
        help="Error that adaptive sampling allows, as a share of the words' absolute influences.",
        show_default=str(TOLERANCE),
        rich_help_panel=NUMBERS,
    ),
]
Distribution = Annotated[
    str,
    typer.Option(
        "--distribution",
        help="Where derivatives are taken: line, point:1 (on it), gaussian:0.1 or uniform:0.1 (around the input).",
        rich_help_panel=NUMBERS,
    ),
]
Baseline = Annotated[
    str,
    typer.Option(
        "--baseline",
        help="What every position of the baseline holds: mask, zero or token:[PAD]; or counterfactual, each "
        "sentence's other text.",
        rich_help_panel=NUMBERS,
    ),
]
Beam = Annotated[
    int,
    typer.Option(
        "--beam", help="Partial patterns kept at each layer; 1 is the paper's greedy search.", rich_help_panel=NUMBERS
    ),
]
HowRefined = Annotated[
    Refine, typer.Option("--refine", help="How the heads along a path are chosen.", rich_help_panel=NUMBERS)
]
Edges = Annotated[
    str,
    typer.Option(
        "--edges", help="Edges kept in the results: none, top:200, mass:0.95 or all.", rich_help_panel=NUMBERS
    ),
]
Words = Annotated[
    str,
    typer.Option(
        "--words",
        help="Words whose patterns are found: all, or the strongest of each sentence: top:20 or mass:0.95.",
        rich_help_panel=NUMBERS,
    ),
]
Methods = Annotated[
    str | None,
    typer.Option(
        "--methods",
        help=f"Baseline methods whose patterns are found too: all, or some of {', '.join(METHODS)}.",
        show_default="none",
        rich_help_panel=NUMBERS,
    ),
]
Question = Annotated[
    Literal["similarity"] | None,
    typer.Option(
        "--question",
        help="similarity: how similar a text and its reference are, by the cosine of their last hidden states.",
        show_default="what the model was trained to predict",
        rich_help_panel=NUMBERS,
    ),
]
Dtype = Annotated[
    Literal["float32", "float64"],
    typer.Option("--dtype", help="Number type of weights and arithmetic.", rich_help_panel=NUMBERS),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")]
Memory = Annotated[
    str | None,
    typer.Option("--memory", help="Memory limit, such as 2GB.", show_default="half of what is free"),
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Use only the first sentences.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave bad sentences out and continue.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]
RawTokens = Annotated[
    bool, typer.Option("--raw-tokens", help="Show tokens as the model's vocabulary spells them, such as ##ly or Ġis.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]

SETTINGS: dict[str, Any] = {
    "sampling": HowSampled,
    "samples": Samples,
    "tolerance": Tolerance,
    "distribution": Distribution,
    "baseline": Baseline,
    "beam": Beam,
    "refine": HowRefined,
    "edges": Edges,
    "words": Words,
    "methods": Methods,
}
"""The options of `Settings`, by its fields, in the order of the help."""

OF_SAMPLING = ("sampling", "samples", "tolerance")
"""Fields whose defaults depend on each other: options that are not given are None."""


def takes_settings(*names: str, defaults: Settings | None = None) -> Callable[[Run], Run]:
    """Gives a command options in the place of its keyword-only parameter `settings`, which is then made of them.

    Args:
        names: the fields of `Settings` that are options; without any, all in `SETTINGS`.
        defaults: of these, and of the other fields.
    """
    default = Settings() if defaults is None else defaults

    def decorate(command: Run) -> Run:
        chosen = names or tuple(SETTINGS)

        @wraps(command)
        def with_settings(**given: Any) -> None:
            values = {name: given.pop(name) for name in chosen}
            if values.get("sampling") in (None, default.sampling):  # another one has defaults of its own
                left_open = [name for name in OF_SAMPLING if values.get(name) is None]
                values |= {name: getattr(default, name) for name in left_open}
            if "methods" in values:
                values["methods"] = methods_of(values["methods"])
            command(**given, settings=replace(default, **values))

        options = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None if name in ("methods", *OF_SAMPLING) else getattr(default, name),
                annotation=_annotation(name, default),
            )
            for name in chosen
        ]
        parameters: list[inspect.Parameter] = []
        for parameter in inspect.signature(command, eval_str=True).parameters.values():
            parameters += options if parameter.name == "settings" else [parameter]
        with_settings.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportAttributeAccessIssue]
        with_settings.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return with_settings

    return decorate


def _annotation(name: str, default: Settings) -> Any:
    """The option of a field; its help shows the default that is not the field's own."""
    annotation, value = SETTINGS[name], getattr(default, name)
    if name not in OF_SAMPLING or value is None:
        return annotation
    kind, option = get_args(annotation)
    option = copy(option)
    option.show_default = str(value)
    return Annotated[kind, option]


def allowed(models: Sequence[str] | None) -> tuple[str, ...]:
    """The models of --allow-model; directories as absolute paths."""
    return tuple(str(Path(model).resolve()) if Path(model).is_dir() else model for model in models or ())


def methods_of(text: str | None) -> tuple[str, ...]:
    """The names in --methods, as settings take them."""
    if text is None:
        return ()
    return tuple(METHODS) if text == "all" else tuple(name.strip() for name in text.split(","))
