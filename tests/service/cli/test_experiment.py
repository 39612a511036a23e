"""`influence experiment`: from sentences to a report, continued, and refused."""

import csv
import json
import shutil
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path
from statistics import fmean, median
from typing import Any, Literal

import pytest

from service.experiments import computing
from service.experiments.claims import claims
from service.experiments.findings import ExperimentReport
from service.experiments.measures import alignment, concentration
from service.experiments.options import NAMES
from service.experiments.paper import ABLATED, CITATION
from tests.random_models import PIECES, WORDS, random_bert
from tests.service.cli.conftest import GOOD, lines
from tests.service.cli.experiments import marvin_linzen, origins, refusal, results_of, table
from tests.workers.some_results import seen_by
from workers.analysis.analysis import analyze
from workers.analysis.settings import Settings
from workers.datasets import Instance, read_instances
from workers.evaluation.ablation.running import Ablated, ablate
from workers.evaluation.ablation.settings import Ablation, AblationSettings
from workers.evaluation.optimum import compare_with_best
from workers.evaluation.significance import rank_among_random
from workers.models import load_model

pytestmark = pytest.mark.whole

SMALL = ("--samples", 4, "--draws", 2, "--words", 5, "--patterns", 6, "--count", 2)
FEW = ("--samples", 2, "--draws", 2, "--words", 1, "--patterns", 10, "--count", 1)
VOCABULARY = (*WORDS, *(f"word{number}" for number in range(30_522 - 5 - len({*PIECES, *WORDS}))))
"""As many words, with the pieces, as a released BERT has."""


@pytest.fixture(scope="module")
def full_vocabulary(tmp_path_factory) -> Path:
    """A random BERT with as many word pieces as the real one."""
    return random_bert(tmp_path_factory.mktemp("full-size"), layers=3, heads=2, words=VOCABULARY)


@pytest.fixture(scope="module")
def sentences_tsv(tmp_path_factory) -> Path:
    return marvin_linzen(tmp_path_factory.mktemp("data") / "marvin_linzen_dataset.tsv")


@pytest.fixture(scope="module")
def made(full_vocabulary, sentences_tsv, tmp_path_factory) -> Path:
    """The folder of all experiments."""
    from service.cli.app import main

    folder = tmp_path_factory.mktemp("experiments") / "out"
    arguments = ["experiment", "all", "--model", full_vocabulary, "--data", sentences_tsv, "--output", folder, *SMALL]
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert not ended.value.code
    return folder


def test_two_sentences_of_each_case_of_the_tasks_in_the_file(made):
    assert sorted(path.stem for path in (made / "results").iterdir()) == ["sva-app", "sva-obj"]
    for task in ("sva-app", "sva-obj"):
        cases = sorted(result.case for result in results_of(made, task))
        assert cases == ["PP", "PP", "PS", "PS", "SP", "SP", "SS", "SS"]


def test_every_experiment_has_its_folder(made):
    for name in NAMES:
        report = json.loads((made / name / "report.json").read_text())
        assert report["sheets"] and all(sheet["rows"] for sheet in report["sheets"])
        for sheet in report["sheets"]:
            with (made / name / f"{sheet['name']}.csv").open() as file:
                header, *rows = csv.reader(file)
            assert header == sheet["columns"]
            assert rows == [["" if value is None else str(value) for value in row] for row in sheet["rows"]]
        for figure, _ in report["figures"]:
            assert (made / name / f"{figure}.svg").read_text().startswith("<?xml")
            assert (made / name / f"{figure}.png").read_bytes().startswith(b"\x89PNG")
    assert len(json.loads((made / "figures" / "report.json").read_text())["figures"]) == 4


class Page(HTMLParser):
    """What a page refers to, and its text."""

    def __init__(self, text: str):
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_needs_nothing_else_and_says_what_made_it(made, full_vocabulary):
    page = Page((made / "report.html").read_text())
    assert page.addresses and all(each.startswith(("#", "data:image/svg+xml;base64,")) for each in page.addresses)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert "http" not in page.text and "url(" not in page.text and "@import" not in page.text
    assert CITATION in page.text
    model = load_model(full_vocabulary)
    worst = max(result.completeness_error or 0 for result in results_of(made, "sva-obj"))
    for fact in (model.name, model.fingerprint[:12], "BERT uncased L6 H512 A8", "marvin_linzen_dataset.tsv"):
        assert fact in page.text
    assert f"{worst:.3f}".rstrip("0") in page.text
    for name in NAMES:
        assert f"influence experiment {name} --model {full_vocabulary} --data" in page.text
        seconds = json.loads((made / name / "report.json").read_text())["seconds"]
        assert seconds > 0 and f"It took {seconds:.1f} seconds" in page.text
    assert page.tags.count("img") == sum(
        len(json.loads((made / name / "report.json").read_text())["figures"]) for name in NAMES
    )


