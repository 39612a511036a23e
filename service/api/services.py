"""What requests need and share: the servers, keys, and how much a caller may ask."""

import math
from threading import Lock
from typing import Annotated

from cachetools import TTLCache
from fastapi import Depends, Request

from cypher.store.runs import StoredRun
from cypher.store.store import Store
from service.api.problems import Problem
from service.api.rates import Rates
from service.api.settings import ServiceSettings
from service.operations.connections import Connections
from service.operations.keys import Keys
from service.operations.on_demand import OnDemand
from service.operations.sharing import SharedServers
from workers.environment import Environment

RUNS, LOOK = 1000, 1.0
"""Runs that are known, and seconds between two looks at one."""


class Services(SharedServers):
    """One for each process."""

    def __init__(self, environment: Environment, settings: ServiceSettings):
        super().__init__(environment, settings)
        self.settings = settings
        self.keys = Keys(environment.folder / "keys.json")
        self._knowing = Lock()
        self._runs: TTLCache[str, StoredRun] = TTLCache(RUNS, LOOK)
        self._rates = Rates(environment, settings.requests)

    def find_run(self, wanted: str) -> StoredRun:
        """The run of that name or id; one that has ended is asked about once a second at most.

        Raises:
            NotFound: there is no such run.
            Conflict: several have this name.
            ServerError: the graph cannot be read.
        """
        with self._knowing:
            known = self._runs.get(wanted)
        if known is None:
            known = self.store().find(wanted)
            if known.status == "completed":
                with self._knowing:
                    self._runs[wanted] = known
        return known

    def forget_runs(self) -> None:
        """Ask about every run again."""
        with self._knowing:
            self._runs.clear()

    def count_request(self, caller: str) -> None:
        """Count a request of a caller.

        Raises:
            Problem: there were too many within a minute.
        """
        if wait := self._rates.wait(caller):
            problem = f"there were more than {self.settings.requests} requests of this caller within a minute"
            headers = {"Retry-After": str(math.ceil(wait))}
            raise Problem("too-many-requests", problem, "Wait, and ask for more at once.", headers)


async def _services(request: Request) -> Services:
    return request.app.state.services


TheServices = Annotated[Services, Depends(_services)]


def _store(services: TheServices) -> Store:
    return services.store()


def _connections(services: TheServices) -> Connections:
    return services.connections()


def _on_demand(services: TheServices) -> OnDemand:
    return services.on_demand()


TheStore = Annotated[Store, Depends(_store)]
TheConnections = Annotated[Connections, Depends(_connections)]
TheOnDemand = Annotated[OnDemand, Depends(_on_demand)]
