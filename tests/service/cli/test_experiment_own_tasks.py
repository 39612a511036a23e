"""`influence experiment` on tasks that the paper does not have."""

import json

import pytest

from service.experiments.options import NAMES
from service.experiments.tasks import ALL_CASES, UNNAMED
from tests.service.cli.experiments import marvin_linzen, origins, refusal, results_of, table

pytestmark = pytest.mark.whole

SMALL = ("--samples", 4, "--draws", 2, "--words", 3, "--patterns", 6)
ANSWERS = {"correct": "is", "wrong": "are"}
TEXTS = (
    "the pilot that the guards like ***mask*** tall .",
    "the guard that the pilots like ***mask*** tall .",
    "the author that the guards admire ***mask*** old .",
)


def masked_words():
    """Of two tasks, one of which names cases and no plain name for a file; the other neither itself nor a case."""
    rows = [{"task": "blimp/some_agreement", "case": case, "text": text} for case in "AB" for text in TEXTS]
    rows += [{"text": text} for text in TEXTS]
    return [{"id": str(number), **row, **ANSWERS} for number, row in enumerate(rows)]


def test_every_experiment_of_masked_words(influence, masked, sentences, tmp_path):
    folder = tmp_path / "out"
    arguments = ("experiment", "all", "--data", sentences(*masked_words()), "--output", folder, *SMALL, "--count", 2)
    ended = influence(*arguments, "--model", masked)
    assert ended.code == 0 and "left out" not in ended.err
    assert [row["task"] for row in origins(folder)] == ["blimp/some_agreement", UNNAMED]
    assert [row["the paper's model"] for row in origins(folder)] == ["–", "–"]
    assert [result.case for result in results_of(folder, "blimp%2Fsome_agreement")] == ["A", "A", "B", "B"]
    assert [result.case for result in results_of(folder, UNNAMED)] == [ALL_CASES, ALL_CASES]
    for name in NAMES:
        report = json.loads((folder / name / "report.json").read_text())
        tasks = {row[0] for row in report["sheets"][0]["rows"]} & {"blimp/some_agreement", UNNAMED}
        assert tasks == {"blimp/some_agreement", UNNAMED} or name == "ablation"  # whose first table has them as columns
        for sheet in report["sheets"]:
            published = [index for index, column in enumerate(sheet["columns"]) if "paper" in column]
            assert not any(row[index] for row in sheet["rows"] for index in published)
        for figure, _ in report["figures"]:
            assert (folder / name / f"{figure.replace('/', '%2F')}.png").exists()
    ablated = {(row["task"], row["case"]) for row in table(folder, "ablation", "cases")}
    assert ablated >= {("blimp/some_agreement", "A"), ("blimp/some_agreement", None), (UNNAMED, ALL_CASES)}
    again = influence(*arguments, "--model", masked)
    assert again.code == 0 and again.err.count("finished before") == len(NAMES)


def test_every_experiment_of_classes(influence, classifier, sentences, tmp_path):
    rows = [
        {"id": f"{label}-{number}", "text": text.replace("***mask***", "is"), "label": str(label), "task": "my-classes"}
        for label in (0, 1)
        for number, text in enumerate(TEXTS)
    ]
    arguments = ("--data", sentences(*rows), "--output", tmp_path / "out", *SMALL, "--model", classifier)
    assert influence("experiment", "all", *arguments).code == 0
    classes = {result.case for result in results_of(tmp_path / "out", "my-classes")}
    assert len(classes) == 2 and ALL_CASES not in classes
    assert {row["case"] for row in table(tmp_path / "out", "accuracy", "accuracy")} == classes


def test_results_of_own_tasks(influence, masked, sentences, tmp_path):
    results = tmp_path / "results.jsonl"
    assert influence("analyze", sentences(*masked_words()), "--model", masked, "-o", results, "--samples", 4).code == 0
    arguments = ("--results", results, "--model", masked, "--output", tmp_path / "out", *SMALL)
    assert influence("experiment", "ablation", *arguments).code == 0
    assert [row["of them"] for row in origins(tmp_path / "out")] == [f"of {results}, 6", f"of {results}, 3"]
    of_another = influence("experiment", "ablation", "--results", results, "--output", tmp_path / "other", *SMALL)
    assert of_another.code == 2 and "Name the model that made them" in of_another.err


def test_they_are_named_where_the_paper_has_others(influence, masked, tmp_path):
    data = marvin_linzen(tmp_path / "some.tsv")
    own = "simple_agrmt\tsing_MS_MV\tthe pilot ***mask*** tall .\tis\tare\n"
    data.write_text(data.read_text() + own + own.replace("simple_agrmt", "obj_rel_across_anim"))
    arguments = ("experiment", "accuracy", "--data", data, "--model", masked, "--samples", 2, "--count", 1)
    ended = influence(*arguments, "--output", tmp_path / "paper")
    assert ended.code == 0
    assert {row["task"] for row in origins(tmp_path / "paper")} == {"sva-obj", "sva-app"}
    assert "other tasks (" in ended.err and "simple_agrmt" in ended.err
    assert "obj_rel_across_anim (other cases)" in ended.err
    named = influence(*arguments, "--output", tmp_path / "own", "--tasks", "simple_agrmt,sva-obj")
    assert named.code == 0 and "left out" not in named.err
    assert [row["task"] for row in origins(tmp_path / "own")] == ["sva-obj", "simple_agrmt"]
    line = refusal(influence(*arguments, "--output", tmp_path / "none", "--tasks", "simple_agrmnt"))
    assert "has no sentences of 'simple_agrmnt'. Did you mean 'simple_agrmt'?" in line