def test_ablation_is_that_of_the_patterns_of_every_method(made, full_vocabulary):
    model, settings = load_model(full_vocabulary), AblationSettings(draws=2)
    for task in ("sva-obj", "sva-app"):
        results = results_of(made, task)
        rows = {
            (row["method"], row["level"]): row
            for row in table(made, "ablation", "cases")
            if row["task"] == task and row["case"] is None
        }
        assert rows.keys() == {*ABLATED, ("attention_raw", "embedding")}
        for method in ("gpr", "attention", "attention_raw", "conductance", "internal"):
            as_if = results if method == "gpr" else [seen_by(result, method, "embedding") for result in results]
            quantities = [each.quantities[Ablation("gpr", "embedding")] for each in ablate(model, as_if, settings)]
            assert rows[method, "embedding"]["accuracy"] == fmean(one > 0 for (one,) in quantities)
        assert rows["original", None]["accuracy"] == fmean(result.qoi > 0 for result in results)
        published = {key: numbers[task].value for key, numbers in ABLATED.items()}
        for key, row in rows.items():
            assert row["paper"] == published.get(key)
            assert row["of_original"] in (None, row["accuracy"] / rows["original", None]["accuracy"])
        for row in table(made, "ablation", "table-2"):
            assert row[task] == rows[row["method"], row["level"]]["accuracy"]
            assert row[f"{task}, paper"] == published.get((row["method"], row["level"]))


def test_significance_is_that_of_the_first_words_of_each_case_in_turn(made, full_vocabulary):
    results = results_of(made, "sva-obj")
    first = next(result for result in results if result.case == "PP")
    sentence = Instance(first.id, first.text, first.correct, first.wrong)
    settings = Settings(sampling="paper", samples=4)
    ranked = list(rank_among_random(load_model(full_vocabulary), [sentence], settings, draws=6))
    rows = {row["level"]: row for row in table(made, "significance", "significance")}
    assert {row["task"] for row in rows.values()} == {"sva-obj"}  # the paper has it of no other agreement task
    for level, row in rows.items():
        of_level = [each for each in ranked if each.level == level][:5]
        assert (row["words"], row["patterns"]) == (5, 6)
        assert row["beaten"] == pytest.approx(fmean(1000 * each.beaten / 6 for each in of_level))
        assert row["z"] == pytest.approx(median(each.z for each in of_level), rel=1e-3)


def test_the_optimum_is_that_of_the_same_words(made, full_vocabulary):
    results = results_of(made, "sva-app")
    first = next(result for result in results if result.case == "PP")
    sentence = Instance(first.id, first.text, first.correct, first.wrong)
    settings = Settings(sampling="paper", samples=4)
    words = table(made, "optimum", "words")
    rows = [row for row in table(made, "optimum", "optimum") if row["task"] == "sva-app"]
    assert [(row["level"], row["beam"]) for row in rows] == [
        ("embedding", 1),
        ("embedding", 4),
        ("attention", 1),
        ("attention", 4),
    ]
    for row in rows:
        level, beam = row["level"], row["beam"]
        compared = list(
            compare_with_best(load_model(full_vocabulary), [sentence], settings, beams=[beam], levels=[level])
        )
        alone = [
            (each["position"], each["tried"], each["optimal"])
            for each in words
            if (each["id"], each["level"], each["beam"]) == (first.id, level, beam)
        ]
        compared = compared[:5]
        assert [(each.position, each.tried, each.optimal) for each in compared] == alone
        if level == "embedding":
            assert row["tried"] == len(first.tokens) ** 2  # of three layers
        assert row["tried"] == pytest.approx(fmean(each.tried for each in compared), rel=1e-3)
        assert row["optimal"] == pytest.approx(fmean(each.optimal for each in compared))
        assert row["mean_gap"] == pytest.approx(fmean(each.gap for each in compared), abs=1e-4)
        assert 0 <= row["mean_gap"] <= row["worst_gap"]


