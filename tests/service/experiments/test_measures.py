"""The experiments that need no model, against the definitions in tests/oracle over the same results."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import fmean, stdev
from typing import Any

import pytest

from service.experiments import paper, superposition
from service.experiments.findings import Findings
from service.experiments.material import Material
from service.experiments.measures import ablation, accuracy, alignment, attractors, concentration, entropy
from service.experiments.options import ExperimentOptions
from service.experiments.paper import Published
from tests.oracle import reports as oracle
from tests.workers.some_results import some_results
from workers.analysis.results import InstanceResult, PatternResult, WordResult
from workers.evaluation.ablation.accuracy import AccuracyRow


def material(results: Sequence[InstanceResult]) -> Material:
    by_task: dict[str, list[InstanceResult]] = {}
    for result in results:
        by_task.setdefault(result.task, []).append(result)
    return Material(ExperimentOptions(), by_task, no_model, lambda doing, done, total: None, no_cache)


def no_model(task: str) -> Any:
    raise AssertionError(f"no model of {task} is needed")


def no_cache(experiment: str, task: str, kind: type, compute: Any) -> Any:
    raise AssertionError(f"{experiment} runs no model")


def rows(findings: Findings, sheet: int = 0) -> list[dict[str, Any]]:
    table = findings.sheets[sheet]
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def agree(ours: list[dict[str, Any]], theirs: list[dict[str, Any]], key: Sequence[str], columns: Sequence[str]) -> None:
    """The same rows, whatever their order; of the columns named, all values."""
    by_key = {tuple(row[name] for name in key): row for row in ours}
    assert by_key.keys() == {tuple(row[name] for name in key) for row in theirs}
    for row in theirs:
        mine = by_key[tuple(row[name] for name in key)]
        for column in columns:
            assert mine[column] == pytest.approx(row[column], abs=1e-6), (column, row)


def lengthened(result: InstanceResult) -> InstanceResult:
    """The sentence with a word more in front, whose role no other has."""
    assert result.roles is not None

    def on(path: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(position + 1 if position else 0 for position in path)

    def word(each: WordResult) -> WordResult:
        return replace(each, position=on((each.position,))[0], path=on(each.path))

    def pattern(each: PatternResult) -> PatternResult:
        return replace(each, position=on((each.position,))[0], path=on(each.path))

    return replace(
        result,
        tokens=(result.tokens[0], "indeed", *result.tokens[1:]),
        roles=(result.roles[0], "opening", *result.roles[1:]),
        target=result.target + 1,
        words=tuple(map(word, result.words)),
        patterns=tuple(map(pattern, result.patterns)),
        edges=None,
    )


@pytest.fixture(scope="module")
def results() -> list[InstanceResult]:
    cases = {0: "SS", 1: "SP", 2: "PS", 3: "PP"}
    made = some_results(24, methods=("attention", "random"))
    return [replace(result, case=cases[index // 3 % 4]) for index, result in enumerate(made)]


@pytest.fixture(scope="module")
def varied(results) -> list[InstanceResult]:
    """Sentences of two lengths."""
    return [result if index % 2 else lengthened(result) for index, result in enumerate(results)]


def test_accuracy_and_the_paper_beside_it(results):
    ours = rows(accuracy.make(material(results)))
    agree(ours, oracle.accuracy(results), ("task", "case"), ("instances", "correct", "accuracy", "low", "high"))
    assert [row["case"] for row in ours] == 2 * ["SS", "SP", "PS", "PP"]
    row = next(row for row in ours if (row["task"], row["case"]) == ("sva-obj", "SP"))
    assert (row["paper_small"], row["paper_base"]) == (0.92, 0.96)
    assert row["inside"] == (row["low"] <= 0.925 and row["high"] >= 0.915)


def test_concentration(results):
    ours = rows(concentration.make(material(results)))
    of_cases = [row for row in ours if row["case"] is not None]
    agree(of_cases, oracle.concentration(results), ("task", "case", "level"), ("instances", "mean", "sd"))
    for row in ours:
        if row["case"] is None:
            of_task = [replace(result, case="all") for result in results if result.task == row["task"]]
            (expected,) = [each for each in oracle.concentration(of_task) if each["level"] == row["level"]]
            agree([row], [{**expected, "case": None}], ("task", "level"), ("instances", "mean", "sd"))


@pytest.mark.parametrize("align", ["position", "role"])
def test_entropy_and_its_correlation(results, varied, align):
    chosen = results if align == "position" else varied
    found = entropy.make(material(chosen))
    ours = rows(found)
    expected = oracle.pattern_entropy(chosen, align=align)
    for task in ("sva-obj", "ra-na"):
        whole = [replace(result, case="") for result in chosen if result.task == task]
        (of_task,) = oracle.pattern_entropy(whole, align=align)
        expected.append({**of_task, "case": None})
    agree(ours, expected, ("task", "case"), ("instances", "nodes", "entropy", "accuracy"))
    assert {row["align"] for row in ours} == {align}
    (correlation,) = rows(found, 1)
    agree([correlation], oracle.entropy_correlation(chosen, align=align), (), ("cases", "spearman"))
    assert [figure.name for figure in found.figures] == [f"entropy-{results[0].model[:12]}"]


@pytest.mark.parametrize("align", ["position", "role"])
def test_attractors(results, varied, align):
    chosen = results if align == "position" else varied
    found = attractors.make(material(chosen))
    expected = oracle.attractors(chosen, align=align)
    assert sum(row["contrast"] is not None for row in expected) > 0
    columns = [name for name in expected[0] if name not in ("task", "case", "place")]
    agree(rows(found), expected, ("task", "case", "place"), columns)
    assert [figure.name for figure in found.figures] == ["attractors-sva-obj", "attractors-ra-na"]


def test_cases_are_matched_as_the_report_matches_them():
    assert attractors.MATCHED == oracle.MATCHED


@pytest.mark.parametrize("align", ["position", "role"])
def test_places_and_steps_of_the_figures(results, varied, align):
    chosen = results if align == "position" else varied
    drawn_from = material(chosen)
    for task in drawn_from.results:
        places = [vars_of(row) for row in superposition.places(drawn_from, task)]
        agree(places, oracle.positions(chosen, task, align=align), ("task", "case", "place"), ("instances", "position"))
        for level in ("embedding", "attention"):
            steps = [vars_of(row) for row in superposition.steps(drawn_from, task, level)]
            expected = oracle.flow_frequency(chosen, task, level=level, align=align)
            key = ("task", "case", "layer", "source", "target", "component")
            agree(steps, expected, key, ("instances", "positive", "negative"))


def vars_of(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def test_alignment(results):
    ours = rows(alignment.make(material(results)))
    for row in ours:
        shares = []
        for result in results:
            positive = {word.position: word.path for word in result.words if word.influence > 0}
            if result.task != row["task"] or row["case"] not in (None, result.case) or not positive:
                continue
            baseline = [
                each.path
                for each in result.patterns
                if each.method == row["method"] and each.components is None and each.position in positive
            ]
            own, other = between(positive.values()), between(baseline)
            shares.append(len(own & other) / len(own | other))
        assert row["instances"] == len(shares)
        assert row["jaccard"] == pytest.approx(fmean(shares))
        assert row["sd"] == pytest.approx(stdev(shares))
    assert {row["method"] for row in ours} == {"attention", "random"}
    assert {(row["task"], row["case"]) for row in ours} >= {("sva-obj", None), ("ra-na", None), ("sva-obj", "SP")}


def between(paths: Iterable[tuple[int, ...]]) -> set[tuple[int, int]]:
    """The nodes that paths visit between the first layer and the last."""
    return {(layer, path[layer]) for path in paths for layer in range(1, len(path) - 1)}


def test_the_same_patterns_are_aligned(results):
    (one, *_) = results
    own = tuple(PatternResult("attention", word.position, word.path, None, 1.0) for word in one.words)
    (row,) = rows(alignment.make(material([replace(one, patterns=own)])))
    assert (row["jaccard"], row["sd"]) == (1.0, None)


@pytest.mark.parametrize(
    ("published", "low", "high", "meets"),
    [
        (Published(0.96), 0.90, 0.954, False),
        (Published(0.96), 0.90, 0.956, True),
        (Published(0.55, 0.017), 0.50, 0.53, False),
        (Published(0.55, 0.017), 0.568, 0.60, False),
        (Published(0.55, 0.017), 0.566, 0.60, True),
        (Published(1.0), 0.996, 1.0, True),
    ],
)
def test_what_is_inside(published, low, high, meets):
    assert published.meets(low, high) is meets


RANDOM = AccuracyRow("sva-obj", None, "random", "embedding", 400, 0.58, 0.53, 0.63, 0.012)


@pytest.mark.parametrize(
    ("row", "inside"),
    [
        (RANDOM, False),  # .55 ± .017 and .58 ± .012, whatever one draw's interval says
        (replace(RANDOM, sd=0.014), True),
        (replace(RANDOM, accuracy=0.54, sd=0.0), True),
        (replace(RANDOM, sd=None), True),  # of a single draw its interval is all there is
        (replace(RANDOM, method="gpr", accuracy=0.95, low=0.92, high=0.97, sd=None), True),  # .96
        (replace(RANDOM, method="gpr", accuracy=0.90, low=0.87, high=0.93, sd=None), False),
        (replace(RANDOM, method="attention_raw"), None),
    ],
)
def test_random_patterns_are_compared_by_the_spread_of_their_draws(row, inside):
    assert ablation.beside(row, 0.9, of_task=True).inside is inside
    assert ablation.beside(row, 0.9, of_task=False).inside is None


@pytest.mark.parametrize(
    ("task", "layers", "model"),
    [
        ("sva-obj", 6, "BERT uncased L6 H512 A8"),
        ("ra-ga", 12, "BERT-base in Table 3 (accuracy), which alone has it; else BERT uncased L6 H512 A8"),
        ("sa", 12, "BERT-base"),
    ],
)
def test_which_of_the_papers_models_stands_beside(task, layers, model):
    assert paper.model_of(task, layers) == model


def test_the_papers_tables_are_whole():
    assert all(set(row) == set(paper.TASKS) for row in paper.ABLATED.values())
    assert len(paper.ABLATED) == 9 and len(paper.ACCURACY) == 24
    assert paper.ABLATED["random", "embedding"]["sva-subj"] == Published(0.60, 0.014)
