"""The classifier's way from sentences to reports: sentences of several lengths, laid over each other by role."""

import json
from collections import Counter
from uuid import uuid4

import pytest

from service.results_file import read_results
from workers.datasets import TASKS

NAME = f"sa-{uuid4().hex}"
COUNT = 4  # sentences of each case


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The sentences, and where their results go."""
    folder = tmp_path_factory.mktemp("sentiment")
    return folder / "sa.jsonl", folder / "sa-results.jsonl"


@pytest.fixture
def results(influence, files):
    sentences, path = files
    if not path.exists():
        assert influence("tasks", "generate", "sa", "-n", COUNT, "--seed", 1, "--output", sentences).code == 0
        ended = influence("analyze", sentences, "--model", "bundled-sentiment", "--output", path, "--samples", 8)
        assert ended.code == 0
    return path


@pytest.fixture
def run(influence, graph, results):
    assert influence("load", results, "--name", NAME).code == 0
    return NAME


def test_every_sentence_is_analysed_and_almost_all_are_right(results):
    read = list(read_results(results))
    assert Counter(result.case for result in read) == dict.fromkeys(TASKS["sa"].cases, COUNT)
    assert len({len(result.tokens) for result in read}) > 5
    assert sum(result.qoi > 0 for result in read) >= 0.95 * len(read)
    for result in read:
        assert result.target == 0 and result.roles is not None
        assert (result.correct, result.wrong) in (("positive", "negative"), ("negative", "positive"))
        assert result.case.endswith(result.correct)
        assert {word.position for word in result.words} == set(range(1, len(result.tokens)))


def test_a_figure_of_one_sentence(influence, results, tmp_path):
    figure = tmp_path / "one.svg"
    ended = influence("plot", results, "--id", "sa/contrast-positive/0", "--output", figure)
    assert ended.code == 0
    assert "positive − negative" in figure.read_text()


def test_reports_lay_equal_roles_over_each_other(influence, run, results):
    read = [result for result in read_results(results) if result.case == "contrast-positive"]
    ended = influence("report", "positions", run, "--case", "contrast-positive", "--align", "role", "--format", "json")
    places = {row["place"]: row for row in json.loads(ended.out)}
    for role in ("cls", "earlier-adjective", "conjunction", "adjective", "period", "sep"):
        assert places[role]["instances"] == COUNT
    at = [result.roles.index("adjective") for result in read if result.roles]
    assert places["adjective"]["position"] == pytest.approx(sum(at) / COUNT)
    assert len(set(at)) > 1
    words = [
        next(word.influence for word in result.words if word.position == position)
        for result, position in zip(read, at, strict=True)
    ]
    assert places["adjective"]["influence"] == pytest.approx(sum(words) / COUNT, abs=1e-6)
    assert "negation" not in places


def test_what_the_earlier_clause_changes_is_told_against_the_joined_case(influence, run):
    arguments = ("report", "attractors", run, "--task", "sa", "--align", "role", "--format", "json", "--limit", 1000)
    rows = {(row["case"], row["place"]): row for row in json.loads(influence(*arguments).out)}
    contrast, joined = (rows[f"{kind}-positive", "earlier-adjective"] for kind in ("contrast", "joined"))
    assert contrast["matched_case"] == "joined-positive" and joined["matched_case"] is None
    assert contrast["contrast"] == pytest.approx(contrast["influence"] - joined["influence"])
    patterns = {row["place"]: row["modal_pattern"] for row in rows.values() if row["modal_pattern"]}
    assert patterns and all(pattern.startswith(f"{place} ") for place, pattern in patterns.items())


@pytest.mark.parametrize("align", ["role", "position"])
def test_entropy_of_every_case(influence, run, align):
    ended = influence("report", "pattern-entropy", run, "--align", align, "--format", "json")
    rows = json.loads(ended.out)
    assert {row["case"] for row in rows} == set(TASKS["sa"].cases)
    assert all(row["instances"] == COUNT and 0 <= row["entropy"] <= 1 for row in rows)


@pytest.mark.parametrize(
    "arguments",
    [
        ("aggregated", "--task", "sa", "--case", "contrast-positive"),
        ("difference", "--task", "sa", "--case", "contrast-positive", "--against", "joined-positive"),
        ("attractors", "--task", "sa"),
        ("entropy",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_figures_over_the_run(influence, run, tmp_path, arguments):
    name, *options = arguments
    figure = tmp_path / "figure.svg"
    assert influence("plot", name, run, *options, "--align", "role", "--output", figure).code == 0
    assert figure.stat().st_size > 0


def test_files_of_sst2(influence, tmp_path):
    file = tmp_path / "dev.tsv"
    file.write_text("sentence\tlabel\nthe film was good . \t1\nthe plot was dull . \t0\n")
    output = tmp_path / "results.jsonl"
    assert influence("analyze", file, "--model", "bundled-sentiment", "--output", output, "--samples", 8).code == 0
    read = {result.id: result for result in read_results(output)}
    assert {name: (one.task, one.case, one.correct) for name, one in read.items()} == {
        "dev/2": ("sa", "positive", "positive"),
        "dev/3": ("sa", "negative", "negative"),
    }
    ended = influence("analyze", file)
    assert ended.code == 2
    assert "is for a classifier, and bundled is a masked-language model" in ended.err
    assert "use a classifier (bundled-sentiment is one)" in ended.err
