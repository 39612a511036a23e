"""Figures as files: SVG, PDF or PNG, and the style that makes equal figures equal bytes."""

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import RLock
from typing import Any, BinaryIO

import matplotlib
from matplotlib.figure import Figure

from cypher.errors import InvalidInput
from service.figures.fonts import families

FORMATS = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {"Software": None}}
"""The file types that can be written, each with the metadata left out so that equal figures are equal files."""

DPI, PIXELS = 200, 30_000
"""Of PNG: dots an inch, and the most dots of a side, which make it fewer an inch; nothing can show a larger image."""

DESCRIPTION = {".svg": "Description", ".pdf": "Subject", ".png": "Description"}
"""What each file type calls a text on what it shows."""

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "influence-graph",
    "pdf.fonttype": 42,
    "text.parse_math": False,
    "text.usetex": False,
}


_DRAWING = RLock()


@contextmanager
def style(texts: Iterable[str] = ()) -> Iterator[None]:
    """Draws with the style of all figures; one thread at a time, because matplotlib's parameters are global.

    Args:
        texts: that will be written, for the choice of fonts. What letters no font has, `without_glyphs` says.
    """
    parameters: dict[Any, Any] = {**STYLE, "font.family": families(texts)}
    with _DRAWING, matplotlib.rc_context(parameters), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from font")
        yield


def save(figure: Figure, path: Path, about: Mapping[str, Any] | None = None) -> None:
    """Write the figure in the format that the file's extension names; equal figures give equal bytes.

    Args:
        about: what it was drawn from, kept as JSON in the file's metadata.

    Raises:
        InvalidInput: another extension, or a path that cannot be written.
    """
    extension = check_format(path)
    content = BytesIO()
    write(figure, content, extension.removeprefix("."), about)
    try:
        path.write_bytes(content.getvalue())
    except OSError as error:
        raise InvalidInput("output", f"cannot write {path}: {error.strerror}", "Name another file.") from error


def write(figure: Figure, stream: BinaryIO, form: str, about: Mapping[str, Any] | None = None) -> None:
    """Write the figure to a stream, as `svg`, `pdf` or `png`; equal figures give equal bytes.

    Raises:
        InvalidInput: another format.
    """
    extension = f".{form}"
    if extension not in FORMATS:
        known = ", ".join(each.removeprefix(".") for each in FORMATS)
        raise InvalidInput("format", f"figures cannot be written as {form!r}", f"Use one of {known}.")
    text = {} if about is None else {DESCRIPTION[extension]: json.dumps(about, sort_keys=True)}
    with style():
        dpi = min(DPI, PIXELS / max(figure.get_size_inches()))
        figure.savefig(stream, format=form, dpi=dpi, metadata=FORMATS[extension] | text)


def check_format(path: Path) -> str:
    """The extension of a figure's path, in lower case.

    Raises:
        InvalidInput: not one of `FORMATS`.
    """
    extension = path.suffix.lower()
    if extension not in FORMATS:
        raise InvalidInput("output", f"{path} is not the name of a figure", f"End it with one of {', '.join(FORMATS)}.")
    return extension
