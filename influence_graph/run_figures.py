"""Figures over a run, from its reports."""

from typing import TYPE_CHECKING, Any

from cypher.errors import InvalidInput
from cypher.queries.named_reports import run_report
from cypher.store.runs import StoredRun
from cypher.store.store import Store
from cypher.store.table import Table

if TYPE_CHECKING:
    from influence_graph.figures import Figure
    from service.figures import Traffic


def aggregated(store: Store, run: StoredRun, task: str, case: str | None, level: str, align: str) -> "Figure":
    from influence_graph.figures import Figure
    from service import figures

    cases = _superpositions(store, run, task, case, level, align)
    name = task if case is None else f"{task} {case}"
    facts = [*_facts(run), f"{level}-level patterns", f"aligned by {align}"]
    figure = figures.draw_aggregated(cases, f"{name}: how often patterns take each step", facts)
    return Figure(figure, _about(run, "aggregated", task=task, case=case, level=level, align=align))


def difference(store: Store, run: StoredRun, task: str, case: str, against: str, level: str, align: str) -> "Figure":
    from influence_graph.figures import Figure
    from service import figures

    if case == against:
        raise InvalidInput("against", f"it is {case}, like the other case", "Name two cases.")
    one, other = (_superpositions(store, run, task, name, level, align)[0] for name in (case, against))
    facts = [*_facts(run), f"{level}-level patterns", f"aligned by {align}"]
    title = f"{task}: steps that patterns take more often in {case} or {against}"
    figure = figures.draw_difference(one, other, title, facts)
    return Figure(figure, _about(run, "difference", task=task, case=case, against=against, level=level, align=align))


def entropy(store: Store, run: StoredRun, align: str) -> "Figure":
    from influence_graph.figures import Figure
    from service import figures

    entropies = _report(store, run, "pattern-entropy", align=align)
    (correlation,) = _report(store, run, "entropy-correlation", align=align).dicts()
    title = "Pattern entropy and accuracy"
    if correlation["spearman"] is not None:
        title += f" (Spearman {correlation['spearman']:.2f})".replace("-", "−")
    sentences = sum(row["instances"] for row in entropies.dicts())
    facts = [*_facts(run), f"cases: {len(entropies.rows)}", f"sentences: {sentences:,}", f"aligned by {align}"]
    return Figure(figures.draw_entropy(entropies, title, facts), _about(run, "entropy", align=align))


def attractors(store: Store, run: StoredRun, task: str, align: str) -> "Figure":
    from influence_graph.figures import Figure
    from service import figures

    places, rows = (_report(store, run, name, task=task, align=align) for name in ("positions", "attractors"))
    title = f"{task}: which words speak for the wrong answer"
    figure = figures.draw_attractors(rows, places, title, [*_facts(run), f"aligned by {align}"])
    return Figure(figure, _about(run, "attractors", task=task, align=align))


def _report(store: Store, run: StoredRun, name: str, **parameters: Any) -> Table:
    return run_report(store, name, {"run": run.id, **parameters})


def _superpositions(
    store: Store, run: StoredRun, task: str, case: str | None, level: str, align: str
) -> "list[Traffic]":
    from service import figures

    which = {"task": task, "case": case, "align": align}
    union = _report(store, run, "flow-frequency", level="embedding", **which)
    by_component = _report(store, run, "flow-frequency", level="attention", **which) if level == "attention" else None
    return figures.superpositions(_report(store, run, "positions", **which), union, by_component)


def _facts(run: StoredRun) -> list[str]:
    unfinished = [] if run.status == "completed" else [f"{run.status}: some sentences are missing"]
    return [f"run {run.name}", f"model {run.model_name or run.model[:12]}", *unfinished]


def _about(run: StoredRun, figure: str, **choices: str | None) -> dict[str, Any]:
    origin = {"run": run.id, "name": run.name, "model": run.model, "model_name": run.model_name}
    return {"figure": figure, **choices, **origin, "instances": run.instances, "versions": run.versions}
