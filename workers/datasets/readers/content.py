"""The text of a file: plain or gzip, in UTF-8 with or without a byte-order mark; read line by line, never whole."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from cypher.errors import InvalidInput, TooLarge

_GZIP = b"\x1f\x8b"  # how every gzip file begins
_PIECE = 2**20  # bytes
LONGEST = 16 * 2**20
"""Characters of a line."""


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a file that is known to be good, to be read as often as it is wanted."""

    path: Path
    packed: bool

    def lines(self, newline: str) -> Iterator[str]:
        """The lines, with their ends.

        Args:
            newline: what ends one, as `open` takes it: empty for any of the usual ends.

        Raises:
            InvalidInput: one is too long to be a row.
        """
        with _opened(self.path, self.packed) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline=newline) as lines:
            while line := lines.readline(LONGEST + 1):
                if len(line) > LONGEST:
                    problem = f"a line has more than {LONGEST:,} characters"
                    raise InvalidInput("input", problem, "Give one row a line.")
                yield line


def open_text(path: Path, most: int | None = None) -> Text:
    """The text, after a first look at all of it.

    Args:
        most: bytes that it may have, unpacked; None: any number.

    Raises:
        TooLarge: it has more.
        InvalidInput: it cannot be read, is damaged gzip, or is not UTF-8.
    """
    if path.is_dir():
        raise InvalidInput("input", "it is a directory", "Name a file in it.")
    try:
        with path.open("rb") as stream:
            packed = stream.read(len(_GZIP)) == _GZIP
        _check_encoding(path, packed, most)
    except FileNotFoundError:
        raise InvalidInput("input", "there is no such file", "Check the path.") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidInput("input", f"it is damaged gzip ({error})", "Compress or copy it again.") from None
    except OSError as error:
        raise InvalidInput("input", f"it cannot be read ({error.strerror})", "Check its permissions.") from None
    return Text(path, packed)


def _opened(path: Path, packed: bool) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if packed else path.open("rb")


def _check_encoding(path: Path, packed: bool, most: int | None) -> None:
    decoder, line, size = codecs.getincrementaldecoder("utf-8")(), 1, 0
    with _opened(path, packed) as stream:
        try:
            while piece := stream.read(_PIECE):
                decoder.decode(piece)
                line += piece.count(b"\n")
                size += len(piece)
                if most is not None and size > most:
                    problem = f"it has more than {most:,} bytes when it is unpacked"
                    raise TooLarge("input", problem, "Split it into several files.")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            line += error.object.count(b"\n", 0, error.start)
            problem = f"byte {error.object[error.start]:#04x} is not UTF-8"
            raise InvalidInput("input", problem, "Save the file as UTF-8.", f"{path}:{line}") from None


def file_stem(path: Path) -> str:
    """A file's name without `.gz`, and without an extension of letters: `dev` of `dev.tsv`, `refl.3` of `refl.3.gz`."""
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return plain.stem if plain.suffix[1:].isalpha() else plain.name
