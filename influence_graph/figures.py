"""Figures that show themselves."""

from base64 import b64encode
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from service.operations.figures import DrawnFigure

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MatplotlibFigure


class Figure:
    """A figure: a notebook shows it, and it saves itself as SVG, PDF or PNG."""

    def __init__(self, drawn: DrawnFigure):
        self._drawn = drawn

    @property
    def matplotlib(self) -> "MatplotlibFigure":
        """The figure as matplotlib has it, for changes of your own."""
        return self._drawn.figure

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the figure in the format that the file's extension names; returns the path.

        Raises:
            InvalidInput: an extension but .svg, .pdf or .png, or a path that cannot be written.
        """
        path = Path(path)
        self._drawn.save(path)
        return path

    def svg(self) -> str:
        """The figure as SVG; equal figures give equal text."""
        stream = BytesIO()
        self._drawn.write(stream, "svg")
        return stream.getvalue().decode()

    def data_uri(self) -> str:
        """The SVG as an address that holds it, for the `src` of an image."""
        return f"data:image/svg+xml;base64,{b64encode(self.svg().encode()).decode()}"

    def _repr_svg_(self) -> str:
        return self.svg()
