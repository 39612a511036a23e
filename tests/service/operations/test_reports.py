"""Reports, comparisons, queries and figures over one long-lived store, from many threads at once."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from cypher.errors import InvalidInput, NotFound, RefusedQuery
from cypher.queries.named_reports import REPORTS
from cypher.store.store import Store
from cypher.store.table import Table
from service.operations import figures
from service.operations.queries import ask
from service.operations.reports import Choices, compare, list_reports, run_report
from service.operations.storing import Destination, RunWriter
from tests.workers.some_results import some_results
from workers.analysis.results import InstanceResult
from workers.records.stored_runs import read_run
from workers.records.to_graph import describe_model, describe_run


@pytest.fixture(scope="module")
def store(neo4j_server) -> Iterator[Store]:
    with Store.open(neo4j_server) as store:
        yield store


@pytest.fixture(scope="module")
def run(store) -> str:
    return written(store, some_results(30))


def written(store: Store, results: list[InstanceResult]) -> str:
    """The name of a new run of these results."""
    name = f"run-{uuid4().hex}"
    record = describe_run(results[0].model, results[0].settings, results[0].versions, name)
    with RunWriter(Destination(store, record, describe_model(results[0]))) as writer:
        for result in results:
            writer.write(result)
    return name


def test_every_report_is_listed_and_answers(store, run):
    assert [report.name for report in list_reports()] == list(REPORTS)
    for report in list_reports():
        answer = run_report(store, report.name, run)
        assert answer.table.columns == tuple(report.columns) and answer.table.rows and not answer.table.cut
        assert (answer.title, answer.run) == (f"{report.title}, {run}", store.find(run))


def test_rows_beyond_the_most_are_told(store, run):
    whole = run_report(store, "pattern-frequency", run).table
    for rows in (3, len(whole.rows)):
        table = run_report(store, "pattern-frequency", run, rows=rows).table
        assert (table.rows, table.cut) == (whole.rows[:rows], rows < len(whole.rows))


def test_figures_say_where_patterns_are_of_the_strongest_words_only(store, run):
    some = [replace(result, settings={**result.settings, "words": "top:2"}) for result in some_results(4)]
    of_some = written(store, some)
    for name, told in ((of_some, True), (run, False)):
        for drawn in (
            figures.draw_aggregated(store, name, "sva-obj"),
            figures.draw_attractors(store, name, "sva-obj"),
            figures.draw_entropy(store, name),
        ):
            texts = [text.get_text() for axes in drawn.figure.axes for text in axes.texts]
            assert any("patterns of the strongest words only (top:2)" in text for text in texts) is told


def test_two_sides(store, run):
    sides = compare(store, "accuracy", run, Choices(task="sva-obj", case="SP"), against_case="SS", rows=1)
    assert sides.title == f"{REPORTS['accuracy'].title}, {run} SP − {run} SS"
    assert (len(sides.table.rows), sides.table.cut) == (1, True)
    cases = compare(store, "accuracy", run, against_run=run)
    assert {row["case"] for row in cases.table.dicts()} == {"SP", "SS", "PS"}
    with pytest.raises(InvalidInput, match="there is nothing to compare SS with") as refused:
        compare(store, "accuracy", run, against_case="SS")
    assert refused.value.field == "against"


@pytest.mark.parametrize(
    ("choices", "field"),
    [
        (Choices(task="sva-ojb"), "task"),
        (Choices(case="sp"), "case"),
        (Choices(method="gprs"), "method"),
        (Choices(align="roles"), "align"),
    ],
)
def test_errors_name_the_choice(store, run, choices, field):
    with pytest.raises((InvalidInput, NotFound), match="Did you mean") as refused:
        run_report(store, "attractors", run, choices)
    assert refused.value.field == field


def test_queries_read_only_and_take_64_bits(store):
    table = ask(store, "UNWIND $ids AS id RETURN id", {"ids": [1, 2, 3]}, rows=2)
    assert (table.columns, table.rows, table.cut) == (("id",), [(1,), (2,)], True)
    with pytest.raises(RefusedQuery):
        ask(store, "CREATE (:Attack)", {})
    with pytest.raises(InvalidInput, match="64 bits"):
        ask(store, "RETURN $x", {"x": {"deep": [2**63]}})


def drawn(figure: figures.DrawnFigure) -> bytes:
    stream = io.BytesIO()
    figure.write(stream, "svg")
    return stream.getvalue()


def test_one_store_serves_many_threads(store, run):
    """What they ask at once is answered as when they ask one after the other, figures included."""
    questions: list[Callable[[], Table | bytes]] = [
        *(lambda name=name: run_report(store, name, run).table for name in REPORTS),
        lambda: compare(store, "accuracy", run, Choices(case="SP"), against_case="SS").table,
        lambda: drawn(figures.draw_difference(store, run, "sva-obj", "SP", "SS", level="embedding")),
        lambda: drawn(figures.draw_entropy(store, run)),
        lambda: drawn(figures.draw_attractors(store, run, "sva-obj")),
    ]
    alone = [question() for question in questions]
    with ThreadPoolExecutor(8) as pool:
        together = [task.result() for task in [pool.submit(question) for question in questions]]
    assert together == alone
    assert all(each.startswith(b"<?xml") for each in alone if isinstance(each, bytes))


def test_a_figure_tells_its_run_and_has_one_of_three_formats(store, run):
    figure = figures.draw_entropy(store, run)
    assert figure.about is not None and figure.about["name"] == run
    for form, start in (("pdf", b"%PDF"), ("png", b"\x89PNG")):
        stream = io.BytesIO()
        figure.write(stream, form)
        assert stream.getvalue().startswith(start)
    with pytest.raises(InvalidInput, match="Use one of svg, pdf, png"):
        figure.write(io.BytesIO(), "gif")


def test_counterfactual_baselines_are_told_and_kept(store):
    some = [
        replace(result, settings={**result.settings, "baseline": "counterfactual"}, counterfactual=f"another {number}")
        for number, result in enumerate(some_results(4))
    ]
    name = written(store, some)
    told = run_report(store, "overview", name).notices
    assert any("has counterfactual baselines" in notice for notice in told)
    texts = [text.get_text() for text in figures.draw_attractors(store, name, "sva-obj").figure.axes[0].texts]
    assert any("baseline counterfactual" in text for text in texts)
    kept = {result.id: result.counterfactual for result in read_run(store, store.find(name))}
    assert kept == {result.id: result.counterfactual for result in some}
