"""Pairs of sentences as one masked sentence, and the roles that Marvin and Linzen's have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cypher.errors import InvalidInput
from workers.datasets import MASK
from workers.datasets.readers.marvin_linzen import roles_of
from workers.datasets.readers.minimal_pairs import LENGTHS, MORE_WORDS, mask_difference
from workers.datasets.readers.records import LeftOut

WORDS = st.lists(st.from_regex(r"[a-z]{1,4}[,.!?]?", fullmatch=True), min_size=1, max_size=6)


@given(words=WORDS, at=st.integers(0, 5), other=st.from_regex(r"[A-Z]{1,4}", fullmatch=True))
def test_a_pair_that_differs_in_one_word_is_put_together_again(words, at, other):
    at %= len(words)
    end = words[at][-1] if words[at][-1] in ",.!?" else ""
    right, wrong = " ".join(words), " ".join([*words[:at], other + end, *words[at + 1 :]])
    found = mask_difference(right, wrong)
    assert isinstance(found, dict) and found["text"].count(MASK) == 1
    assert found["text"].replace(MASK, found["correct"]) == right
    assert found["text"].replace(MASK, found["wrong"]) == wrong
    assert found["wrong"] == other


@given(right=WORDS, wrong=WORDS)
def test_of_any_two_sentences_there_is_a_mask_or_a_reason(right, wrong):
    found = mask_difference(" ".join(right), " ".join(wrong), "t")
    differ = sum(one != other for one, other in zip(right, wrong, strict=False))
    if right == wrong:
        assert isinstance(found, InvalidInput)
    elif len(right) != len(wrong):
        assert found == LeftOut(LENGTHS, "t")
    elif differ > 1:
        assert found == LeftOut(MORE_WORDS, "t")
    else:
        assert isinstance(found, dict)


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("he (himself) left", "he (herself) left", (f"he ({MASK}) left", "himself", "herself")),
        ("go home.", "go home!", (f"go {MASK}", "home.", "home!")),
        ("it isn't", "it aren't", (f"it {MASK}", "isn't", "aren't")),
        ("a , b", "a ; b", (f"a {MASK} b", ",", ";")),
    ],
)
def test_punctuation_of_both_words_stays(right, wrong, expected):
    found = mask_difference(right, wrong)
    assert isinstance(found, dict) and (found["text"], found["correct"], found["wrong"]) == expected


@pytest.mark.parametrize(
    ("construction", "text", "expected"),
    [
        (
            "subj_rel",
            f"the taxi driver that likes the chefs {MASK} three years old .",
            "det subject subject that embedded-verb det attractor verb complement complement complement period",
        ),
        ("sent_comp", f"the chefs said the pilot {MASK} .", "det attractor matrix-verb det subject verb period"),
        (
            "prep_anim",
            f"the pilot to the side of the taxi driver {MASK} .",
            "det subject prep prep prep prep det attractor attractor verb period",
        ),
        (
            "prep_inanim",
            f"the television show by the chef {MASK} joy to people .",
            "det subject subject prep det attractor verb complement complement complement period",
        ),
        (
            "obj_rel_across_inanim",
            f"the song that the chef likes {MASK} good .",
            "det subject that det attractor embedded-verb verb complement period",
        ),
        ("prep_anim", f"the pilot without the chef {MASK} .", None),
        ("prep_anim", f"this pilot near the chef {MASK} .", None),
        ("obj_rel_within_anim", f"the pilot that the chef {MASK} is tall .", None),
        ("mine", f"the pilot near the chef {MASK} .", None),
    ],
)
def test_roles_where_a_construction_is_made_like_a_task(construction, text, expected):
    found = roles_of(construction, text)
    assert found == (None if expected is None else tuple(expected.split()))
    assert found is None or len(found) == len(text.split())
