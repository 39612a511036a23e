"""Where an export goes: written beside its place under another name, and moved there when it is whole."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from cypher.errors import Conflict, InvalidInput

FileFormat = Literal["jsonl", "graphml", "node-link"]
Format = Literal["jsonl", "parquet", "graphml", "node-link"]
SUFFIX = ".parquet"  # of all that a folder of an export holds


@contextmanager
def new_file(output: Path, replace: bool) -> Iterator[Path]:
    """A path to write to; it takes its place at `output` when the block ends well, and else is removed.

    Raises:
        Conflict: there is a file already, and `replace` is not given.
        InvalidInput: it cannot be written.
    """
    if output.is_dir():
        raise InvalidInput("output", f"{output} is a folder", "Name a file.")
    if output.exists() and not replace:
        raise Conflict("output", f"{output} already exists", "Name another.")
    partial = _partial(output)
    with _writing(output):
        try:
            partial.touch()
            yield partial
            partial.replace(output)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def new_folder(output: Path, replace: bool) -> Iterator[Path]:
    """A folder to write into; it takes its place at `output` when the block ends well, and else is removed.

    Raises:
        Conflict: there is an export already, and `replace` is not given.
        InvalidInput: there is something else already, or it cannot be written.
    """
    if output.exists():
        if not output.is_dir() or any(path.suffix != SUFFIX for path in output.iterdir()):
            raise InvalidInput("output", f"{output} already exists, and is not an export", "Name another folder.")
        if not replace and any(output.iterdir()):
            raise Conflict("output", f"{output} already exists", "Name another.")
    partial = _partial(output)
    with _writing(output):
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir()
            yield partial
            if output.exists():
                shutil.rmtree(output)
            partial.rename(output)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _partial(output: Path) -> Path:
    return output.with_name(f".{output.name}.partial")


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problem = f"cannot write {output} ({error.strerror or error})"
        raise InvalidInput(
            "output", problem, "Name one in a folder that you can write to, with enough room."
        ) from error
