"""`influence analyze` on small random models: what it writes, prints and keeps."""

import json
import re

import pytest

from service.results_file import read_results
from tests.random_models import random_bert
from tests.service.cli.conftest import GOOD, lines
from workers.analysis.analysis import analyze
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets import read_instances
from workers.influence.baselines.methods import METHODS
from workers.models import load_model

OTHER = {"id": "other", "text": "the pilots that the guard likes [MASK] tall .", "correct": "are", "wrong": "is"}
SHORT = {"id": "short", "text": "the pilots ***mask*** .", "correct": "swim", "wrong": "swims"}


@pytest.fixture
def three(sentences):
    return sentences(GOOD, OTHER, SHORT)


def test_the_file_holds_what_the_library_computes(influence, masked, three, tmp_path):
    output = tmp_path / "results.jsonl"
    options = ("--samples", 8, "--sampling", "paper", "--beam", 2, "--refine", "independent", "--edges", "top:5")
    ended = influence("analyze", three, "--model", masked, "--output", output, "--dtype", "float64", *options)
    assert ended.code == 0
    settings = Settings(samples=8, sampling="paper", beam=2, refine="independent", edges="top:5")
    expected = analyze(load_model(masked, dtype="float64"), read_instances(three), settings)
    assert output.read_text().splitlines() == [result.to_json() for result in expected]


def test_the_summary_and_the_plan(influence, masked, three, tmp_path):
    output = tmp_path / "results.jsonl"
    ended = influence("analyze", three, "--model", masked, "--output", output, "--memory", "1GB")
    assert "3 sentences on cpu in 2 batches: about" in ended.err and "1.0 GB allowed" in ended.err
    assert ended.out.splitlines()[0] == "sentences           3"
    assert "completeness error  0.0" in ended.out and f"results             {output}" in ended.out


def test_another_distribution_has_no_completeness_error(influence, masked, three, tmp_path):
    output = tmp_path / "results.jsonl"
    options = ("--distribution", "gaussian:0.1", "--baseline", "zero", "--samples", 4)
    ended = influence("analyze", three, "--model", masked, "--output", output, *options)
    assert "completeness error  none" in ended.out and "warning" not in ended.err
    settings = Settings(distribution="gaussian:0.1", baseline="zero", samples=4)
    expected = analyze(load_model(masked), read_instances(three), settings)
    assert output.read_text().splitlines() == [result.to_json() for result in expected]
    again = influence("analyze", three, "--model", masked, "--output", output, *options, "--json")
    assert json.loads(again.out)["worst_completeness_error"] is None
    one = ("--text", GOOD["text"], "--correct", "is", "--wrong", "are", *options)
    assert "completeness error none" in influence("analyze", "--model", masked, *one).out


def test_the_summary_as_json(influence, masked, three, tmp_path):
    output = tmp_path / "results.jsonl"
    ended = influence("analyze", three, "--model", masked, "--output", output, "--json")
    summary = json.loads(ended.out)
    results = list(read_results(output))
    assert summary["instances"] == 3 and summary["kept"] == 0 and summary["left_out"] == 0
    assert summary["right"] == sum(result.qoi > 0 for result in results)
    assert summary["worst_completeness_error"] == max(result.completeness_error or 0 for result in results)
    assert summary["instances_per_second"] == pytest.approx(3 / summary["seconds"])
    assert summary["output"] == str(output) and summary["waited"] is None


def test_without_output_people_get_a_table(influence, masked):
    ended = influence("analyze", "--model", masked, "--text", GOOD["text"], "--correct", "is", "--wrong", "are")
    assert ended.code == 0
    rows = ended.out.splitlines()
    assert rows[0] == "the pilot that the guards like [MASK] tall ."
    assert rows[1].startswith("text: logit(is) − logit(are) = ")
    words = {int(row.split()[0]): row.split()[1] for row in rows[3:] if row}
    tokens = "[CLS] the pilot that the guards like [MASK] tall . [SEP]".split()
    assert words == {position: token for position, token in enumerate(tokens) if token != "[MASK]"}
    assert " the·1 " in ended.out
    influences = [abs(float(row.split()[-3])) for row in rows[3:] if row]
    assert influences == sorted(influences, reverse=True)
    assert "completeness error" in ended.err


def test_pieces_of_words_are_shown_as_they_read_or_as_they_are_spelled(influence, masked):
    one = ("analyze", "--model", masked, "--text", "the pilot un ***mask*** tall", "--correct", "is", "--wrong", "are")
    shown, raw = influence(*one).out, influence(*one, "--raw-tokens").out
    assert " u " in shown and " ‿n " in shown and "##" not in shown
    assert " ##n " in raw and "‿" not in raw
    (result,) = map(json.loads, influence(*one, "--json").out.splitlines())
    assert result["tokens"][3:5] == ["u", "##n"] and result["texts"][3:5] == ["u", "‿n"]
    assert [word["token"] for word in result["words"]] == [token for token in result["tokens"] if token != "[MASK]"]


