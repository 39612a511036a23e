"""Sentences that a service analyses one by one, several at a time, and results that become one file here.

An output file of an earlier run is resumed like one of this machine: what it holds is not asked again, and a result of
another model or other settings is refused.
"""

import json
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from cypher.errors import Conflict, InfluenceError, InvalidInput
from service.client.problems import unreadable
from service.client.sentences import as_rows
from service.client.transport import Transport
from service.operations.analyses import AnalysisSummary, OnBad, Tally, into_file
from service.operations.progress import OnNotice, OnProgress
from service.results_file import NOTHING, KeptResults, read_kept, read_results
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets import Instance
from workers.datasets.rows import FIELDS

AT_ONCE = 4
"""Sentences that are asked at a time."""
WAIT = 5.0
"""Seconds that a request waits for its answer."""
OF_SENTENCES = frozenset(FIELDS)
"""Fields that errors of sentences name; what else is wrong is so of all."""
PATIENCE = 300.0
"""Seconds that a sentence waits where there were too many requests, or a server is away."""
PATH = "/v1/analyses"


@dataclass(frozen=True, slots=True)
class Answered:
    """A sentence that the service has analysed."""

    result: InstanceResult
    notices: tuple[str, ...]


def ask(service: Transport, instance: Instance, chosen: dict[str, Any], stop: Event) -> Answered:
    """One sentence, however long it takes.

    Raises:
        InfluenceError: as the service says.
        Stopped: nobody waits any more.
    """
    (row,) = as_rows([instance])
    told = answer(service, PATH, {"sentence": row, **chosen}, stop)
    path = f"{PATH}/{told['id']}/result"
    line = service.request("GET", path, accept="application/jsonl", patience=PATIENCE).text
    try:
        return Answered(InstanceResult.from_json(line), tuple(told["notices"]))
    except (KeyError, ValueError):
        raise unreadable() from None


def answer(service: Transport, path: str, asked: dict[str, Any], stop: Event | None = None) -> dict[str, Any]:
    """What a worker answers, however long it takes; whoever stops takes the question back.

    Raises:
        InfluenceError: as the service says.
        Stopped: nobody waits any more.
    """
    told = service.json("POST", path, json=asked, params={"wait": WAIT}, patience=PATIENCE)
    try:
        while told.get("status") != "completed":
            if stop is not None and stop.is_set():
                raise Stopped
            told = service.json("GET", f"{path}/{told['id']}", params={"wait": WAIT}, patience=PATIENCE)
    except (Stopped, KeyboardInterrupt):
        service.request("DELETE", f"{path}/{told['id']}")
        raise
    return told


class Stopped(Exception):
    """Nobody waits any more."""


def analyse(
    service: Transport,
    instances: Sequence[Instance],
    settings: Settings,
    chosen: dict[str, Any],
    *,
    output: Path | None,
    on_result: Callable[[InstanceResult], None],
    progress: OnProgress,
    left_out: int,
    on_bad: OnBad | None,
    on_notice: OnNotice,
) -> AnalysisSummary:
    """Every sentence that the output file lacks; results in the order of the input.

    Args:
        chosen: what a request says besides its sentence.
        left_out: bad sentences that were left out before.

    Raises:
        InfluenceError: as the service says of a sentence, where `on_bad` is None or it is not the sentence's fault.
        Conflict: the output file holds results of another model or other settings.
    """
    kept = _kept(output, instances)
    rest = [instance for instance in instances if instance.id not in kept.ids]
    first = next(iter(read_results(output)), None) if output is not None and kept.ids else None
    if first is not None and _without_question(first.settings) != _asked(settings, chosen):
        raise Conflict("output", f"{output} holds results of other settings", "Name another, or remove this file.")
    tally, bad, told = Tally(kept.exactness), 0, set[str]()
    quantity = "" if first is None else first.settings["question"]
    with into_file(output, kept.size) as write, closing(_answers(service, rest, chosen)) as answers:
        for instance, answer in zip(rest, answers, strict=True):
            if isinstance(answer, InfluenceError):
                error = answer.at(instance.origin) if isinstance(answer, InvalidInput) else answer
                if on_bad is None or not isinstance(error, InvalidInput) or error.field not in OF_SENTENCES:
                    raise error
                on_bad(error)
                bad += 1
                continue
            for notice in answer.notices:
                if notice not in told:
                    told.add(notice)
                    on_notice(notice)
            if output is not None:
                _check(answer.result, first, output)
                first = first or answer.result
            write(answer.result)
            on_result(answer.result)
            tally.add(answer.result)
            quantity = answer.result.settings["question"]
            progress(tally.count, len(rest))
    if rest and not tally.count and not kept.ids:
        raise InvalidInput("input", "none of its sentences can be analysed", "Correct those named above.")
    already = len(instances) - len(rest)
    return tally.summary(settings, quantity=quantity, kept=already, left_out=left_out + bad, output=output)


def _answers(
    service: Transport, instances: Sequence[Instance], chosen: dict[str, Any]
) -> Generator[Answered | InfluenceError, None, None]:
    """What comes of each, in order; where this ends early, nothing more is asked."""
    stop = Event()

    def one(instance: Instance) -> Answered | InfluenceError:
        try:
            return ask(service, instance, chosen, stop)
        except InfluenceError as error:
            return error

    with ThreadPoolExecutor(AT_ONCE) as many:
        waiting: deque[Future[Answered | InfluenceError]] = deque()
        try:
            for instance in instances:
                waiting.append(many.submit(one, instance))
                if len(waiting) > AT_ONCE:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            stop.set()
            many.shutdown(wait=False, cancel_futures=True)


def _asked(settings: Settings, chosen: dict[str, Any]) -> dict[str, Any]:
    """The settings as results hold them, as far as they are known without the model."""
    return {**json.loads(json.dumps(settings.to_dict())), "dtype": chosen["dtype"]}


def _without_question(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What of a result's settings is known without the model."""
    return {name: value for name, value in settings.items() if name != "question"}


def _kept(output: Path | None, instances: Sequence[Instance]) -> KeptResults:
    """What the output file holds, whatever model made it."""
    if output is None or not output.exists() or not output.stat().st_size:
        return NOTHING
    first = next(iter(read_results(output)), None)
    return NOTHING if first is None else read_kept(output, first.model, first.settings, instances)


def _check(result: InstanceResult, first: InstanceResult | None, output: Path) -> None:
    """Does it belong to those that the output file holds?"""
    if first is not None and (result.model, result.settings) != (first.model, first.settings):
        what = "another model" if result.model != first.model else "other settings"
        raise Conflict("output", f"{output} holds results of {what}", "Name another, or remove this file.")
