"""A run of a service as files of this machine: whole, or not at all."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from service.client.problems import unreadable
from service.client.transport import Transport
from service.export.target import SUFFIX, Format, new_file, new_folder

RESULTS = "application/jsonl"
FILES: Mapping[Format, tuple[str, str]] = {
    "jsonl": ("results", RESULTS),
    "graphml": ("network", "application/graphml+xml"),
    "node-link": ("network", "application/json"),
    "parquet": ("tables", "application/zip"),
}
"""Where each format is, below a run, and its media type."""


def download(service: Transport, run: str, form: Format, output: Path, replace: bool) -> None:
    """Write a run to a file, or as Parquet into a folder.

    Args:
        run: its address.

    Raises:
        RequestError: as `new_file`.
        InfluenceError: as the service says.
    """
    if form != "parquet":
        with new_file(output, replace) as path, path.open("wb") as stream:
            _receive(service, run, form, stream)
        return
    with new_folder(output, replace) as folder, TemporaryFile() as archive:
        _receive(service, run, form, archive)
        _unpack(archive, folder)


def _receive(service: Transport, run: str, form: Format, stream: BinaryIO) -> None:
    name, media = FILES[form]
    with service.stream(f"{run}/{name}", headers={"Accept": media}) as response:
        for piece in response.iter_bytes():
            stream.write(piece)


def _unpack(archive: BinaryIO, folder: Path) -> None:
    """The tables in an archive.

    Raises:
        ServerError: it is none, or holds something else.
    """
    try:
        with zipfile.ZipFile(archive) as tables:
            if any(Path(name).name != name or Path(name).suffix != SUFFIX for name in tables.namelist()):
                raise unreadable()
            tables.extractall(folder)
    except zipfile.BadZipFile:
        raise unreadable() from None
