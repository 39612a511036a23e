"""The results of a run, out of the graph: as they were analysed or loaded, in the same order."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cypher.bulk.columns import run_rows
from cypher.store.rows import StoredInstance
from cypher.store.runs import StoredRun
from cypher.store.store import Store
from workers.analysis.results import InstanceResult
from workers.records.from_graph import restore


def read_run(store: Store, run: StoredRun) -> Iterator[InstanceResult]:
    """The results of a run, out of the graph."""
    cases = _cases(store, run)
    for instances in store.instances(run.id):
        yield from _restored(cases, run, instances)


def first_of_each(
    store: Store, run: StoredRun, cases: Iterable[Mapping[str, Any]], count: int
) -> Iterator[InstanceResult]:
    """The first results of each case, in the order of the run's input, without their edges.

    Args:
        cases: each with `task` and `case`, its name.
    """
    for row in cases:
        for sentence in store.sentences(run.id, task=row["task"], case=row["case"], limit=count):
            instance = store.instance(run.id, sentence.name, flows=False)
            if instance is not None:  # else it was deleted meanwhile
                yield from restored(store, run, [instance])


def restored(store: Store, run: StoredRun, instances: Iterable[StoredInstance]) -> list[InstanceResult]:
    """The results that instances of a run were made of."""
    return _restored(_cases(store, run), run, instances)


def _cases(store: Store, run: StoredRun) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in run_rows(store, run.id, "cases")}


def _restored(
    cases: Mapping[str, Mapping[str, Any]], run: StoredRun, instances: Iterable[StoredInstance]
) -> list[InstanceResult]:
    return [
        restore(
            record,
            task=cases[record.case]["task"],
            case=cases[record.case]["name"],
            model=run.model,
            settings=run.settings,
            versions=run.versions,
        )
        for _, _, record in instances
    ]
