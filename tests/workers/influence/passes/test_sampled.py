"""Each sentence has as many points as it needs: those of plain Python, whatever the batch, and everything follows."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.oracle.cases import BASELINE, INTERESTS, Case, random_case, tensors_of
from tests.oracle.quadrature import Function, Quadrature, adaptive, line_of
from tests.oracle.random_transformer import BLOCKS, random_classifier_head, random_masked_lm_head, random_transformer
from workers.influence.baselines.methods import METHODS
from workers.influence.engine import Influence, influence, influence_of_sampled
from workers.influence.interest import Line
from workers.influence.passes.forward import Sentences
from workers.influence.passes.sampled import Sampled, sample
from workers.influence.tolerance import POINTS, Tolerance

EVERYTHING: dict[str, Any] = {"edges": True, "methods": tuple(METHODS)}


def remembered(function: Function) -> Function:
    known: dict[float, Any] = {}

    def at(point: float) -> Any:
        if point not in known:
            known[point] = function(point)
        return known[point]

    return at


def sampled_of(case: Case, tolerance: Tolerance, **options: Any) -> Sampled:
    """Of a sentence alone."""
    sentences, _ = case.engine_input
    ((rows, found),) = sample(case.transformer, sentences, tolerance, **options)
    assert rows == [0]
    return found


def assert_same_points(found: Sampled, row: int, expected: Quadrature) -> None:
    assert isinstance(found.distribution, Line) and found.error is not None
    alphas, weights = found.distribution.alphas[row].tolist(), found.distribution.weights[row].tolist()
    assert dict(zip(alphas, weights, strict=True)) == pytest.approx(expected.weights, rel=1e-12)
    assert found.error[row].item() == pytest.approx(expected.error, rel=1e-6)


def error_of(totals: tuple[float, ...] | Tensor, truth: Quadrature) -> float:
    pairs = zip(totals if isinstance(totals, tuple) else totals.tolist(), truth.totals, strict=True)
    return sum(abs(total - exact) for total, exact in pairs) / sum(map(abs, truth.totals))


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("kind", INTERESTS)
@pytest.mark.parametrize("most", [512, 24])
def test_points_and_influences_are_the_brute_forces(block: str, kind: str, most: int):
    case = random_case(2, 2, 3, (4, 9, 0, 2), 2, block=block, kind=kind, scale=0.8, seed=5)
    expected = adaptive(line_of(case.brute_force), 0.002, most)
    found = sampled_of(case, Tolerance(0.002, most))
    assert_same_points(found, 0, expected)
    assert found.samples <= most
    totals = influence_of_sampled(found, torch.zeros(1, 0, dtype=torch.long)).total[0]
    torch.testing.assert_close(totals, totals.new_tensor(expected.totals), rtol=1e-10, atol=1e-12)


def batch_of(block: str = "post-ln", classes: int = 0, count: int = 4) -> tuple[Any, Sentences, Tensor]:
    """Sentences of one transformer that need different numbers of points, and their sources."""
    transformer = random_transformer(2, 2, 3, block=block, scale=0.8, seed=1)
    ids = torch.randint(1, 20, (count, 5), generator=torch.Generator().manual_seed(2))
    correct = torch.arange(count) % (classes or 5)
    if classes:
        classifier, target = random_classifier_head(transformer, classes), torch.zeros(count, dtype=torch.long)
        sentences = Sentences(ids, target, BASELINE, lambda hidden: classifier.difference(hidden, correct))
    else:
        head, target = random_masked_lm_head(transformer, "gelu"), torch.full((count,), 2)
        ids[:, 2] = BASELINE
        sentences = Sentences(ids, target, BASELINE, lambda hidden: head.difference(hidden, correct + 5, correct + 6))
    sources = torch.tensor([[0, 1, 3, 4]]).expand(count, -1)
    return transformer, sentences, sources


def row_of(found: dict[str, Tensor], row: int) -> dict[str, Tensor]:
    return {name: tensor[row : row + 1] for name, tensor in found.items()}


@pytest.mark.parametrize(("block", "classes"), [("post-ln", 0), ("pre-ln", 0), ("post-ln", 4)])
def test_a_batch_is_its_sentences_one_by_one_and_in_slices(block: str, classes: int):
    transformer, sentences, sources = batch_of(block, classes)
    seen: dict[int, int] = {}
    for rows, sampled in sample(transformer, sentences, Tolerance(0.02, 101)):
        together = tensors_of(influence_of_sampled(sampled, sources[rows], **EVERYTHING))
        for place, row in enumerate(rows):
            seen[row] = sampled.samples
            alone = sentences.take(torch.tensor([row]))
            for slice_size in (None, 9):
                ((_, one),) = sample(transformer, alone, Tolerance(0.02, 101), slice_size=slice_size)
                assert one.samples == sampled.samples
                found = tensors_of(influence_of_sampled(one, sources[:1], **EVERYTHING))
                torch.testing.assert_close(found, row_of(together, place), rtol=1e-10, atol=1e-12)
    assert sorted(seen) == list(range(len(sources)))
    assert len(set(seen.values())) > 2  # they leave in several rounds


@pytest.mark.parametrize("slice_size", [None, 4])
def test_the_points_chosen_give_what_the_same_line_gives(slice_size: int | None):
    """Passes that were joined, or weighed in slices, are as passes over all points with their weights."""
    transformer, sentences, sources = batch_of(count=1)
    ((_, sampled),) = sample(transformer, sentences, Tolerance(0.02, 101), slice_size=slice_size)
    found = tensors_of(influence_of_sampled(sampled, sources, **EVERYTHING))
    line = sampled.distribution
    expected = tensors_of(influence(transformer, sentences, line, sources, slice_size=5, **EVERYTHING))
    assert "sampling_error" in found and "sampling_error" not in expected
    del found["sampling_error"]
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


def test_edges_add_up_to_the_words_influences_in_every_layer():
    transformer, sentences, sources = batch_of()
    for rows, sampled in sample(transformer, sentences, Tolerance(0.01, 101)):
        found = influence_of_sampled(sampled, sources[rows], edges=True)
        assert found.edges is not None and found.completeness_error is not None and found.sampling_error is not None
        each = found.edges.heads.sum((2, 3, 4)) + found.edges.skip.sum(2)
        torch.testing.assert_close(each, found.total.sum(1, keepdim=True).expand_as(each), rtol=1e-12, atol=1e-12)
        assert (found.completeness_error <= found.sampling_error + 1e-12).all()  # of errors that do not cancel


def test_few_points_are_enough_for_a_hard_sentence():
    """A quarter of those that equal spacing needs for the same true error."""
    case = random_case(3, 2, 4, (4, 9, 11, 0, 2, 7), 3, kind="four-classes", scale=1.5, seed=8)
    truth = adaptive(remembered(line_of(case.brute_force)), 1e-4, 4000, intervals=32)
    assert truth.error < 1e-4
    found = sampled_of(case, Tolerance(0.01, 512))
    none = torch.zeros(1, 0, dtype=torch.long)
    error = error_of(influence_of_sampled(found, none).total[0], truth)
    uniform = replace(case, samples=4 * found.samples).influence(())["total"][0]
    assert error < 0.01 < error_of(uniform, truth)


def test_a_sentence_whose_errors_cancel_at_first_is_not_believed():
    """Four intervals to begin with, looked at once, leave a third of the influence out."""
    case = random_case(3, 2, 3, (4, 9, 9, 0, 2), 3, kind="four-classes", scale=1.0, seed=62)
    function = remembered(line_of(case.brute_force))
    truth = adaptive(function, 1e-4, 4000, intervals=32)
    naive = adaptive(function, 0.01, 512, intervals=4, looks=1)
    assert naive.error <= 0.01 and error_of(naive.totals, truth) > 0.3
    found = sampled_of(case, Tolerance(0.01, 512))
    totals = influence_of_sampled(found, torch.zeros(1, 0, dtype=torch.long)).total[0]
    assert error_of(totals, truth) < 0.01


def test_a_cap_is_kept_and_the_error_says_so():
    case = random_case(3, 2, 4, (4, 9, 11, 0, 2, 7), 3, kind="four-classes", scale=1.5, seed=8)
    for most in (POINTS, POINTS + 1, 30):
        found = sampled_of(case, Tolerance(0.001, most))
        assert found.samples == most - (most - POINTS) % 2
        assert found.error is not None and found.error.item() > 0.001


def test_sentences_that_need_more_room_than_there_is_are_left_out():
    transformer, sentences, _ = batch_of()
    tolerance = Tolerance(0.02, 101)
    whole = {row: one.samples for rows, one in sample(transformer, sentences, tolerance) for row in rows}
    fewest = min(whole.values())
    room = len(whole) * fewest
    short = {row: one.samples for rows, one in sample(transformer, sentences, tolerance, room=room) for row in rows}
    assert short == {row: points for row, points in whole.items() if points == fewest} != whole


def test_a_sentence_that_is_its_baseline_has_no_influence_and_no_error():
    case = random_case(2, 2, 3, (0, 0, 0), 1)
    found = sampled_of(case, Tolerance(0.01, 512))
    assert found.error is not None and found.error.item() == 0
    assert influence_of_sampled(found, torch.zeros(1, 0, dtype=torch.long)).total.abs().max() == 0


def test_numbers_that_are_none_end_the_sampling():
    case = random_case(2, 2, 3, (5, 3, 0), 2)
    sentences = replace(case.engine_input[0], interest=lambda hidden: hidden.sum(-1) * math.nan)
    ((_, found),) = sample(case.transformer, sentences, Tolerance(0.01, 512))
    assert found.samples < 30


def test_single_precision_chooses_the_same_points():
    def run(dtype: torch.dtype) -> tuple[Sampled, Influence]:
        transformer = random_transformer(3, 2, 4, scale=0.5, seed=1, dtype=dtype)
        head = random_masked_lm_head(transformer, "gelu")
        correct, wrong = torch.tensor([5]), torch.tensor([6])
        ids, target = torch.tensor([[4, 9, 0, 2]]), torch.tensor([2])
        sentences = Sentences(ids, target, BASELINE, lambda hidden: head.difference(hidden, correct, wrong))
        ((_, found),) = sample(transformer, sentences, Tolerance(0.001, 512))
        return found, influence_of_sampled(found, torch.zeros(1, 0, dtype=torch.long))

    (single, rough), (double, exact) = run(torch.float32), run(torch.float64)
    assert single.samples == double.samples
    torch.testing.assert_close(rough.total.double(), exact.total, rtol=1e-3, atol=1e-5)
