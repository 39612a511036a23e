"""The superposition of a run's cases, and the models that there are."""

from abc import ABC, abstractmethod
from dataclasses import asdict
from urllib.parse import quote

from cypher.queries.named_reports import Align
from cypher.store.records import Level
from service.client import records
from service.client.transport import Transport
from service.operations.aggregates import Aggregate, StepChoice
from service.operations.models import ModelDescription

EVERY = 100_000
"""Steps that are asked for where all are wanted."""


class Reading(ABC):
    """Those methods of a client that read superpositions and models."""

    _service: Transport

    @abstractmethod
    def _run(self, run: str) -> str:
        """The address of a run."""

    def aggregate(
        self,
        run: str,
        task: str,
        case: str,
        choice: StepChoice | None = None,
        *,
        level: Level = "attention",
        align: Align = "position",
    ) -> Aggregate:
        """How often patterns take each step: all sentences of a case laid over each other.

        Args:
            choice: which steps; None: all.
        """
        chosen = asdict(choice or StepChoice())
        chosen["strongest"] = chosen["strongest"] or EVERY
        params = {"task": task, "case": case, "level": level, "align": align, **chosen}
        return records.read(Aggregate, self._service.json("GET", f"{self._run(run)}/aggregates", params=params))

    def models(self) -> list[str]:
        """The models that jobs may name."""
        return records.read(list[str], self._service.json("GET", "/v1/models")["models"])

    def model(self, name: str) -> ModelDescription:
        """A model, and what it can be asked."""
        return records.read(ModelDescription, self._service.json("GET", f"/v1/models/{quote(name)}"))
