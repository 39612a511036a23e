"""Results into the graph while others are still read or computed: a thread that writes, behind a bounded queue.

1. What is put in is made into chunks, in order, and written chunk by chunk.
2. A run that is left early or cannot be written stays `partial`, with whole chunks only: what is given again goes on
   with the same chunks, so that the graph ends as if nothing had happened.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from queue import Queue
from threading import Event, Thread
from types import TracebackType
from typing import Self

from cypher.errors import Conflict, ServerError, ServerUnavailable
from cypher.store.records import ModelRecord, RunRecord
from cypher.store.store import Store
from workers.analysis.results import InstanceResult
from workers.records.chunks import INSTANCES, in_chunks


class Destination:
    """A run in the graph that results are to go to, with what of it already exists."""

    def __init__(self, store: Store, run: RunRecord, model: ModelRecord):
        self.store = store
        self.begun = store.resume_point(run)
        self.run = run if self.begun.versions is None else replace(run, versions=self.begun.versions)
        self.model = model

    def holds(self, name: str, text: str) -> bool:
        """Is this sentence stored?

        Raises:
            Conflict: another one is, under its id.
        """
        stored = self.begun.texts.get(name)
        if stored not in (None, text):
            problem = f"{name!r} is {text!r} here, and {stored!r} in the stored run {self.run.name!r}"
            raise Conflict("id", problem, "Store these results as a run of another name.")
        return stored is not None


class RunWriter:
    """Stores the results of a run in the background. A context manager; leaving it waits for what is still to write.

    Errors of the writing (InvalidInput as `in_chunks`, Conflict as `Destination`, ServerError as `Store`) are raised by
    the next `write` or at the end.
    """

    def __init__(self, destination: Destination):
        self._destination = destination
        self._queue: Queue[InstanceResult | None] = Queue(maxsize=2 * INSTANCES)
        self._left_early = Event()
        self._error: BaseException | None = None
        self._thread = Thread(target=self._write_all, name="graph", daemon=True)
        self.stored = 0
        self.waited = 0.0  # seconds that whoever calls was held up

    def __enter__(self) -> Self:
        gc.freeze()  # else what is loaded is gone through again and again, as so many records are made
        self._thread.start()
        return self

    def write(self, result: InstanceResult) -> None:
        """Put a result behind the others, unless it is stored; waits where the graph is slower than whoever calls."""
        if self._error is not None:
            raise self._error
        if not self._destination.holds(result.id, result.text):
            with self._waiting():
                self._queue.put(result)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._left_early.set()
        with self._waiting():
            self._queue.put(None)
            self._thread.join()
        gc.unfreeze()
        if error is None and self._error is not None:
            raise self._error

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.waited += time.monotonic() - began

    def _write_all(self) -> None:
        store, run, begun = self._destination.store, self._destination.run, self._destination.begun
        changed = False
        try:
            for chunk in in_chunks(run, self._results(), first=begun.chunks, before=len(begun.texts)):
                if self._left_early.is_set():
                    break
                if not changed:
                    store.begin(run, self._destination.model)
                    changed = True
                if store.write(chunk):
                    self.stored += len(chunk.instances)
            if self._left_early.is_set():
                if changed:
                    store.finish(run.id, "partial")
            elif changed or begun.status not in (None, "completed"):
                store.finish(run.id)
        except BaseException as error:  # told to whoever puts results in; the queue must not fill up
            self._error = error
            if changed and not isinstance(error, ServerUnavailable):  # which was waited for long enough
                with suppress(ServerError):  # told is what went wrong first
                    store.finish(run.id, "partial")
            while self._queue.get() is not None:
                pass

    def _results(self) -> Iterator[InstanceResult]:
        while (result := self._queue.get()) is not None:
            yield result
