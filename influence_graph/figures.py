"""Figures that show themselves."""

from base64 import b64encode
from collections.abc import Mapping
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure as MatplotlibFigure

from service.figures import save
from service.figures.files import FORMATS, STYLE


class Figure:
    """A figure: shows itself in a notebook, and saves itself as SVG, PDF or PNG.

    Attributes:
        matplotlib: the figure as matplotlib has it, for changes of your own.
    """

    def __init__(self, figure: MatplotlibFigure, about: Mapping[str, Any] | None = None):
        """
        Args:
            about: what it was drawn from; kept in the metadata of its files.
        """
        self.matplotlib = figure
        self._about = about

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the figure in the format that the file's extension names; returns the path.

        Raises:
            InvalidInput: an extension but .svg, .pdf or .png, or a path that cannot be written.
        """
        save(self.matplotlib, Path(path), self._about)
        return Path(path)

    def svg(self) -> str:
        """The figure as SVG; equal figures give equal text."""
        stream = BytesIO()
        with matplotlib.rc_context(STYLE):
            self.matplotlib.savefig(stream, format="svg", metadata=FORMATS[".svg"])
        return stream.getvalue().decode()

    def data_uri(self) -> str:
        """The SVG as an address that holds it, for the `src` of an image."""
        return f"data:image/svg+xml;base64,{b64encode(self.svg().encode()).decode()}"

    def _repr_svg_(self) -> str:
        return self.svg()
