"""The figures that a service draws: a method for each."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from cypher.queries.named_reports import Align
from cypher.store.records import Level
from service.client.problems import unreadable
from service.client.transport import Transport
from service.operations.figures import FigureFormat, WrittenFigure

IMAGES: Mapping[FigureFormat, str] = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}


class Figures(ABC):
    """Those methods of a client that draw."""

    _service: Transport

    @abstractmethod
    def _run(self, run: str) -> str:
        """The address of a run."""

    def draw_aggregated(
        self,
        run: str,
        task: str,
        case: str | None = None,
        *,
        level: Level = "attention",
        align: Align = "position",
        least_share: float | None = None,
        steps: int | None = None,
        positions: tuple[int, int] | None = None,
        form: FigureFormat = "svg",
    ) -> WrittenFigure:
        """How often patterns take each step: all sentences of a case laid over each other."""
        choices = {"task": task, "case": case, "level": level, "align": align}
        return self._figure(run, "aggregated", form, {**choices, **_shown(least_share, steps, positions)})

    def draw_difference(
        self,
        run: str,
        task: str,
        case: str,
        against: str,
        *,
        level: Level = "attention",
        align: Align = "position",
        least_share: float | None = None,
        steps: int | None = None,
        positions: tuple[int, int] | None = None,
        form: FigureFormat = "svg",
    ) -> WrittenFigure:
        """Which steps patterns take more often in one case than in another."""
        choices = {"task": task, "case": case, "against": against, "level": level, "align": align}
        return self._figure(run, "difference", form, {**choices, **_shown(least_share, steps, positions)})

    def draw_entropy(self, run: str, *, align: Align = "position", form: FigureFormat = "svg") -> WrittenFigure:
        """Pattern entropy against accuracy, a point for each case."""
        return self._figure(run, "entropy", form, {"align": align})

    def draw_attractors(
        self, run: str, task: str, *, align: Align = "position", form: FigureFormat = "svg"
    ) -> WrittenFigure:
        """How strongly each place speaks for the right or the wrong answer, beside the matched case."""
        return self._figure(run, "attractors", form, {"task": task, "align": align})

    def draw_sentence(
        self,
        run: str,
        name: str,
        words: Sequence[str] | None = None,
        *,
        raw_tokens: bool = False,
        form: FigureFormat = "svg",
    ) -> WrittenFigure:
        """The paths that carry the words of one sentence.

        Args:
            name: of the sentence, as its user calls it.
            words: source words by token or position, or `top:K`; None for the strongest four.
            raw_tokens: show tokens as the model's vocabulary spells them.
        """
        chosen = None if words is None else list(words)
        return self._figure(run, "sentence", form, {"id": name, "word": chosen, "raw_tokens": raw_tokens})

    def _figure(self, run: str, figure: str, form: FigureFormat, params: Mapping[str, Any]) -> WrittenFigure:
        path = f"{self._run(run)}/figures/{figure}"
        answer = self._service.request("GET", path, params=params, accept=IMAGES[form])
        return WrittenFigure(form, answer.content, _notices(answer))


def _shown(
    least_share: float | None, steps: int | None, positions: tuple[int, int] | None
) -> dict[str, float | int | str | None]:
    window = None if positions is None else f"{positions[0]}:{positions[1]}"
    return {"least_share": least_share, "steps": steps, "positions": window}


def _notices(answer: httpx.Response) -> tuple[str, ...]:
    """What a reader of a figure should know.

    Raises:
        ServerError: it is in another form.
    """
    try:
        return tuple(json.loads(answer.headers.get("x-notices", "[]")))
    except ValueError:
        raise unreadable() from None
