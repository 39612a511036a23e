"""Ablation by masks against hooks on Hugging Face's BERT; and what must come out whatever the weights are."""

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
import torch
from torch import Tensor
from transformers import BertForMaskedLM, BertForSequenceClassification

from tests.oracle.ablation import Pattern, ablated_logits
from tests.oracle.huggingface import Bert, classifier_head_of, encoder_of, masked_lm_head_of, random_bert
from workers.influence.component import SKIP
from workers.influence.passes.forward import Sentences
from workers.influence.passes.masked_forward import KeepMask, ablate, activation_sums

MASK, LAYERS, HEADS = 3, 3, 4
SHAPE = {
    "vocab_size": 30,
    "hidden_size": 16,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": 24,
    "max_position_embeddings": 10,
    "initializer_range": 0.3,
}
IDS = torch.tensor([[1, 17, 9, MASK, 9, 2], [1, MASK, 20, 21, 22, 2], [1, 5, 5, 5, MASK, 2]])
TARGET = torch.tensor([3, 1, 4])
LENGTH = IDS.shape[1]
SETS = 5
MODEL = random_bert(BertForMaskedLM, **SHAPE)
ENCODER, HEAD = encoder_of(MODEL), masked_lm_head_of(MODEL)
ALL = [0, 1, 2]

levels = pytest.mark.parametrize("level", ["embedding", "attention"])


def sentences_of(chosen: Sequence[int] = ALL, ids: Tensor = IDS) -> Sentences:
    right, wrong = torch.full((len(chosen),), 5), torch.full((len(chosen),), 6)
    target = TARGET[list(chosen)]
    return Sentences(ids[list(chosen)], target, MASK, lambda hidden: HEAD.difference(hidden, right, wrong))


def some_patterns(target: int, level: str, seed: object, count: int = 3) -> list[Pattern]:
    """Random ones that often stay where they are, so that there are skips."""
    draw = random.Random(f"{seed}/{target}")
    patterns = []
    for _ in range(count):
        path = [draw.randrange(LENGTH)]
        while len(path) < LAYERS:
            path.append(path[-1] if draw.random() < 0.5 else draw.randrange(LENGTH))
        path.append(target)
        steps = [draw.choice([*range(HEADS), *[SKIP] * (here == there)]) for here, there in pairwise(path)]
        patterns.append((tuple(path), tuple(steps) if level == "attention" else None))
    return patterns


def kept_by(sets: Sequence[Sequence[Sequence[Pattern]]]) -> KeepMask:
    """Of every sentence's sets of patterns."""
    paths = torch.tensor([[[path for path, _ in patterns] for patterns in each] for each in sets])
    if sets[0][0][0][1] is None:
        return KeepMask.of_patterns(paths, None, LENGTH, HEADS)
    components = torch.tensor([[[steps for _, steps in patterns] for patterns in each] for each in sets])
    return KeepMask.of_patterns(paths, components, LENGTH, HEADS)


def everything(batch: int, sets: int = 1) -> KeepMask:
    return KeepMask(
        torch.ones(batch, sets, LAYERS, LENGTH, dtype=torch.bool),
        torch.ones(batch, sets, LAYERS, HEADS + 1, LENGTH, dtype=torch.bool),
    )


def mean_activations(model: Bert) -> Tensor:
    """Hugging Face's own, over the sentences."""
    found = model(input_ids=IDS, output_hidden_states=True).hidden_states
    return torch.stack(found[:LAYERS]).mean(1)


@levels
@pytest.mark.parametrize("replace", ["zeros", "mean"])
def test_a_masked_lm_with_hooks_gives_the_same(level: str, replace: str):
    sets = [[some_patterns(int(target), level, seed) for seed in range(SETS)] for target in TARGET]
    means = mean_activations(MODEL) if replace == "mean" else None
    expected = []
    for sentence in ALL:
        logits = [ablated_logits(MODEL, IDS[sentence].tolist(), each, level, means) for each in sets[sentence]]
        expected.append([(each[TARGET[sentence], 5] - each[TARGET[sentence], 6]).item() for each in logits])
    found = ablate(ENCODER, sentences_of(), kept_by(sets), means)
    assert len(set(found.flatten().tolist())) == found.numel()
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), rtol=1e-10, atol=1e-10)


