"""results.jsonl again: what `influence load` takes, in the order in which it was given."""

from collections.abc import Callable
from pathlib import Path

from cypher.store import Store
from cypher.stored import StoredRun
from workers.restore import restore


def write_results(store: Store, run: StoredRun, path: Path, advance: Callable[[], None]) -> None:
    """One line an instance."""
    cases = {row["id"]: row for row in store.rows(run.id, "cases")}
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for instances in store.instances(run.id):
            for _, _, record in instances:
                result = restore(
                    record,
                    task=cases[record.case]["task"],
                    case=cases[record.case]["name"],
                    model=run.model,
                    settings=run.settings,
                    versions=run.versions,
                )
                file.write(f"{result.to_json()}\n")
                advance()
