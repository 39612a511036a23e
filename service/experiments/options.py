"""What there is to choose of an experiment, besides its name."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cypher.errors import InvalidInput
from workers.analysis.settings import Settings
from workers.evaluation.ablation.settings import AblationSettings

SETTINGS = Settings(
    sampling="paper",
    samples=50,
    edges="none",
    methods=("attention", "attention_raw", "conductance", "internal", "random"),
)
"""As the paper has them, with the baselines of its tables; edges are of no experiment."""


ABLATION = AblationSettings()

NAMES = (
    "ablation",
    "accuracy",
    "concentration",
    "alignment",
    "entropy",
    "attractors",
    "significance",
    "optimum",
    "figures",
)
"""The experiments, each a module of this package; `ALL` is all of them."""

ALL = "all"


@dataclass(frozen=True, slots=True)
class Options:
    """What is computed of what.

    Raises:
        InvalidInput: a number out of range.
    """

    model: str | None = None  # of all tasks; None: the bundled ones
    data: Path | None = None  # a file of sentences; None: they are generated
    runs: tuple[str, ...] = ()  # names or ids in the graph; results are taken from there instead
    results: tuple[Path, ...] = ()  # files of results, which are taken instead
    tasks: tuple[str, ...] | None = None  # None: all that the model can do and the sentences have
    count: int = 100  # sentences a case, at most
    seed: int = 0  # of sentences and of random patterns
    settings: Settings = SETTINGS
    ablation: AblationSettings = ABLATION
    words: int = 100  # whose patterns are ranked among random ones, or among all there are, a task
    patterns: int = 1000  # random ones, for each word and level
    device: str = "auto"
    dtype: str = "float32"
    memory: int | None = None
    skip_bad: bool = False

    def __post_init__(self) -> None:
        if self.count < 1:
            raise InvalidInput("--count", f"{self.count} is too few", "Use 1 or more sentences a case.")
        if self.words < 1:
            raise InvalidInput("--words", f"{self.words} is too few", "Use 1 or more; the paper has 100.")
        if self.patterns < 2:
            raise InvalidInput("--patterns", f"{self.patterns} have no spread", "Use 2 or more; the paper has 1000.")
        for option, given in (("--run", self.runs), ("--results", self.results)):
            if given and self.data is not None:
                raise InvalidInput(option, "it is given beside --data", "Give one of the two.")


def of_results(options: Options) -> tuple[str, ...]:
    """The arguments on the command line that results depend on."""
    arguments = _arguments(
        ("--model", options.model),
        ("--data", options.data),
        *(("--run", run) for run in options.runs),
        *(("--results", path) for path in options.results),
        ("--tasks", None if options.tasks is None else ",".join(options.tasks)),
        ("--count", options.count),
        ("--seed", options.seed),
        ("--sampling", options.settings.sampling),
        ("--samples", options.settings.samples),
        ("--dtype", options.dtype),
    )
    return *arguments, *(["--skip-bad"] if options.skip_bad else [])


def of_experiments(options: Options) -> tuple[str, ...]:
    """The arguments on the command line that an experiment on results depends on."""
    return _arguments(
        ("--draws", options.ablation.draws),
        ("--replace", options.ablation.replace),
        ("--words", options.words),
        ("--patterns", options.patterns),
    )


def command(name: str, arguments: Sequence[str], output: Path) -> str:
    """The command line that makes an experiment, in any folder."""
    return shlex.join(["influence", "experiment", name, *arguments, "--output", str(output)])


def _arguments(*options: tuple[str, Any]) -> tuple[str, ...]:
    return tuple(text for option, value in options if value is not None for text in (option, str(value)))
