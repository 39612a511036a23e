"""`influence ablate`: what it tells, in which form, and what it refuses."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.random_models import random_bert
from workers.analysis.results import InstanceResult
from workers.evaluation.ablation.accuracy import Tally
from workers.evaluation.ablation.running import ablate
from workers.evaluation.ablation.settings import AblationSettings
from workers.models import load_model

TEXTS = {
    "SS": "the pilot that the guard likes ***mask*** tall .",
    "SP": "the pilot that the guards like ***mask*** tall .",
    "PP": "the pilots that the guards like ***mask*** tall .",
}
COLUMNS = ["task", "case", "method", "level", "instances", "accuracy", "low", "high", "sd"]


@pytest.fixture(scope="module")
def file(masked, tmp_path_factory) -> Path:
    from service.cli.app import main

    folder = tmp_path_factory.mktemp("results")
    rows = [
        {"text": text, "correct": "is", "wrong": "are", "task": "sva-obj", "case": case} for case, text in TEXTS.items()
    ]
    (folder / "sentences.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    arguments = ["analyze", folder / "sentences.jsonl", "--model", masked, "--output", folder / "pilots.jsonl"]
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments), "--samples", "4", "--dtype", "float64"])
    assert not ended.value.code
    return folder / "pilots.jsonl"


def rows_of(file: Path, model: Path, settings: AblationSettings) -> list[dict[str, object]]:
    """What Python says."""
    results = [InstanceResult.from_json(line) for line in file.read_text().splitlines()]
    tally = Tally()
    for ablated in ablate(load_model(model, dtype="float64"), results, settings):
        tally.add(ablated)
    return [{name: getattr(row, name) for name in COLUMNS} for row in tally.rows()]


def test_the_table(influence, masked, file):
    ended = influence("ablate", file, "--model", masked, "--draws", 3)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0] == "Ablated accuracy, pilots, zeros" and lines[1].split() == COLUMNS
    assert len(lines) == 2 + 4 * 6  # three cases and the task
    assert "3 sentences on cpu, 10 ablations each" in ended.err


def test_the_numbers_are_those_of_python(influence, masked, file):
    ended = influence("ablate", file, "--model", masked, "--draws", 3, "--format", "json")
    assert json.loads(ended.out) == rows_of(file, masked, AblationSettings(draws=3))


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (["--methods", "original, random"], AblationSettings(methods=("original", "random"), draws=3)),
        (["--levels", "attention"], AblationSettings(levels=("attention",), draws=3)),
        (["--replace", "mean", "--seed", 7], AblationSettings(replace="mean", seed=7, draws=3)),
    ],
)
def test_options_choose(influence, masked, file, options, settings):
    ended = influence("ablate", file, "--model", masked, "--draws", 3, *options, "--format", "json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out) == rows_of(file, masked, settings)


def test_csv_into_a_file_that_is_not_there_yet(influence, masked, file, tmp_path):
    output = tmp_path / "table.csv"
    arguments = ("ablate", file, "--model", masked, "--draws", 2, "--methods", "gpr,random", "--output", output)
    assert influence(*arguments).out == ""
    rows = list(csv.DictReader(io.StringIO(output.read_text())))
    assert list(rows[0]) == COLUMNS and len(rows) == 4 * 4
    assert {row["method"]: bool(row["sd"]) for row in rows} == {"gpr": False, "random": True}
    again = influence(*arguments)
    assert again.code == 2 and "already exists" in again.err
    assert influence(*arguments, "--force").code == 0


def test_results_of_another_model_are_refused(influence, file, tmp_path):
    other = random_bert(tmp_path / "other", layers=3, heads=2, seed=1)
    ended = influence("ablate", file, "--model", other)
    assert ended.code == 2 and ended.out == ""
    assert ended.err.startswith("error: --model: other is ") and "(fingerprints). Name the model that made" in ended.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--methods", "gpr,conductance"],
            "error: --methods: the results have no method 'conductance'. Choose from ",
        ),
        (
            ["--levels", "words"],
            "error: --levels: 'words' is not a level. Use embedding and attention, or one of them.",
        ),
        (["--methods", "repl_skip", "--levels", "embedding"], "error: --levels: repl_skip is at level attention only"),
        (["--methods", ","], "error: --methods: '' is not a choice"),
        (["--draws", 0], "error: --draws: 0 is too few"),
        (["--memory", "lots"], "error: --memory: 'lots' is not an amount"),
        (["--memory", "1kB"], "error: --memory: 1.0 kB is too little"),
        (["--format", "parquet"], "error: --output: Parquet is not text"),
    ],
)
def test_bad_input_is_one_line(influence, masked, file, options, message):
    ended = influence("ablate", file, "--model", masked, *options)
    assert ended.code == 2 and ended.out == ""
    assert message in ended.err and ended.err.splitlines()[-1].startswith("error: ")


def test_a_file_that_holds_no_results(influence, tmp_path, masked):
    assert "RESULTS: cannot read" in influence("ablate", tmp_path / "none.jsonl").err
    (tmp_path / "empty.jsonl").touch()
    ended = influence("ablate", tmp_path / "empty.jsonl", "--model", masked)
    assert ended.code == 2 and "holds no results" in ended.err


def test_an_interrupted_run_writes_nothing(influence, masked, file, tmp_path, monkeypatch):
    def interrupt(self: Tally, ablated: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Tally, "add", interrupt)
    ended = influence("ablate", file, "--model", masked, "--output", tmp_path / "table.json")
    assert ended.code == 130 and "interrupted: nothing was written" in ended.err
    assert not (tmp_path / "table.json").exists()
