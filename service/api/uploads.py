"""Files that requests bring: put on the disk under the name that their owner gave them, and gone afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from fastapi import UploadFile
from pydantic import BaseModel, ValidationError

from cypher.errors import InvalidInput

Options = TypeVar("Options", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    path: Path

    def place(self, where: str | None) -> str | None:
        """A place in the file, without the folder that it lies in, which is nobody's business."""
        return None if where is None else where.removeprefix(f"{self.path.parent}/")

    def located(self, error: InvalidInput) -> InvalidInput:
        """What is wrong with the file, as its owner calls it."""
        problem = error.problem.replace(str(self.path), self.path.name)
        return type(error)(error.field, problem, error.fix, self.place(error.where))


@contextmanager
def uploaded(file: UploadFile) -> Iterator[Upload]:
    """The file, until this context ends.

    Raises:
        InvalidInput: its name is none.
    """
    name = Path(file.filename or "").name or "sentences"
    if not name.isprintable() or name in (".", "..") or len(name.encode()) > 200:
        raise InvalidInput("file", f"{name[:80]!r} is no name of a file", "Give it another.")
    with tempfile.TemporaryDirectory(prefix="influence-upload-") as folder:
        path = Path(folder, name)
        with path.open("wb") as stream:
            shutil.copyfileobj(file.file, stream)
        yield Upload(path)


def read_options(kind: type[Options], text: str) -> Options:
    """What a form says besides its file, as JSON.

    Raises:
        InvalidInput: something is wrong with it; the field begins with `options`.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in ("options", *first["loc"]))
        raise InvalidInput(field, first["msg"], "Correct it.") from None
