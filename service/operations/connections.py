"""The graph and the broker, opened once and used by many use cases."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cypher.errors import ServerError
from cypher.ledger.ledger import Ledger
from cypher.store.store import Store
from workers.environment import Environment, read_environment

if TYPE_CHECKING:
    from workers.jobs.messages.queues import Queues


@dataclass(frozen=True, slots=True)
class Connections:
    """A graph and a broker; its use from many threads is safe, as long as one at a time writes results to a run."""

    store: Store
    queues: "Queues"

    @property
    def ledger(self) -> Ledger:
        """The jobs of the graph."""
        return Ledger(self.store)


def open_store(
    environment: Environment | None = None, *, migrate: bool = False, patience: float | None = None
) -> Store:
    """The graph that the environment names. Close it after use, or use it as a context manager.

    Args:
        migrate: bring the schema up to date first, as everything that writes needs it.
        patience: seconds that a statement waits for a server that has ended; None: as long as the driver does.

    Raises:
        ServerError: there is none, or it cannot be used.
        Conflict: its schema is another version's.
    """
    options = {} if patience is None else {"max_transaction_retry_time": patience}
    return Store.open((environment or read_environment()).graph(), migrate=migrate, **options)


@contextmanager
def open_connections(environment: Environment | None = None, *, patience: float | None = None) -> Iterator[Connections]:
    """The graph and the broker that the environment names; the graph's schema is brought up to date.

    Args:
        patience: as `open_store` takes it.

    Raises:
        ServerError: one of them is missing, or cannot be used.
    """
    from workers.jobs.messages.app import make_app  # Celery takes a while to import
    from workers.jobs.messages.queues import Queues

    environment = environment or read_environment()
    broker, limits = environment.broker(), environment.limits()
    broker.version()
    with open_store(environment, migrate=True, patience=patience) as store:
        yield Connections(store, Queues(make_app(broker.celery_url(), limits), limits.lease))


def unusable(*looks: Callable[[], object]) -> list[ServerError]:
    """Try every server, so that a user learns of all that are away at once.

    Args:
        looks: each asks one server.

    Returns: the errors of those that cannot be used.

    Raises:
        RequestError: a setting of one is wrong.
    """
    errors: list[ServerError] = []
    for look in looks:
        try:
            look()
        except ServerError as error:
            errors.append(error)
    return errors


def unusable_servers(environment: Environment) -> list[ServerError]:
    """Of the broker and the graph, the errors of those that cannot be used."""
    return unusable(lambda: environment.broker().version(), lambda: environment.graph().version())
