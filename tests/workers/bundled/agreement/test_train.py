from dataclasses import replace
from statistics import mean

import pytest
import torch
from rich.console import Console

from workers.bundled.agreement.accuracy import accuracy_table
from workers.bundled.agreement.language import Utterance, known_words
from workers.bundled.agreement.settings import AgreementSettings
from workers.bundled.agreement.train import IGNORED, make_batch, train
from workers.bundled.vocabulary import make_tokenizer, vocabulary
from workers.datasets import MASKED

SMALL = AgreementSettings(steps=4, batch=8, warmup=2, undisturbed=2, layers=2, width=32)
QUIET = Console(quiet=True)
PIECES = vocabulary(known_words())
IDS = {piece: index for index, piece in enumerate(PIECES)}


def test_the_same_settings_give_the_same_weights():
    first, second, third = (train(settings, QUIET).state_dict() for settings in (SMALL, SMALL, replace(SMALL, seed=1)))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], third[name]) for name in first)


def test_a_batch_masks_the_target_and_pads():
    utterances = [
        Utterance(("the", "pilot", "is", "tall", "."), 2),
        Utterance(("the", "pilot", "near", "the", "nurses", "is", "tall", "."), 5),
    ]
    batch = make_batch(utterances, IDS, 0.0, 0.0)
    tokens = [[PIECES[index] for index in row] for row in batch.ids.tolist()]
    assert tokens[0] == ["[CLS]", "the", "pilot", "[MASK]", "tall", ".", "[SEP]", "[PAD]", "[PAD]", "[PAD]"]
    assert tokens[1] == ["[CLS]", "the", "pilot", "near", "the", "nurses", "[MASK]", "tall", ".", "[SEP]"]
    assert batch.attended.tolist() == [[1] * 7 + [0] * 3, [1] * 10]
    assert batch.labels[0].tolist() == [IGNORED] * 3 + [IDS["is"]] + [IGNORED] * 6
    assert batch.labels[1].tolist() == [IGNORED] * 6 + [IDS["is"]] + [IGNORED] * 3


def test_other_positions_are_masked_at_the_given_rate_and_words_have_labels():
    torch.manual_seed(0)
    utterances = [Utterance(("the", "pilot", "is", "tall", "."), 2)] * 1000
    batch = make_batch(utterances, IDS, 0.0, 0.25)
    hidden, labelled = batch.ids == IDS["[MASK]"], batch.labels != IGNORED
    assert hidden.double().mean(0).tolist() == pytest.approx([0.25] * 3 + [1] + [0.25] * 3, abs=0.05)
    assert torch.equal(labelled[:, 1:6], hidden[:, 1:6])
    assert not labelled[:, [0, 6]].any()


@pytest.mark.slow
def test_a_brief_training_learns_agreement_and_attraction(tmp_path):
    model = train(AgreementSettings(steps=600, warmup=100, undisturbed=500), QUIET)
    table = accuracy_table(model, make_tokenizer(tmp_path, PIECES, 64), 100, 0)
    cells = [(task.name, case) for task in MASKED.values() for case in task.cases]
    by_kind = {
        same: mean(table[task][case] for task, case in cells if (case[0] == case[1]) is same) for same in (True, False)
    }
    assert by_kind[True] > 0.95
    assert 0.5 < by_kind[False] < by_kind[True] - 0.05
