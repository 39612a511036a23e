"""Seconds of every report, and of a question over all patterns, on finished runs of two sizes, and how many times as
long the larger takes; each report as it is by default, and of one task, by role and at the level of embeddings. A
report of resamples reads all sentences: of it, the seconds on the larger run alone.

Patterns are those of made-up sentences of few shapes, and every twentieth goes its own way at one layer, so that the
number of distinct patterns grows with the run as it does in real ones.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from cypher.neo4j_server.local import LocalServer
from cypher.queries.named_reports import REPORTS, run_report
from cypher.queries.sandbox import run_query
from cypher.store.store import Store
from service.operations import bulk_load, reports
from tests.benchmarks.store import HEADS, LAYERS, Figure, benchmark_server, results
from workers.analysis.results import InstanceResult, WordResult

TIMES = 7  # that a median is taken over
WARM = 3
ITS_OWN_WAY = 0.05
SIZES = (700, 7000)
SMALL = (20, 40)
GOAL, GOAL_OF_QUESTION, GOAL_OF_RESAMPLES = 0.2, 1.0, 20.0  # seconds
GOAL_OF_GROWTH = 1.5  # times as long on the larger run, where "the same" is meant
CHOSEN = {"task": "sva-obj", "align": "role", "level": "embedding"}
QUESTION = """
MATCH (:Run {id: $run})-[:HAS_CASE]->(c:Case)<-[:OF]-(:Instance)-[:HAS_PATTERN]->(p:Pattern)
RETURN c.name, p.level, p.sign, count(p), avg(p.influence), avg(p.total_influence)
"""


def measure(sizes: tuple[int, ...] = SIZES) -> list[Figure]:
    """On a server of its own."""
    with benchmark_server() as server:
        return _measure(server, sizes)


def _measure(server: LocalServer, sizes: tuple[int, ...]) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"run-{size}.jsonl") for size in sizes]
        for path, size in zip(paths, sizes, strict=True):
            with path.open("w") as file:
                file.writelines(f"{result.to_json()}\n" for result in varied(size, path.stem))
        runs = [loaded.run for loaded in bulk_load.build_database(server, paths, lambda: None)]
    with Store.open(server.connection(), migrate=True) as store:
        figures = [
            figure
            for name, report in REPORTS.items()
            if not report.resampled
            for chosen in _choices(name)
            for figure in _of_report(store, name, chosen, dict(zip(sizes, runs, strict=True)))
        ]
        resampled = [
            _of_resamples(store, report.name, runs[-1], sizes[-1]) for report in REPORTS.values() if report.resampled
        ]
        question = _seconds(lambda: run_query(store, QUESTION, {"run": runs[-1]}))
    return [
        *figures,
        *resampled,
        Figure(f"a question over all patterns of {sizes[-1]} instances", "s", question, GOAL_OF_QUESTION, True),
    ]


def _choices(name: str) -> Iterator[dict[str, str]]:
    """The defaults, then what else a report can be asked."""
    yield {}
    if chosen := {option: value for option, value in CHOSEN.items() if option in REPORTS[name].parameters}:
        yield chosen


def _of_report(store: Store, name: str, chosen: dict[str, str], runs: dict[int, str]) -> Iterator[Figure]:
    """Its seconds on the runs, each called by its size, and the last one's over the first's."""
    what = " ".join((f"report {name}", *(f"{option}={value}" for option, value in chosen.items())))
    took = [_seconds(_asking(store, name, {"run": run, **chosen})) for run in runs.values()]
    for size, seconds in zip(runs, took, strict=True):
        yield Figure(f"{what}, {size} instances", "s", seconds, GOAL, True)
    yield Figure(f"{what}, largest over smallest run", "times", took[-1] / took[0], GOAL_OF_GROWTH, True)


def _of_resamples(store: Store, name: str, run: str, size: int) -> Figure:
    """Its seconds, once."""
    began = time.perf_counter()
    reports.run_report(store, name, run)
    return Figure(f"report {name}, {size} instances", "s", time.perf_counter() - began, GOAL_OF_RESAMPLES, True)


def _asking(store: Store, name: str, parameters: dict[str, str]) -> Callable[[], object]:
    return lambda: run_report(store, name, parameters)


def _seconds(ask: Callable[[], object]) -> float:
    took: list[float] = []
    for _ in range(WARM + TIMES):
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
    return statistics.median(took[WARM:])


def varied(count: int, name: str) -> Iterator[InstanceResult]:
    """Results whose patterns differ as those of real sentences do."""
    random = np.random.default_rng(1)
    for result in results(count, name):
        yield replace(result, words=tuple(_vary(word, random) for word in result.words))


def _vary(word: WordResult, random: np.random.Generator) -> WordResult:
    if random.random() > ITS_OWN_WAY:
        return word
    layer = int(random.integers(LAYERS))
    components = list(word.components)
    components[layer] = int(random.integers(HEADS))
    return replace(word, components=tuple(components))
