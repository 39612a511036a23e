"""What many requests share: the graph and the broker, opened when they are first asked for, and room for queries.

A server that is away at the start, or later, costs the requests that need it an error; what is open finds it again by
itself.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

from cypher.errors import Busy
from cypher.store.store import Store
from service.operations.connections import Connections, open_connections, open_store
from service.operations.limits import Limits
from service.operations.on_demand import OnDemand, open_on_demand
from workers.environment import Environment

if TYPE_CHECKING:
    from workers.jobs.chunk.model_cache import ModelCache
    from workers.models import Model

PATIENCE = 3.0
"""Seconds that a request waits for a graph whose server has ended: it may be back by then."""
EXPORTS, SENDING = 2, 8
"""Of whole runs, at once in each process: written, and sent."""


class SharedServers:
    """One for each process; for use from many threads."""

    def __init__(self, environment: Environment, limits: Limits):
        self.environment, self.limits = environment, limits
        self._open = ExitStack()
        self._opening_store, self._opening_both, self._opening_broker = Lock(), Lock(), Lock()
        self._store: Store | None = None
        self._connections: Connections | None = None
        self._on_demand: OnDemand | None = None
        self._loading = Lock()
        self._models: ModelCache | None = None
        self._queries = BoundedSemaphore(limits.queries)
        self._exports, self._sending = BoundedSemaphore(EXPORTS), BoundedSemaphore(SENDING)

    def store(self) -> Store:
        """The graph.

        Raises:
            ServerError: it cannot be used.
        """
        with self._opening_store:
            if self._store is None:
                self._store = self._open.enter_context(open_store(self.environment, migrate=True, patience=PATIENCE))
            return self._store

    def connections(self) -> Connections:
        """The graph and the broker.

        Raises:
            ServerError: one of them cannot be used.
        """
        with self._opening_both:
            if self._connections is None:
                self._connections = self._open.enter_context(open_connections(self.environment, patience=PATIENCE))
            return self._connections

    def on_demand(self) -> OnDemand:
        """What workers answer at once.

        Raises:
            ServerError: the broker cannot be used.
        """
        with self._opening_broker:
            if self._on_demand is None:
                self._on_demand = self._open.enter_context(open_on_demand(self.environment))
            return self._on_demand

    def model(self, name: str, dtype: str) -> "Model":
        """A model that sentences are read with; it stays in memory.

        Raises:
            ModelError: it cannot be loaded.
        """
        from workers.jobs.chunk.model_cache import ModelCache  # torch takes seconds to import

        with self._loading:
            if self._models is None:
                self._models = ModelCache("cpu")
            return self._models.current(name, dtype)

    @contextmanager
    def one_query(self) -> Iterator[None]:
        """Room for a query of a user's own.

        Raises:
            Busy: so many run already.
        """
        if not self._queries.acquire(timeout=1.0):
            raise Busy("query", f"{self.limits.queries} queries run already", "Try again in some seconds.")
        try:
            yield
        finally:
            self._queries.release()

    @contextmanager
    def one_export(self) -> Iterator[None]:
        """Room for writing a whole run to a file.

        Raises:
            Busy: so many are being written already.
        """
        if not self._exports.acquire(timeout=1.0):
            raise Busy("run", f"{EXPORTS} exports are being written already", "Try again in some seconds.")
        try:
            yield
        finally:
            self._exports.release()

    def begin_sending(self) -> Callable[[], None]:
        """Room for a file that is on its way. Returns what gives the room back.

        Raises:
            Busy: so many are already.
        """
        if not self._sending.acquire(timeout=1.0):
            raise Busy("run", f"{SENDING} exports are being sent already", "Try again in some seconds.")
        return self._sending.release

    def close(self) -> None:
        self._open.close()
