"""The settings of a run: everything that can change a number in its results."""

import re
from dataclasses import asdict, dataclass
from typing import Any, Literal

from workers.errors import BadInput
from workers.influence.methods import METHODS

Sampling = Literal["trapezoid", "paper", "gauss-legendre"]
Refine = Literal["sequential", "independent"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How influences are computed and which of them are kept. Immutable, comparable, JSON-ready.

    Raises:
        BadInput: a value out of range; the message names the field, the value and the fix.
    """

    sampling: Sampling = "trapezoid"  # of the line from the baseline to the input
    samples: int = 32  # points on that line
    beam: int = 1  # partial patterns kept a layer; 1 is the paper's greedy search
    refine: Refine = "sequential"  # attention-level refinement: reference code's order, or as Algorithm 2 prints it
    edges: str = "top:200"  # kept a sentence: "none", "top:K", "mass:F" (share of absolute influence) or "all"
    sources: tuple[int, ...] | None = None  # token positions whose patterns are sought; None: all but the target
    methods: tuple[str, ...] = ()  # whose baseline patterns are sought beside those of guided pattern refinement

    def __post_init__(self) -> None:
        if self.sampling not in ("trapezoid", "paper", "gauss-legendre"):
            raise BadInput("sampling", f"{self.sampling!r} is not known", "Use trapezoid, paper or gauss-legendre.")
        lowest = 1 if self.sampling == "gauss-legendre" else 2
        if self.samples < lowest:
            raise BadInput(
                "samples", f"{self.samples} is too few for {self.sampling} sampling", f"Use {lowest} or more."
            )
        if self.beam < 1:
            raise BadInput("beam", f"{self.beam} is not a width", "Use 1 (greedy, the paper's search) or more.")
        if self.refine not in ("sequential", "independent"):
            raise BadInput("refine", f"{self.refine!r} is not known", "Use sequential or independent.")
        self.edge_selection()
        if self.sources is not None and (not self.sources or min(self.sources) < 0):
            raise BadInput("sources", f"{self.sources} are not token positions", "Name positions from 0 up.")
        if self.sources is not None and len(set(self.sources)) < len(self.sources):
            raise BadInput("sources", f"{self.sources} names a position twice", "Name each position once.")
        for method in self.methods:
            if method not in METHODS:
                raise BadInput("methods", f"{method!r} is not known", f"Choose among {', '.join(METHODS)}.")
        if len(set(self.methods)) < len(self.methods):
            raise BadInput("methods", f"{', '.join(self.methods)} names one twice", "Name each method once.")

    def edge_selection(self) -> tuple[Literal["none", "top", "mass", "all"], float]:
        """The `edges` setting, parsed: its kind and its amount (0 where the kind has none)."""
        if self.edges == "none":
            return "none", 0.0
        if self.edges == "all":
            return "all", 0.0
        if match := re.fullmatch(r"top:(\d+)", self.edges):
            if int(match[1]) > 0:
                return "top", float(match[1])
        if match := re.fullmatch(r"mass:(0?\.\d+|1(?:\.0*)?)", self.edges):
            if float(match[1]) > 0:
                return "mass", float(match[1])
        raise BadInput(
            "edges",
            f"{self.edges!r} is not a selection",
            "Use none, all, top:K (K from 1) or mass:F (F above 0, up to 1).",
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, in the order of the fields.

        `methods` only where there are any: without, results compare as equal to those made before there was this field.
        """
        values = asdict(self)
        values["sources"] = None if self.sources is None else list(self.sources)
        values["methods"] = list(self.methods)
        if not self.methods:
            del values["methods"]
        return values
