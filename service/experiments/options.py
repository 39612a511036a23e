"""What there is to choose of an experiment, besides its name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cypher.errors import InvalidInput
from workers.analysis.settings import Settings
from workers.evaluation.ablation.settings import AblationSettings

SETTINGS = Settings(
    sampling="paper",
    samples=50,
    edges="none",
    methods=("attention", "attention_raw", "conductance", "internal", "random"),
)
"""As the paper has them, with the baselines of its tables; no experiment needs edges."""

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
"""The experiments, each a module of `service.experiments.measures`; `ALL` is all of them."""

ALL = "all"


@dataclass(frozen=True, slots=True)
class ExperimentOptions:
    """What is computed of what.

    Raises:
        InvalidInput: a number out of range, or two sources of sentences.
    """

    model: str | None = None  # of all tasks; None: the bundled ones
    data: Path | None = None  # a file of sentences; None: they are generated
    runs: tuple[str, ...] = ()  # names or ids in the graph; results are taken from there instead
    results: tuple[Path, ...] = ()  # files of results, which are taken instead
    tasks: tuple[str, ...] | None = None  # None: the paper's, or else all, that the model can do and the sentences have
    count: int = 100  # sentences a case, at most
    seed: int = 0  # of sentences and of random patterns
    settings: Settings = SETTINGS
    ablation: AblationSettings = ABLATION
    words: int = 100  # whose patterns are ranked among random ones, or among all there are, a task
    patterns: int = 1000  # random ones, for each word and level
    device: str = "auto"
    dtype: str = "float32"
    memory: int | None = None  # bytes; None: half of what is free
    skip_bad: bool = False

    def __post_init__(self) -> None:
        if self.count < 1:
            raise InvalidInput("count", f"{self.count} is too few", "Use 1 or more sentences a case.")
        if self.words < 1:
            raise InvalidInput("words", f"{self.words} is too few", "Use 1 or more; the paper has 100.")
        if self.patterns < 2:
            raise InvalidInput("patterns", f"{self.patterns} have no spread", "Use 2 or more; the paper has 1000.")
        for field, sources in (("run", self.runs), ("results", self.results)):
            if sources and self.data is not None:
                raise InvalidInput(
                    field, f"it is given together with the sentences of {self.data}", "Give one of the two."
                )


@dataclass(frozen=True, slots=True)
class Instructions:
    """How to repeat an experiment, in the words of the front end; reports quote it."""

    arguments: tuple[str, ...]  # that give the options of the results; the folder keeps them with each task
    repeat: Callable[[str, Sequence[str]], str]  # the text for an experiment (a name) and the arguments of its results