@levels
def test_a_classifier_with_hooks_gives_the_same(level: str):
    model = random_bert(BertForSequenceClassification, num_labels=3, **SHAPE)
    head, ids = classifier_head_of(model), IDS[:1]
    sets = [[some_patterns(0, level, seed) for seed in range(SETS)]]
    expected = []
    for patterns in sets[0]:
        logits = ablated_logits(model, ids[0].tolist(), patterns, level)
        expected.append(float(logits[2] - max(logits[0], logits[1])))
    sentences = Sentences(ids, torch.tensor([0]), MASK, lambda hidden: head.difference(hidden, torch.tensor([2])))
    found = ablate(encoder_of(model), sentences, kept_by(sets))
    torch.testing.assert_close(found, torch.tensor([expected], dtype=torch.float64), rtol=1e-10, atol=1e-10)


def test_means_are_hugging_faces():
    sums = activation_sums(ENCODER, sentences_of())
    assert sums.dtype == torch.float64
    torch.testing.assert_close(sums / len(IDS), mean_activations(MODEL), rtol=1e-12, atol=1e-12)


def test_nothing_ablated_is_the_model_itself():
    logits = MODEL(input_ids=IDS).logits[torch.arange(3), TARGET]
    found = ablate(ENCODER, sentences_of(), everything(3), torch.full((LAYERS, LENGTH, 16), torch.nan).double())
    torch.testing.assert_close(found[:, 0], logits[:, 5] - logits[:, 6], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("target_stays", [True, False])
def test_all_words_ablated_is_a_constant(target_stays: bool):
    others = torch.tensor([[7, 7, 7, MASK, 7, 7], [4, MASK, 6, 7, 8, 9], [9, 8, 7, 6, MASK, 4]])
    kept = everything(3)
    for sentence, target in enumerate(TARGET.tolist()):
        kept.nodes[sentence] = False
        kept.nodes[sentence, 0, :, target] = target_stays
    found, other = (ablate(ENCODER, sentences_of(ids=ids), kept) for ids in (IDS, others))
    assert torch.equal(found, other)
    different = {round(value, 12) for value in found.flatten().tolist()}
    assert len(different) == (3 if target_stays else 1)  # the target's position is known, or not
    kept.nodes[:, 0, :, 2] = True
    found, other = (ablate(ENCODER, sentences_of(ids=ids), kept) for ids in (IDS, others))
    assert not torch.isclose(found, other).any()


@levels
@pytest.mark.parametrize("sets_at_once", [1, 2, 3, SETS, 100])
def test_chunks_of_sets_and_batches_of_sentences_change_nothing(level: str, sets_at_once: int):
    sets = [[some_patterns(int(target), level, seed) for seed in range(SETS)] for target in TARGET]
    whole = ablate(ENCODER, sentences_of(), kept_by(sets))
    chunked = ablate(ENCODER, sentences_of(), kept_by(sets), sets_at_once=sets_at_once)
    one_by_one = [ablate(ENCODER, sentences_of([each]), kept_by([sets[each]])) for each in ALL]
    torch.testing.assert_close(chunked, whole, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(torch.cat(one_by_one), whole, rtol=1e-12, atol=1e-12)


def test_no_patterns_keep_no_word():
    none = KeepMask.of_patterns(torch.zeros(1, 2, 0, LAYERS + 1, dtype=torch.long), None, LENGTH, HEADS)
    assert none.nodes.shape == (1, 2, LAYERS, LENGTH) and not none.nodes.any() and none.components.all()


def test_a_pattern_keeps_its_nodes_and_the_components_at_the_ends_of_its_steps():
    path, steps = torch.tensor([[[[2, 2, 4, 3]]]]), torch.tensor([[[[SKIP, 1, 3]]]])
    kept = KeepMask.of_patterns(path, steps, LENGTH, HEADS)
    assert kept.nodes.nonzero().tolist() == [[0, 0, 0, 2], [0, 0, 1, 2], [0, 0, 2, 4]]
    assert kept.components.nonzero().tolist() == [[0, 0, 0, 0, 2], [0, 0, 1, 2, 4], [0, 0, 2, 4, 3]]