def test_what_is_finished_is_not_made_again(influence, made, full_vocabulary, sentences_tsv):
    before = {path: path.stat().st_mtime_ns for name in NAMES for path in (made / name).iterdir()}
    ended = influence(
        "experiment", "all", "--model", full_vocabulary, "--data", sentences_tsv, "--output", made, *SMALL
    )
    assert ended.code == 0
    assert [line for line in ended.err.splitlines() if "finished before" in line] == [
        f"{name}: finished before, with the same results" for name in NAMES
    ]
    assert "started" not in ended.err
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_what_the_paper_concludes(made):
    reports = [ExperimentReport.from_dict(json.loads((made / name / "report.json").read_text())) for name in NAMES]
    rows = table(made, "claims", "claims")
    assert rows == [asdict(each) for each in claims(reports)]
    of_original = {
        row["task"]: row["of_original"]
        for row in table(made, "ablation", "cases")
        if (row["case"], row["method"], row["level"]) == (None, "gpr", "embedding")
    }
    kept = {row["task"]: row["holds"] for row in rows if "of the accuracy" in row["claim"]}
    assert kept == {task: share >= 0.9 for task, share in of_original.items()}
    page = Page((made / "report.html").read_text()).text
    assert "What the paper concludes" in page and rows[0]["numbers"] in page


def test_an_interrupted_run_goes_on(influence, made, full_vocabulary, sentences_tsv, tmp_path, monkeypatch):
    arguments = (
        "experiment",
        "accuracy",
        "--model",
        full_vocabulary,
        "--data",
        sentences_tsv,
        "--output",
        tmp_path / "out",
        *SMALL,
    )
    compute = computing.compute

    def interrupted(model, plan, settings):
        yield next(compute(model, plan, settings))
        raise KeyboardInterrupt

    monkeypatch.setattr(computing, "compute", interrupted)
    ended = influence(*arguments)
    assert ended.code == 130 and "the same command resumes" in ended.err
    assert [path.name for path in (tmp_path / "out" / "results").iterdir()] == ["sva-obj.jsonl"]
    results = made / "results" / "sva-app.jsonl"
    ended = influence("experiment", "accuracy", "--results", results, "--output", tmp_path / "out")
    assert ended.code == 0 and "sva-obj: left out, because its results are incomplete" in ended.err
    assert {row["task"] for row in table(tmp_path / "out", "accuracy", "accuracy")} == {"sva-app"}
    shutil.rmtree(tmp_path / "out" / "accuracy")
    (tmp_path / "out" / "results" / "sva-app.jsonl").unlink()
    (kept,) = lines((tmp_path / "out" / "results" / "sva-obj.jsonl").read_text())
    monkeypatch.setattr(computing, "compute", compute)
    assert influence(*arguments).code == 0
    assert {result.id for result in results_of(tmp_path / "out", "sva-obj")} == {
        result.id for result in results_of(made, "sva-obj")
    }
    assert lines((tmp_path / "out" / "results" / "sva-obj.jsonl").read_text())[0] == kept
    assert table(tmp_path / "out", "accuracy", "accuracy") == table(made, "accuracy", "accuracy")


def test_other_choices_make_an_experiment_again(influence, made, full_vocabulary, sentences_tsv, tmp_path):
    folder = shutil.copytree(made, tmp_path / "out")
    few = list(SMALL)
    few[few.index("--patterns") + 1] = 4
    arguments = ("--model", full_vocabulary, "--data", sentences_tsv, "--output", folder, *few)
    ended = influence("experiment", "significance", *arguments, "--json")
    assert ended.code == 0 and "significance: started" in ended.err
    (report,) = json.loads(ended.out)
    assert report["experiment"] == "significance" and "--patterns 4" in report["command"]
    assert "accuracy: finished before" in influence("experiment", "accuracy", *arguments).err


