"""Figures for people: drawn from results, written as SVG, PDF or PNG."""

from service.figures.files import FORMATS, check_format, save
from service.figures.instance import draw, named, strongest

__all__ = ["FORMATS", "check_format", "draw", "named", "save", "strongest"]
