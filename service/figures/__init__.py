"""Figures for people: drawn from results and from the rows of reports, written as SVG, PDF or PNG."""

from service.figures.aggregated import draw_aggregated, draw_difference
from service.figures.attractors import attractors_title, draw_attractors
from service.figures.entropy import draw_entropy, entropy_title
from service.figures.files import FORMATS, check_format, save, write
from service.figures.instance import draw, named, strongest
from service.figures.selection import Selection
from service.figures.traffic import Traffic, superpositions

__all__ = [
    "FORMATS",
    "Selection",
    "Traffic",
    "attractors_title",
    "check_format",
    "draw",
    "draw_aggregated",
    "draw_attractors",
    "draw_difference",
    "draw_entropy",
    "entropy_title",
    "named",
    "save",
    "strongest",
    "superpositions",
    "write",
]