def test_without_output_programs_get_json_lines(influence, masked, three, tmp_path):
    output = tmp_path / "results.jsonl"
    influence("analyze", three, "--model", masked, "--output", output)
    ended = influence("analyze", three, "--model", masked, "--json")
    assert ended.out == output.read_text()


def test_a_classifier_answers_to_labels(influence, classifier, sentences):
    path = sentences({"text": "a great movie .", "label": "positive"}, {"text": "a bad film .", "label": 0})
    ended = influence("analyze", path, "--model", classifier, "--json")
    assert [(row["correct"], row["wrong"], row["target"]) for row in lines(ended.out)] == [
        ("positive", "negative", 0),
        ("negative", "positive", 0),
    ]


def test_limit_takes_the_first(influence, masked, three):
    ended = influence("analyze", three, "--model", masked, "--limit", 2, "--json")
    assert [row["id"] for row in lines(ended.out)] == ["good", "other"]


@pytest.mark.parametrize(("edges", "count"), [("none", None), ("top:7", 7), ("all", 3 * (11 * 11 * 2 + 11) - 10 * 23)])
def test_edges_are_kept_as_asked(influence, masked, sentences, edges, count):
    ended = influence("analyze", sentences(GOOD), "--model", masked, "--edges", edges, "--json")
    (result,) = lines(ended.out)
    assert len(result["edges"]) == count if count else "edges" not in result


def test_too_coarse_a_sum_is_warned_about(influence, masked, sentences):
    ended = influence("analyze", sentences(GOOD), "--model", masked, "--samples", 2)
    assert ended.code == 0
    assert "warning: 1 of 1 sentence has a completeness error above 5 % (the worst: good, " in ended.err
    assert "--samples" in ended.err and "--sampling adaptive" in ended.err and "--dtype float64" in ended.err


ADAPTIVE = ("--sampling", "adaptive", "--edges", "none")


def test_sentences_with_as_many_points_as_they_need(influence, masked, three, tmp_path):
    output = tmp_path / "results.jsonl"
    ended = influence("analyze", three, "--model", masked, "--output", output, *ADAPTIVE)
    assert ended.code == 0 and "warning" not in ended.err and "up to" in ended.err
    results = list(read_results(output))
    expected = analyze(load_model(masked), read_instances(three), Settings(sampling="adaptive", edges="none"))
    assert output.read_text().splitlines() == [result.to_json() for result in expected]
    points = [result.samples for result in results]
    assert f"points              {sum(points) / 3:.1f} a sentence, {max(points)} at most" in ended.out
    assert "sampling error      0." in ended.out and "at worst, tolerance 1 %\n" in ended.out


def test_a_tolerance_that_is_not_reached_is_said_everywhere(influence, masked, three, tmp_path):
    output = tmp_path / "results.jsonl"
    options = (*ADAPTIVE, "--samples", 20, "--tolerance", 1e-9)
    ended = influence("analyze", three, "--model", masked, "--output", output, *options)
    assert ended.code == 0
    assert (
        "warning: 3 of 3 sentences have a sampling error above their tolerance (the worst: " in ended.err
        and "--samples" in ended.err
    )
    assert "tolerance 1e-07 %, 3 sentences beyond it" in ended.out
    results = list(read_results(output))
    assert [(result.samples, result.within_tolerance) for result in results] == [(19, False)] * 3
    again = influence("analyze", three, "--model", masked, "--output", output, *options, "--json")
    summary = json.loads(again.out)
    assert (summary["kept"], summary["beyond_tolerance"]) == (3, 3)
    assert summary["worst_sampling_error"] == max(result.sampling_error or 0 for result in results)
    one = ("--text", GOOD["text"], "--correct", "is", "--wrong", "are", *options)
    shown = influence("analyze", "--model", masked, *one)
    assert "19 points, sampling error" in shown.out and ", beyond the tolerance of 1e-07 %" in shown.out
    assert "warning: 1 of 1 sentence has a sampling error above" in shown.err


def test_what_is_there_is_kept_and_the_rest_done(influence, masked, three, tmp_path):
    output = tmp_path / "results.jsonl"
    influence("analyze", three, "--model", masked, "--output", output, "--limit", 1)
    first = output.read_text()
    ended = influence("analyze", three, "--model", masked, "--output", output)
    assert "sentences           2 new, 1 were there already" in ended.out
    assert output.read_text().startswith(first)
    assert {result.id for result in read_results(output)} == {"good", "other", "short"}
    whole = output.read_text()
    ended = influence("analyze", three, "--model", masked, "--output", output)
    assert ended.code == 0 and "sentences           0 new, 3 were" in ended.out
    assert output.read_text() == whole


