"""The settings of a run: everything that can change a number in its results."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast, get_args

from cypher.errors import InvalidInput
from cypher.suggestions import did_you_mean
from workers.influence.baselines.methods import METHODS
from workers.influence.selection import ALL, Selection
from workers.influence.tolerance import POINTS

Sampling = Literal["adaptive", "trapezoid", "paper", "gauss-legendre"]
Refine = Literal["sequential", "independent"]
DistributionKind = Literal["line", "point", "gaussian", "uniform"]

SAMPLING: Sampling = "trapezoid"
"""Where nothing is said."""
SAMPLES = 32
"""Where nothing is said; of adaptive sampling `MOST`."""
MOST = 512
TOLERANCE = 0.01

COUNTERFACTUAL = "counterfactual"
"""The baseline that each sentence brings itself."""

LEFT_OUT: Mapping[str, Any] = {
    "words": "all",
    "methods": (),
    "distribution": "line",
    "baseline": "mask",
    "tolerance": None,
}
"""Fields that results do not name at these values: so they are equal to those made before there were these fields."""


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """How influences are computed and which of them are kept. Immutable, JSON-ready; equal where their JSON is.

    Raises:
        InvalidInput: a value out of range; the message names the field, the value and the fix.
    """

    sampling: Sampling | None = None  # of the line from the baseline to the input; None: `SAMPLING`
    samples: int | None = None  # points of the distribution of interest, or at most; None: `SAMPLES`, or `MOST`
    beam: int = 1  # partial patterns kept a layer; 1 is the paper's greedy search
    refine: Refine = "sequential"  # attention-level refinement: reference code's order, or as Algorithm 2 prints it
    edges: str = "top:200"  # kept a sentence: "none", "top:K", "mass:F" (share of absolute influence) or "all"
    sources: tuple[int, ...] | None = None  # token positions whose patterns are sought; None: all but the target
    words: str = "all"  # of them, whose: "all", or the strongest, "top:K" or "mass:F" (share of absolute influence)
    methods: tuple[str, ...] = ()  # whose baseline patterns are sought beside those of guided pattern refinement
    distribution: str = "line"  # of interest: "line", "point:ALPHA" of it, "gaussian:SCALE" or "uniform:SCALE"
    baseline: str = "mask"  # what stands at its every position: "mask", "zero" (the zero vector) or "token:TOKEN"; or
    # "counterfactual": the words of the sentence's other text
    tolerance: float | None = None  # of adaptive sampling: error of words' influences over their sum; None: `TOLERANCE`

    def __post_init__(self) -> None:
        if self.sampling not in (None, *get_args(Sampling)):
            fix = "Use adaptive, trapezoid, paper or gauss-legendre."
            raise InvalidInput("sampling", f"{self.sampling!r} is not known", fix)
        self._check_distribution()
        self._check_tolerance()
        if self.baseline not in ("mask", "zero", COUNTERFACTUAL) and not re.fullmatch("token:.+", self.baseline):
            known = "Use mask, zero, counterfactual or token:TOKEN, such as token:[PAD]."
            problem, fix = f"{self.baseline!r} is not known", known
            raise InvalidInput("baseline", problem, fix)
        if self.beam < 1:
            raise InvalidInput("beam", f"{self.beam} is not a width", "Use 1 (greedy, the paper's search) or more.")
        if self.refine not in ("sequential", "independent"):
            raise InvalidInput("refine", f"{self.refine!r} is not known", "Use sequential or independent.")
        self.edge_selection()
        self.word_selection()
        if self.sources is not None and (not self.sources or min(self.sources) < 0):
            raise InvalidInput("sources", f"{self.sources} are not token positions", "Name positions from 0 up.")
        if self.sources is not None and len(set(self.sources)) < len(self.sources):
            raise InvalidInput("sources", f"{self.sources} names a position twice", "Name each position once.")
        for method in self.methods:
            if method not in METHODS:
                fix = f"{did_you_mean(str(method), METHODS)}Choose among {', '.join(METHODS)}."
                raise InvalidInput("methods", f"{method!r} is not known", fix)
        if len(set(self.methods)) < len(self.methods):
            raise InvalidInput("methods", f"{', '.join(self.methods)} names one twice", "Name each method once.")

    def _check_distribution(self) -> None:
        """Is it one, with as many samples as it can have?"""
        kind, _ = self.distribution_of_interest()
        if kind != "line" and self.sampling is not None:
            problem = f"{self.sampling} is of the line, and the distribution is {self.distribution}"
            raise InvalidInput("sampling", problem, "Leave it out, or use distribution line.")
        if kind == "point" and self.samples is not None:
            raise InvalidInput("samples", f"{self.samples} are too many for a single point", "Leave it out.")
        lowest = {None: 1, "adaptive": POINTS, "gauss-legendre": 1}.get(self.sampling_of_line, 2)
        if self.points < lowest:
            what = f"a {kind} distribution" if self.sampling_of_line is None else f"{self.sampling_of_line} sampling"
            raise InvalidInput("samples", f"{self.samples} is too few for {what}", f"Use {lowest} or more.")

    def _check_tolerance(self) -> None:
        """Is there something that it is of, and is it a share?"""
        if self.tolerance is None:
            return
        if not self.is_adaptive:
            what = f"the distribution is {self.distribution}"
            if self.sampling_of_line is not None:
                what = f"the sampling is {self.sampling_of_line}"
            problem, fix = f"it is of adaptive sampling, and {what}", "Leave it out, or use sampling adaptive."
            raise InvalidInput("tolerance", problem, fix)
        if not 0 < self.tolerance < 1:
            raise InvalidInput(
                "tolerance", f"{self.tolerance} is not a share", "Use a number from 0 to 1, such as 0.01."
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(json.dumps(self.to_dict()))

    @property
    def sampling_of_line(self) -> Sampling | None:
        """How the line is sampled; None where the distribution is another one."""
        return self.sampling or SAMPLING if self.distribution_of_interest()[0] == "line" else None

    @property
    def is_adaptive(self) -> bool:
        """Has each sentence as many points as its tolerance needs?"""
        return self.sampling_of_line == "adaptive"

    @property
    def error(self) -> float | None:
        """The tolerance, where the sampling has one."""
        if not self.is_adaptive:
            return None
        return TOLERANCE if self.tolerance is None else self.tolerance

    def distribution_of_interest(self) -> tuple[DistributionKind, float]:
        """The `distribution` setting, parsed: its kind, and a point's alpha or the scale (0 for the line)."""
        if self.distribution == "line":
            return "line", 0.0
        if match := re.fullmatch(r"(point|gaussian|uniform):(\d+\.?\d*|\.\d+)", self.distribution):
            kind, amount = cast(DistributionKind, match[1]), float(match[2])
            if amount <= 1 if kind == "point" else amount > 0:
                return kind, amount
        raise InvalidInput(
            "distribution",
            f"{self.distribution!r} is not known",
            "Use line, point:ALPHA (from 0, the baseline, to 1, the input), gaussian:SCALE or uniform:SCALE "
            "(above 0, such as gaussian:0.1).",
        )

    @property
    def points(self) -> int:
        """How many samples the distribution of interest has; of adaptive sampling, at most."""
        if self.distribution_of_interest()[0] == "point":
            return 1
        if self.samples is None:
            return MOST if self.is_adaptive else SAMPLES
        return self.samples

    @property
    def usual_points(self) -> int:
        """How many samples sentences have, or most of them at about that many."""
        return min(self.points, SAMPLES) if self.is_adaptive else self.points

    def edge_selection(self) -> Selection:
        """The `edges` setting, parsed."""
        return Selection("none") if self.edges == "none" else _selection("edges", self.edges, "none, all")

    def word_selection(self) -> Selection:
        """The `words` setting, parsed."""
        return _selection("words", self.words, "all")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, in the order of the fields; without what `LEFT_OUT` says, and what can change no number:
        the sampling where there is no line, and the samples of a single point.
        """
        resolved = {"sampling": self.sampling_of_line, "samples": self.points, "tolerance": self.error}
        values = asdict(self) | resolved
        left_out = [name for name, value in LEFT_OUT.items() if values[name] == value]
        if self.sampling_of_line is None:
            left_out.append("sampling")
        if self.distribution_of_interest()[0] == "point":
            left_out.append("samples")
        values["sources"] = None if self.sources is None else list(self.sources)
        values["methods"] = list(self.methods)
        return {name: value for name, value in values.items() if name not in left_out}


def tells_right(settings: Mapping[str, Any]) -> bool:
    """Is the model right exactly where the quantity of interest is positive, by settings as results hold them?"""
    return settings.get("question", "logit_difference") in ("logit_difference", "label_logit")


def _selection(field: str, text: str, others: str) -> Selection:
    """The selection that a setting names.

    Args:
        others: what it may be besides `top:K` and `mass:F`, for the message.

    Raises:
        InvalidInput: it names none.
    """
    if text == "all":
        return ALL
    if (match := re.fullmatch(r"top:(\d+)", text)) and int(match[1]) > 0:
        return Selection("top", float(match[1]))
    if (match := re.fullmatch(r"mass:(0?\.\d+|1(?:\.0*)?)", text)) and float(match[1]) > 0:
        return Selection("mass", float(match[1]))
    fix = f"Use {others}, top:K (K from 1) or mass:F (F above 0, up to 1)."
    raise InvalidInput(field, f"{text!r} is not a selection", fix)
