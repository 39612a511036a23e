"""A run as files that other programs read: results that can be loaded again, a network, or tables."""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from cypher.bulk.columns import TABLES
from cypher.errors import NotFound
from cypher.store.runs import StoredRun
from cypher.store.store import Store
from cypher.suggestions import did_you_mean
from service.api.etags import unless_known
from service.api.routers.reports import version_of
from service.api.security import needs
from service.api.services import Services, TheServices, TheStore
from service.api.tables import FORMATS, accepted
from service.export.target import FileFormat
from service.operations import exports as operations
from service.tables.writing import TableFormat

router = APIRouter(prefix="/v1/runs/{run}", tags=["exports"])

RESULTS, ZIP, PARQUET = "application/jsonl", "application/zip", "application/vnd.apache.parquet"
NETWORKS: Mapping[str, FileFormat] = {"application/graphml+xml": "graphml", "application/json": "node-link"}
TABLE_FORMS: Mapping[str, TableFormat] = {PARQUET: FORMATS[PARQUET], **FORMATS}
PIECE = 2**18  # bytes


def _content(*forms: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {form: {} for form in forms}}}


@router.get("/results", dependencies=needs("read"), response_class=Response, responses=_content(RESULTS))
def download_results(request: Request, run: str, services: TheServices, store: TheStore) -> Response:
    """Its results, one a line, as they were analysed."""
    found = operations.find_whole(store, run)
    return _file(request, services, found, RESULTS, "jsonl", lambda path: _write(path, store, found, "jsonl"))


@router.get("/network", dependencies=needs("read"), response_class=Response, responses=_content(*NETWORKS))
def download_network(request: Request, run: str, services: TheServices, store: TheStore) -> Response:
    """All of it as one network: GraphML, or node-link JSON."""
    form = accepted(request, tuple(NETWORKS), "application/graphml+xml")
    found = operations.find_whole(store, run)
    return _file(
        request, services, found, form, NETWORKS[form], lambda path: _write(path, store, found, NETWORKS[form])
    )


@router.get("/tables", dependencies=needs("read"), response_class=Response, responses=_content(ZIP))
def download_tables(request: Request, run: str, services: TheServices, store: TheStore) -> Response:
    """A Parquet table for each kind of record, with the ids that join them, in a ZIP file."""
    found = operations.find_whole(store, run)

    def write(path: Path) -> None:
        folder = path.with_name("tables")
        folder.mkdir()
        operations.write_tables(store, found, folder)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # Parquet is compressed already
            for table in sorted(folder.iterdir()):
                archive.write(table, table.name)

    return _file(request, services, found, ZIP, "zip", write)


@router.get("/tables/{table}", dependencies=needs("read"), response_class=Response, responses=_content(*TABLE_FORMS))
def download_table(request: Request, run: str, table: str, services: TheServices, store: TheStore) -> Response:
    """One of these tables, as Parquet, Arrow or CSV."""
    if table not in TABLES:
        raise NotFound(
            "table", f"there is no table {table!r}", f"{did_you_mean(table, TABLES)}Use one of {', '.join(TABLES)}."
        )
    form = accepted(request, tuple(TABLE_FORMS), PARQUET)
    found = operations.find_whole(store, run)
    return _file(
        request,
        services,
        found,
        form,
        table,
        lambda path: operations.write_one_table(store, found, table, path, TABLE_FORMS[form]),
    )


def _write(path: Path, store: Store, run: StoredRun, form: FileFormat) -> None:
    with path.open("wb") as stream:
        operations.write_run(store, run, form, stream)


def _file(
    request: Request, services: Services, run: StoredRun, form: str, suffix: str, write: Callable[[Path], None]
) -> Response:
    """What is written, once it is whole, so that what goes wrong is a problem and not half a file."""

    def make() -> Response:
        done = services.begin_sending()
        try:
            with services.one_export(), _written(write) as path:
                stream = path.open("rb")
        except BaseException:
            done()
            raise
        size = os.fstat(stream.fileno()).st_size
        headers = {
            "Content-Length": str(size),
            "Content-Disposition": f'attachment; filename="{run.id}.{suffix}"',
            "X-Run-Status": run.status,
        }
        return SentFile(stream, done, form, headers)

    return unless_known(request, version_of(run), make)


@contextmanager
def _written(write: Callable[[Path], None]) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="influence-export-"))
    try:
        write(folder / "export")
        yield folder / "export"
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # what is open is read to its end


class SentFile(StreamingResponse):
    """A file that is closed when it is sent, or nobody reads on.

    Args:
        done: called then.
    """

    def __init__(self, stream: BinaryIO, done: Callable[[], None], form: str, headers: Mapping[str, str]):
        super().__init__(iter(lambda: stream.read(PIECE), b""), media_type=form, headers=headers)
        self._stream, self._done = stream, done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stream.close()
            self._done()
