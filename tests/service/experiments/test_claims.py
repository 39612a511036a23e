"""What the paper concludes, of the bundled models: the experiments of some sentences of every case."""

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace
from statistics import fmean
from typing import Any

import pytest

from service.experiments.folder import Folder
from service.experiments.options import SETTINGS, Options
from service.experiments.run import run
from workers.ablation.settings import AblationSettings

AGREEMENT = ("sva-obj", "sva-subj", "sva-wsc", "sva-app", "ra-na", "ra-ga")
NAMES = ("ablation", "entropy", "attractors", "significance")
OPTIONS = Options(
    count=6, words=10, patterns=1000, settings=replace(SETTINGS, samples=20), ablation=AblationSettings(draws=10)
)
MARGIN = 0.2
"""What one accuracy must have over another to be clearly above it."""


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Mapping[str, list[dict[str, Any]]]:
    """The rows of every experiment's first table."""

    @contextmanager
    def unseen(total: int, doing: str):
        yield lambda: None

    folder = Folder(tmp_path_factory.mktemp("claims"))
    reports = run(NAMES, folder, OPTIONS, progress=unseen, tell=print, store=lambda: pytest.fail("no graph is asked"))
    sheets = {report.experiment: report.sheets[0] for report in reports}
    return {name: [dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows] for name, sheet in sheets.items()}


def accuracies(found: Mapping[str, list[dict[str, Any]]], method: str, level: str | None) -> dict[str, float]:
    """Of each task, under one ablation."""
    (row,) = [row for row in found["ablation"] if row["method"] == method and row["level"] == level]
    return {task: row[task] for task in (*AGREEMENT, "sa")}


@pytest.mark.parametrize("task", AGREEMENT)
def test_positive_patterns_keep_the_accuracy(found, task):
    def kept(method: str, level: str | None = "embedding") -> float:
        return accuracies(found, method, level)[task]

    assert kept("gpr") >= 0.9 * kept("original", None)
    assert kept("gpr") > kept("random") + MARGIN
    assert kept("gpr") > kept("internal") + MARGIN
    assert kept("gpr") > kept("attention_raw") + MARGIN / 2


def test_positive_patterns_of_sentiment_keep_more_than_others(found):
    """Less than nine tenths: docs/experiments.md says why."""
    kept = accuracies(found, "gpr", "embedding")["sa"]
    assert kept > max(accuracies(found, method, "embedding")["sa"] for method in ("random", "internal"))


@pytest.mark.parametrize("task", [task for task in AGREEMENT if task != "ra-ga"])
def test_components_of_positive_patterns_keep_more_than_random_ones_and_skip_connections(found, task):
    """Not of `ra-ga`: docs/experiments.md says why."""
    kept = accuracies(found, "gpr", "attention")[task]
    assert kept > accuracies(found, "random", "attention")[task]
    assert kept > accuracies(found, "repl_skip", "attention")[task]


@pytest.mark.parametrize("level", ["embedding", "attention"])
def test_patterns_beat_nearly_all_random_ones(found, level):
    rows = [row for row in found["significance"] if row["level"] == level]
    assert [row["task"] for row in rows] == ["sva-obj", "sa"]
    assert all(row["beaten"] >= 999 for row in rows)


@pytest.mark.parametrize("task", AGREEMENT)
def test_attractors_speak_for_the_wrong_answer(found, task):
    """After either subject more than the noun that agrees with it; after singular and masculine ones most of all words,
    and by themselves."""
    rows = {row["case"]: row for row in found["attractors"] if row["task"] == task and row["role"] == "attractor"}
    one, other = (rows[case] for case in (("MF", "FM") if task == "ra-ga" else ("SP", "PS")))
    assert one["rank"] == 1
    assert one["influence"] < 0
    assert one["contrast"] < 0
    assert task == "ra-na" or other["contrast"] < 0  # of six sentences; of a hundred it is


def test_varied_sentences_have_messier_patterns(found):
    """Those of sentiment, whose words and lengths vary, beside those of agreement, which have one frame a task."""
    entropies = {
        task: fmean(row["entropy"] for row in found["entropy"] if row["task"] == task) for task in (*AGREEMENT, "sa")
    }
    assert max(entropies, key=lambda task: entropies[task]) == "sa"
