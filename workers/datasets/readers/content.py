"""The text of a file: plain or gzip, in UTF-8 with or without a byte-order mark."""

import gzip
import zlib
from pathlib import Path

from cypher.errors import InvalidInput

_GZIP = b"\x1f\x8b"  # how every gzip file begins


def read_text(path: Path) -> str:
    """The whole text.

    Raises:
        InvalidInput: it cannot be read, is damaged gzip, or is not UTF-8.
    """
    if path.is_dir():
        raise InvalidInput("input", "it is a directory", "Name a file in it.")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InvalidInput("input", "there is no such file", "Check the path.") from None
    except OSError as error:
        raise InvalidInput("input", f"it cannot be read ({error.strerror})", "Check its permissions.") from None
    if content.startswith(_GZIP):
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise InvalidInput("input", f"it is damaged gzip ({error})", "Compress or copy it again.") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = f"byte {content[error.start]:#04x} is not UTF-8"
        raise InvalidInput("input", problem, "Save the file as UTF-8.", f"{path}:{line}") from None


def file_stem(path: Path) -> str:
    """A file's name without `.gz`, and without an extension of letters: `dev` of `dev.tsv`, `refl.3` of `refl.3.gz`."""
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return plain.stem if plain.suffix[1:].isalpha() else plain.name