def test_an_interrupted_run_leaves_its_finished_experiments(influence, masked, sentences_tsv, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    arguments = ("all", "--model", masked, "--data", sentences_tsv, "--tasks", "sva-app", "--output", folder, *FEW)

    def interrupted(material):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(concentration, "make", interrupted)
        assert influence("experiment", *arguments).code == 130
    done = [path for name in ("ablation", "accuracy") for path in (folder / name).iterdir()]
    before = {path: path.stat().st_mtime_ns for path in done}
    assert folder / "accuracy" / "report.json" in before and not (folder / "concentration").exists()
    monkeypatch.setattr(alignment, "make", interrupted)
    ended = influence("experiment", *arguments)
    assert ended.code == 130
    assert [line for line in ended.err.splitlines() if "started" in line or "finished" in line] == [
        "ablation: finished before, with the same results",
        "accuracy: finished before, with the same results",
        "concentration: started",
        "alignment: started",
    ]
    assert {path: path.stat().st_mtime_ns for path in done} == before


@pytest.fixture(scope="module")
def of_two(masked, classifier, sentences_tsv, tmp_path_factory) -> tuple[Path, dict[Path, int]]:
    """A folder of ablation with two models, and when each file of it was written by the first."""
    from service.cli.app import main

    folder = tmp_path_factory.mktemp("two-models") / "out"
    data = folder.parent / "dev.tsv"
    data.write_text("sentence\tlabel\na great movie .\t1\na boring film .\t0\nthe film is bad\t0\na tall man\t1\n")
    written: dict[Path, int] = {}
    for model, sentences in ((masked, sentences_tsv), (classifier, data)):
        written = written or {path: path.stat().st_mtime_ns for path in folder.glob("ablation/*.json")}
        arguments = ["ablation", "--model", model, "--data", sentences, "--output", folder, *SMALL]
        with pytest.raises(SystemExit) as ended:
            main(["experiment", *map(str, arguments)])
        assert not ended.value.code
    return folder, written


def test_another_model_adds_its_tasks(of_two, masked, classifier):
    folder, written = of_two
    rows = table(folder, "ablation", "cases")
    assert list(dict.fromkeys(row["task"] for row in rows)) == ["sva-obj", "sva-app", "sa"]
    assert {row["task"]: row["our model"] for row in origins(folder)} == {
        "sva-obj": masked.name,
        "sva-app": masked.name,
        "sa": classifier.name,
    }
    for task in ("sva-obj", "sva-app"):  # is not ablated again
        path = folder / "ablation" / f"{task}.json"
        assert path.stat().st_mtime_ns == written[path]
    for task, model in (("sva-obj", masked), ("sa", classifier)):
        results = results_of(folder, task)
        found = list(ablate(load_model(model), results, AblationSettings(draws=2)))
        assert accuracies(rows, task) == shares(found)
    commands = json.loads((folder / "ablation" / "report.json").read_text())["command"].splitlines()
    assert [str(masked) in commands[0], str(classifier) in commands[1], len(commands)] == [True, True, 2]


def accuracies(rows: list[dict[str, Any]], task: str) -> dict[tuple[str, str | None], float]:
    """Of a whole task."""
    return {
        (row["method"], row["level"]): row["accuracy"] for row in rows if (row["task"], row["case"]) == (task, None)
    }


def shares(found: list[Ablated]) -> dict[tuple[str, str | None], Any]:
    """Of instances that are right."""
    return {
        (each.method, each.level): pytest.approx(fmean(fmean(one > 0 for one in row.quantities[each]) for row in found))
        for each in found[0].quantities
    }


def test_means_in_place_of_zeros(influence, of_two, masked, classifier):
    folder, _ = of_two
    zeros = table(folder, "ablation", "cases")
    arguments = ("--results", folder / "results" / "sva-obj.jsonl", "--model", masked, *SMALL)
    output = folder.parent / "means"
    assert influence("experiment", "ablation", *arguments, "--replace", "mean", "--output", output).code == 0
    settings = AblationSettings(draws=2, replace="mean")
    found = list(ablate(load_model(masked), results_of(folder, "sva-obj"), settings))
    means = accuracies(table(output, "ablation", "cases"), "sva-obj")
    assert means == shares(found)
    assert means != accuracies(zeros, "sva-obj")
    assert "--replace mean" in json.loads((output / "ablation" / "report.json").read_text())["command"]


def test_results_out_of_files(influence, of_two, masked, classifier, tmp_path):
    folder, _ = of_two
    agreement = tmp_path / "agreement.jsonl"
    text = (folder / "results" / "sva-obj.jsonl").read_text()
    agreement.write_text(text.replace('"task": "sva-obj"', '"task": "obj_rel_across_anim"'))  # as `analyze` has it
    app, sa = (folder / "results" / f"{task}.jsonl" for task in ("sva-app", "sa"))
    arguments = ("experiment", "ablation", *SMALL, "--output", tmp_path / "out")
    assert influence(*arguments, "--results", agreement, "--results", app, "--model", masked).code == 0
    ended = influence(*arguments, "--results", sa, "--model", classifier)
    assert ended.code == 0 and "analysing" not in ended.err
    assert table(tmp_path / "out", "ablation", "cases") == table(folder, "ablation", "cases")
    assert origins(tmp_path / "out")[2]["of them"] == f"of {sa}, 4"
    line = refusal(influence(*arguments, "--results", agreement, "--results", folder / "results" / "sva-obj.jsonl"))
    assert "have sva-obj. Name one of them" in line
    ended = influence(*arguments, "--results", sa, "--draws", 3)  # which the bundled model did not make
    assert ended.code == 2 and "--model: the results of sa are of" in ended.err


@pytest.mark.parametrize(("right", "code"), [(True, 0), (False, 1)])
def test_check_passes_where_all_is_inside(influence, masked, sentences_tsv, sentences, tmp_path, right, code):
    """Of a model that is always right, or always wrong: the paper's is right in nearly all of these."""
    model = load_model(masked)
    rows = []
    for instance in read_instances(sentences_tsv):
        if instance.task == "obj_rel_across_anim":
            (result,) = analyze(model, [instance], Settings(samples=2, edges="none"))
            answers = (instance.correct, instance.wrong)
            one, other = answers if (result.qoi > 0) == right else answers[::-1]
            rows.append(
                {"text": instance.text, "correct": one, "wrong": other, "task": "sva-obj", "case": instance.case}
            )
    arguments = ("--model", masked, "--data", sentences(*rows), "--output", tmp_path / "out", "--samples", 2)
    ended = influence("experiment", "accuracy", *arguments, "--check")
    found = table(tmp_path / "out", "accuracy", "accuracy")
    assert [(row["accuracy"], row["inside"]) for row in found] == 4 * [(float(right), right)]
    assert ended.code == code
    assert ("4 numbers do not meet the paper's" in ended.err) is not right


def test_check_fails_where_a_number_is_outside(influence, made, full_vocabulary, sentences_tsv):
    arguments = ("--model", full_vocabulary, "--data", sentences_tsv, "--output", made, *SMALL)
    outside = sum(row["inside"] is False for row in table(made, "ablation", "cases"))
    assert outside  # a random model
    ended = influence("experiment", "ablation", *arguments, "--check")
    assert ended.code == 1 and f"{outside} numbers do not meet the paper's" in ended.err
    assert influence("experiment", "concentration", *arguments, "--check").code == 0


def test_generated_sentences_of_the_bundled_models(influence, tmp_path):
    ended = influence("experiment", "accuracy", "--tasks", "ra-ga,sa", "--output", tmp_path / "out", *SMALL)
    assert ended.code == 0
    rows = table(tmp_path / "out", "accuracy", "accuracy")
    assert {row["task"] for row in rows} == {"ra-ga", "sa"} and {row["instances"] for row in rows} == {2}
    text = Page((tmp_path / "out" / "report.html").read_text()).text
    assert "bundled-sentiment" in text and "generated, up to 2 a case, seed 0" in text


def test_sst_2(influence, classifier, tmp_path):
    data = tmp_path / "dev.tsv"
    data.write_text("sentence\tlabel\na great movie .\t1\na boring film .\t0\nthe film is bad\t0\n")
    ended = influence(
        "experiment", "accuracy", "--model", classifier, "--data", data, "--output", tmp_path / "out", *SMALL
    )
    assert ended.code == 0
    assert [(row["case"], row["instances"]) for row in table(tmp_path / "out", "accuracy", "accuracy")] == [
        ("negative", 2),
        ("positive", 1),
    ]


def of_size(path: Path, layers: int, width: int, heads: int, kind: Literal["masked-lm", "classifier"]) -> Path:
    """A random BERT as large as a released one."""
    shape = {"layers": layers, "width": width, "heads": heads, "ff": 4 * width, "initializer_range": 0.05}
    return random_bert(path, words=VOCABULARY, kind=kind, max_length=512, **shape)


def test_the_papers_agreement_at_its_size(influence, sentences_tsv, tmp_path):
    """As with google/bert_uncased_L-6_H-512_A-8 and the data set; but random, and so outside the paper's spread."""
    model = of_size(tmp_path / "L6-H512-A8", 6, 512, 8, "masked-lm")
    folder = tmp_path / "out"
    ended = influence(
        "experiment", "all", "--model", model, "--data", sentences_tsv, "--output", folder, "--check", *FEW
    )
    assert ended.code == 1
    rows = [row for row in table(folder, "ablation", "cases") if row["case"] is None]
    outside = [row for row in rows if row["inside"] is False]
    assert {row["task"] for row in outside} == {"sva-obj", "sva-app"}
    for row in rows:
        published = ABLATED.get((row["method"], row["level"]), {}).get(row["task"])
        assert row["paper"] == (published and published.value)
        assert row["inside"] == (published and published.meets(*interval(row)))
    assert "numbers do not meet the paper's" in ended.err
    assert load_model(model).encoder.heads == 8 and len(results_of(folder, "sva-obj")[0].words[0].path) == 7


def test_the_papers_sentiment_at_its_size(influence, tmp_path):
    """As with a BERT-base that was trained on SST-2."""
    model = of_size(tmp_path / "base", 12, 768, 12, "classifier")
    data = tmp_path / "dev.tsv"
    data.write_text("sentence\tlabel\na great film .\t1\na boring film .\t0\nthe movie was bad .\t0\n")
    arguments = ("--model", model, "--data", data, "--output", tmp_path / "out", "--check", *FEW)
    ended = influence("experiment", "ablation", *arguments)
    results = results_of(tmp_path / "out", "sa")
    assert sorted(result.case for result in results) == ["negative", "positive"]
    rows = table(tmp_path / "out", "ablation", "cases")
    of_task = {(row["method"], row["level"]): row for row in rows if row["case"] is None}
    assert of_task.keys() == {*ABLATED, ("attention_raw", "embedding")}
    assert of_task["original", None]["accuracy"] == fmean(result.qoi > 0 for result in results)
    for key, row in of_task.items():
        published = ABLATED[key]["sa"] if key in ABLATED else None
        assert (row["paper"], row["inside"]) == (
            published and published.value,
            published and published.meets(*interval(row)),
        )
    outside = sum(row["inside"] is False for row in rows)
    assert outside  # a random model
    assert ended.code == 1 and f"{outside} numbers do not meet the paper's" in ended.err
    (row,) = [row for row in table(tmp_path / "out", "ablation", "table-2") if row["method"] == "original"]
    assert row["sa, paper"] == 0.92
    (origin,) = origins(tmp_path / "out")
    assert origin["the paper's model"] == "BERT-base"


def interval(row: dict[str, Any]) -> tuple[float, float]:
    """What our number leaves open: of random patterns their spread over draws."""
    sd = row["sd"]
    return (row["low"], row["high"]) if sd is None else (row["accuracy"] - sd, row["accuracy"] + sd)


def test_names_that_there_are_not(influence, tmp_path):
    folder = tmp_path / "out"
    assert "there is no experiment 'abblation'. Did you mean 'ablation'?" in refusal(
        influence("experiment", "abblation", "--output", folder)
    )
    assert "there is no task 'sva-ob'. Did you mean 'sva-obj'?" in refusal(
        influence("experiment", "accuracy", "--tasks", "sva-ob", "--output", folder)
    )
    assert not folder.exists()


def test_sentences_of_too_few_cases(influence, masked, tmp_path):
    data = marvin_linzen(tmp_path / "some.tsv", ("sing",))
    arguments = ("experiment", "attractors", "--model", masked, "--output", tmp_path / "out")
    assert "sva-obj has no sentences of the case PS, PP" in refusal(influence(*arguments, "--data", data))
    ended = influence(*arguments, "--data", data, "--tasks", "ra-na")
    assert "has no sentences of 'ra-na'. It has those of sva-obj" in refusal(ended)
    assert not (tmp_path / "out").exists()


def test_a_model_of_the_other_kind(influence, masked, classifier, sentences_tsv, tmp_path):
    arguments = ("experiment", "accuracy", "--output", tmp_path / "out", "--model")
    assert "sva-obj needs a masked-language model" in refusal(
        influence(*arguments, classifier, "--data", sentences_tsv)
    )
    assert "sa needs a classifier" in refusal(influence(*arguments, masked, "--tasks", "sa"))
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else(influence, made, masked, full_vocabulary, sentences_tsv, tmp_path):
    arguments = ("experiment", "accuracy", "--data", sentences_tsv, *SMALL)
    of_same = ("--model", full_vocabulary, "--output", made)
    assert "has sva-obj of model" in refusal(influence(*arguments, "--model", masked, "--output", made))
    assert "made with samples 4, and this run has 5" in refusal(influence(*arguments, *of_same, "--samples", 5))
    assert "seed 0, and this run has of" in refusal(influence(*arguments, *of_same, "--seed", 1))
    (tmp_path / "notes.txt").write_text("mine")
    assert "holds something else" in refusal(influence(*arguments, "--model", full_vocabulary, "--output", tmp_path))
    assert "is not a folder" in refusal(
        influence(*arguments, "--model", full_vocabulary, "--output", tmp_path / "notes.txt")
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--count", 0), "--count: 0 is too few"),
        (("--words", 0), "--words: 0 is too few"),
        (("--patterns", 1), "--patterns: 1 have no spread"),
        (("--draws", 0), "--draws: 0 is too few"),
        (("--run", "pilots", "--data", "some.tsv"), "--run: it is given together with the sentences of some.tsv"),
        (
            ("--results", "some.jsonl", "--data", "some.tsv"),
            "--results: it is given together with the sentences of some.tsv",
        ),
        (("--results", "none.jsonl"), "--results: cannot read none.jsonl"),
    ],
)
def test_numbers_out_of_range(influence, tmp_path, arguments, problem):
    assert problem in refusal(influence("experiment", "accuracy", "--output", tmp_path / "out", *arguments))


