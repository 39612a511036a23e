"""A results file survives every way of being cut off, and refuses what would mix two runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from cypher.errors import InvalidInput
from service.results_file import ResultsWriter, check_writable, read_kept, read_results
from tests.service.made_up import make_result
from workers.datasets.instance import Instance

RESULTS = [make_result(name=f"r/{number}", seed=number, completeness_error=number / 100) for number in range(3)]
INSTANCES = [Instance(result.id, result.text, "is", "are") for result in RESULTS]
MODEL, SETTINGS = RESULTS[0].model, RESULTS[0].settings


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "results.jsonl"
    with ResultsWriter(path, 0) as writer:
        for result in RESULTS:
            writer.write(result)
    return path


def kept(path, model=MODEL, settings=SETTINGS, instances=INSTANCES):
    return read_kept(path, model, settings, instances)


def test_what_is_written_is_read_back(path):
    assert list(read_results(path)) == RESULTS
    assert kept(path).ids == {"r/0", "r/1", "r/2"}
    assert kept(path).exactness.worst_completeness_error == 0.02
    assert kept(path).size == path.stat().st_size


def test_no_file_holds_nothing(tmp_path):
    assert kept(tmp_path / "none.jsonl").ids == frozenset()


def test_a_line_cut_off_at_any_byte_is_dropped_and_written_anew(path):
    whole = path.read_bytes()
    second = whole.index(b"\n") + 1
    third = whole.index(b"\n", second) + 1
    for cut in range(second, third, 97):
        path.write_bytes(whole[:cut])
        held = kept(path)
        assert held.ids == {"r/0"} and held.size == second
        with ResultsWriter(path, held.size) as writer:
            writer.write(RESULTS[1])
            writer.write(RESULTS[2])
        assert path.read_bytes() == whole


def test_a_broken_line_inside_is_refused(path):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][:40] + b"\n" + lines[2])
    with pytest.raises(InvalidInput, match=r"results\.jsonl:2: results: this line is not a result"):
        kept(path)


@pytest.mark.parametrize("content", [b"my notes", b"my notes\n", b'{"text": "a sentence"}\n', b"\x89PNG\r\n\x1a\n\x00"])
def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "other.jsonl"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="not a result"):
        kept(path)
    assert path.read_bytes() == content


def test_another_model_is_refused_with_both_fingerprints(path):
    with pytest.raises(InvalidInput, match="made with model 0123456789ab, and this run has fedcba987654"):
        kept(path, model="fedcba9876543210")


def test_another_setting_is_refused_with_both_values(path):
    with pytest.raises(
        InvalidInput, match=r"samples: .*results\.jsonl was made with 32, and this run has 16. Use 32 again"
    ):
        kept(path, settings={**SETTINGS, "samples": 16})


def test_another_distribution_is_refused_by_the_name_of_the_default(path):
    with pytest.raises(
        InvalidInput, match=r"distribution: .* made with line, and this run has point:1. Use line again"
    ):
        kept(path, settings=SETTINGS | {"distribution": "point:1"})
    with pytest.raises(InvalidInput, match=r"baseline: .* was made with mask, and this run has zero. Use mask again"):
        kept(path, settings=SETTINGS | {"baseline": "zero"})


def test_results_without_a_completeness_error_have_no_worst_one(tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text("".join(f"{replace(result, completeness_error=None).to_json()}\n" for result in RESULTS))
    assert kept(path).exactness.worst_completeness_error is None


def test_another_sentence_of_the_same_id_is_refused(path):
    with pytest.raises(InvalidInput, match=r"text: of 'r/1' it is .* and 'the guards .* here"):
        kept(path, instances=[Instance("r/1", "the guards [MASK] old .", "are", "is")])


def test_an_id_twice_is_refused(path):
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(InvalidInput, match="holds 'r/0' twice"):
        kept(path)


def test_a_path_that_cannot_be_written_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(InvalidInput, match=r"output: cannot write .*No such file"):
        check_writable(tmp_path / "none" / "results.jsonl")
    for path in (tmp_path, Path("/dev/full"), Path("-")):
        with pytest.raises(InvalidInput, match=r"output: .* is not a file\. Name a file, or none for results"):
            check_writable(path)


def test_checking_leaves_no_trace(tmp_path, path):
    before = path.read_bytes()
    check_writable(path)
    check_writable(tmp_path / "new.jsonl")
    assert path.read_bytes() == before
    assert not (tmp_path / "new.jsonl").exists()


def test_two_runs_cannot_write_one_file(path):
    before = path.read_bytes()
    with ResultsWriter(path, len(before)):
        with pytest.raises(InvalidInput, match=r"output: another run is writing .*results\.jsonl\. Wait for it"):
            ResultsWriter(path, 0).__enter__()
        assert path.read_bytes() == before
    with ResultsWriter(path, len(before)):
        pass


def test_other_answers_are_another_run(path):
    changed = [replace(INSTANCES[0], wrong="were"), *INSTANCES[1:]]
    with pytest.raises(InvalidInput, match=r"wrong: of 'r/0' it is 'are' in .*, and 'were' here"):
        kept(path, instances=changed)


def test_a_class_that_was_named_is_not_taken_for_the_best_other(path):
    asked = [replace(each, correct=None, wrong=None, label="right") for each in INSTANCES]
    assert kept(path, instances=asked).ids == {"r/0", "r/1", "r/2"}
    named = [replace(each, wrong="another") for each in asked]
    with pytest.raises(InvalidInput, match=r"wrong: of 'r/0' it is 'the best other class' in .*, and 'another' here"):
        kept(path, instances=named)
