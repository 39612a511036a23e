"""results.jsonl again: what `influence load` takes, in the order in which it was given."""

from collections.abc import Callable, Iterator
from pathlib import Path

from cypher.bulk.columns import run_rows
from cypher.store.runs import StoredRun
from cypher.store.store import Store
from workers.analysis.results import InstanceResult
from workers.records.from_graph import restore


def write_results(store: Store, run: StoredRun, path: Path, advance: Callable[[], None]) -> None:
    """One line an instance."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for result in read_run(store, run):
            file.write(f"{result.to_json()}\n")
            advance()


def read_run(store: Store, run: StoredRun) -> Iterator[InstanceResult]:
    """The results of a run, out of the graph."""
    cases = {row["id"]: row for row in run_rows(store, run.id, "cases")}
    for instances in store.instances(run.id):
        for _, _, record in instances:
            yield restore(
                record,
                task=cases[record.case]["task"],
                case=cases[record.case]["name"],
                model=run.model,
                settings=run.settings,
                versions=run.versions,
            )