def test_results_out_of_the_graph(influence, graph, made, full_vocabulary, tmp_path):
    influence("load", made / "results" / "sva-obj.jsonl", "--name", "experiments-of-pilots")
    try:
        arguments = ("--run", "experiments-of-pilots", "--output", tmp_path / "out", *SMALL)
        for name, sheet in (("alignment", "alignment"), ("attractors", "attractors")):
            assert influence("experiment", name, *arguments).code == 0
            expected = [row for row in table(made, name, sheet) if row["task"] == "sva-obj"]
            assert table(tmp_path / "out", name, sheet) == expected
        ended = influence("experiment", "significance", *arguments)  # the model is that of the task, bundled
        assert ended.code == 2 and "error: --model: the results of sva-obj are of" in ended.err
        of_model = (*arguments, "--model", full_vocabulary)
        for name, sheet in (("significance", "significance"), ("ablation", "cases")):
            assert influence("experiment", name, *of_model).code == 0
            expected = [row for row in table(made, name, sheet) if row["task"] == "sva-obj"]
            assert table(tmp_path / "out", name, sheet) == expected
        ended = influence("experiment", "accuracy", *arguments, "--tasks", "ra-na")
        assert "has no sentences of 'ra-na'. It has those of sva-obj." in refusal(ended)
    finally:
        influence("delete", "experiments-of-pilots")


@pytest.mark.parametrize(
    ("distribution", "shown"), [("point:1", ["point:1", "–", "–"]), ("gaussian:0.1", ["gaussian:0.1", "–", "3"])]
)
def test_results_of_other_distributions_than_the_line(
    influence, graph, masked, sentences, tmp_path, distribution, shown
):
    data = sentences({**GOOD, "task": "sva-obj", "case": "SP"})
    chosen = () if distribution == "point:1" else ("--samples", 3)
    arguments = ("--model", masked, "--distribution", distribution, "--baseline", "zero", *chosen)
    assert influence("analyze", data, *arguments, "--store", "--name", "no-line").code == 0
    try:
        assert influence("experiment", "accuracy", "--run", "no-line", "--output", tmp_path / "out").code == 0
    finally:
        influence("delete", "no-line")
    (row,) = origins(tmp_path / "out")
    assert [row[name] for name in ("distribution", "sampling", "samples")] == shown
    assert (row["baseline"], row["worst completeness error"]) == ("zero", "–")