def test_another_setting_model_or_sentence_is_refused_and_the_file_left_alone(
    influence, masked, sentences, three, tmp_path
):
    output = tmp_path / "results.jsonl"
    influence("analyze", three, "--model", masked, "--output", output)
    before = output.read_text()
    other = random_bert(tmp_path / "other", layers=3, heads=2, seed=1)
    changed = sentences(GOOD | {"text": "the pilots ***mask*** ."}, name="changed.jsonl")
    for arguments, message in (
        (
            (three, "--model", masked, "--samples", 16),
            "--samples: " + f"{output} was made with 32, and this run has 16",
        ),
        ((three, "--model", masked, "--dtype", "float64"), "was made with float32, and this run has float64"),
        ((three, "--model", other), "--model: "),
        ((changed, "--model", masked), "text: of 'good' it is "),
    ):
        ended = influence("analyze", *arguments, "--output", output)
        assert ended.code == 2
        assert message in ended.err
        assert "name another output" in ended.err.lower()
        assert output.read_text() == before


def test_baseline_patterns_stand_beside_the_words(influence, masked, sentences, tmp_path):
    options = ("analyze", sentences(GOOD), "--model", masked, "--samples", 4, "--edges", "none")
    (usual,) = (InstanceResult.from_json(line) for line in influence(*options, "--json").out.splitlines())
    ended = influence(*options, "--json", "--methods", "conductance, random")
    (result,) = (InstanceResult.from_json(line) for line in ended.out.splitlines())
    assert result.words == usual.words and usual.patterns == ()
    assert (
        result.settings == {**usual.settings, "methods": ["conductance", "random"]} and "methods" not in usual.settings
    )
    positions = [word.position for word in result.words]
    assert [(each.method, each.level, each.position) for each in result.patterns] == [
        (method, level, position)
        for method, level in (("conductance", "embedding"), ("random", "embedding"), ("random", "attention"))
        for position in positions
    ]
    every = InstanceResult.from_json(influence(*options, "--json", "--methods", "all").out)
    assert list(dict.fromkeys(each.method for each in every.patterns)) == list(METHODS)
    assert result.patterns == tuple(each for each in every.patterns if each.method in ("conductance", "random"))


def test_a_file_has_the_patterns_of_one_choice_of_methods(influence, masked, sentences, tmp_path):
    """One without, as it was made before there were any, goes on without."""
    output = tmp_path / "results.jsonl"
    options = ("analyze", sentences(GOOD, OTHER), "--model", masked, "--samples", 4, "--output", output)
    assert influence(*options, "--limit", 1).code == 0
    before = output.read_bytes()
    ended = influence(*options, "--methods", "internal,attention")
    assert ended.code == 2
    assert "--methods: " in ended.err and "was made with none, and this run has internal,attention." in ended.err
    assert output.read_bytes() == before
    assert influence(*options).code == 0
    assert output.read_bytes().startswith(before) and len(output.read_text().splitlines()) == 2
    ended = influence(*options, "--methods", "rollout")
    assert ended.code == 2 and "methods: 'rollout' is not known. Choose among attention, attention_raw, " in ended.err


ALIKE = {"id": "alike", "text": "the pilots that the guard likes swim .", "reference": "the pilots swim ."}


def test_how_similar_two_texts_are(influence, masked, sentences, tmp_path):
    one = ("--text", ALIKE["text"], "--reference", ALIKE["reference"], "--question", "similarity")
    ended = influence("analyze", "--model", masked, *one)
    assert ended.code == 0 and "text: cosine with 'the pilots swim .' = +" in ended.out and "right" not in ended.out
    given, output = sentences(ALIKE, {**ALIKE, "id": "word", "target_word": "pilots"}), tmp_path / "results.jsonl"
    command = ("analyze", given, "--model", masked, "--question", "similarity", "--output", output)
    assert influence(*command).code == 0
    first, second = read_results(output)
    assert first.qoi != second.qoi and (first.reference, second.target_word) == (ALIKE["reference"], "pilots")
    assert influence("plot", output, "--id", "word", "--output", tmp_path / "word.svg").code == 0
    assert influence(*command).code == 0  # and finds both there
    assert influence("ablate", output, "--model", masked, "--draws", 2).code == 0


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"reference": "the pilot swims ."}, "reference: of 'alike' it is 'the pilots swim .' in"),
        ({"target_word": "pilots"}, "--target-word: of 'alike' it is 'the first token' in .*, and 'pilots' here"),
    ],
)
def test_results_of_another_comparison_are_not_resumed(influence, masked, sentences, tmp_path, changes, problem):
    output = tmp_path / "results.jsonl"
    command = ("--model", masked, "--question", "similarity", "--output", output)
    assert influence("analyze", sentences(ALIKE), *command).code == 0
    ended = influence("analyze", sentences({**ALIKE, **changes}), *command)
    assert ended.code == 2 and re.search(problem, ended.err)


def test_a_text_to_compare_with_is_of_its_question(influence, masked, sentences):
    ended = influence("analyze", sentences(ALIKE), "--model", masked)
    assert ended.code == 2 and "question: it is missing, and 'alike' has a reference to compare with" in ended.err
    assert "--question similarity compares texts" in ended.err
    ended = influence("analyze", sentences(GOOD), "--model", masked, "--question", "similarity")
    assert ended.code == 2 and "reference: it is missing" in ended.err
