"""An answer is the one token that the word is in its place, with every kind of tokenizer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import normalizers

from cypher.errors import InvalidInput
from tests.random_models import WORDS
from tests.workers.models.kinds import KINDS, model_of, tokenizer_of
from workers.analysis.notices import notices
from workers.datasets.instance import Instance
from workers.models.answers import word_id

START, SPACE, GLUED, QUOTED = "<mask> tall.", "the pilot <mask> tall.", "un<mask> tall", "the '<mask>' pilot"

TOKENS = {  # of `is`; None where it is no token of its own
    "WordPiece": {START: "is", SPACE: "is", GLUED: "is", QUOTED: "is"},
    "BPE": {START: "is", SPACE: "Ġis", GLUED: "is", QUOTED: "is"},
    "Unigram": {START: "▁is", SPACE: "▁is", GLUED: None, QUOTED: None},
    "WordLevel": {START: "is", SPACE: "is", GLUED: None, QUOTED: "is"},
}


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory):
    return {kind: tokenizer_of(tmp_path_factory.mktemp("kinds"), kind) for kind in KINDS}


def answer(tokenizer, word: str, text: str) -> str:
    return tokenizer.convert_ids_to_tokens(word_id(tokenizer, "correct", word, text, "m"))


def refuses(tokenizer, word: str, text: str, message: str, field: str = "correct") -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        answer(tokenizer, word, text)
    assert caught.value.field == field


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", [START, SPACE, GLUED, QUOTED])
@pytest.mark.parametrize("mask", ["<mask>", "***mask***"])
def test_the_token_in_its_place(tokenizers, kind, text, mask):
    text, token = text.replace("<mask>", mask), TOKENS[kind][text]
    if token is None:
        refuses(tokenizers[kind], "is", text, "'is' is (2 tokens of m in its place .i s.|part of 'unis' in its place)")
    else:
        assert answer(tokenizers[kind], "is", text) == answer(tokenizers[kind], " is ", text) == token


@pytest.mark.parametrize("kind", KINDS)
@given(
    before=st.lists(st.sampled_from((*WORDS, ",", "'", "☃", "zebra")), max_size=4),
    behind=st.lists(st.sampled_from((*WORDS, ".", "É")), max_size=4),
    space=st.sampled_from((" ", "  ", "\n")),
    word=st.sampled_from(WORDS),
)
def test_a_text_with_the_answer_has_it_where_the_mask_was(tokenizers, kind, before, behind, space, word):
    tokenizer = tokenizers[kind]
    left = " ".join(before)
    text = f"{left}{space if before else ''}<mask> {' '.join(behind)}"
    ids = tokenizer(text)["input_ids"]
    place = ids.index(tokenizer.mask_token_id)
    found = word_id(tokenizer, "correct", word, text, "m")
    whole = tokenizer(f"{left}{' ' if before else ''}{word} {' '.join(behind)}")["input_ids"]
    if kind == "BPE" and not behind:  # the space at the end is a token of its own beside a mask, too
        assert whole[: place + 1] == [*ids[:place], found]
    else:
        assert whole == [*ids[:place], found, *ids[place + 1 :]]


@given(
    before=st.lists(st.sampled_from((*WORDS, ".", "un", "'")), max_size=3),
    behind=st.lists(st.sampled_from((*WORDS, ".", "ly", "'")), max_size=3),
    word=st.sampled_from(WORDS),
)
def test_word_pieces_give_a_word_by_itself_wherever_it_is_one_token(tokenizers, before, behind, word):
    for joint in ("", " "):
        assert answer(tokenizers["WordPiece"], word, joint.join((*before, "<mask>", *behind))) == word


def test_a_piece_that_is_one_token_only_where_it_continues_a_word(tmp_path):
    tokenizer = tokenizer_of(tmp_path, "WordPiece", words=("un", "##happily", "is"))
    assert answer(tokenizer, "happily", "un<mask> ok") == "##happily"
    refuses(tokenizer, "happily", "un <mask> ok", r"'happily' is 7 tokens of m .h ##a ##p ##p ##i ##l ##y..")


@pytest.mark.parametrize(
    ("kind", "word", "text", "message"),
    [
        ("WordPiece", "zebra", SPACE, r"'zebra' is 5 tokens of m .z ##e ##b ##r ##a.\. Give a word that is one token"),
        ("BPE", "zebra", SPACE, r"'zebra' is 6 tokens of m in its place .Ġ z e b r a."),
        ("Unigram", "zebra", SPACE, r"'zebra' is 6 tokens of m in its place .▁ z e b r a."),
        ("Unigram", ".", SPACE, r"'\.' is 2 tokens of m in its place .▁ \.."),
        ("BPE", "tall is", SPACE, r"'tall is' is 2 tokens of m in its place .Ġtall Ġis."),
        ("WordLevel", "zebra", SPACE, "'zebra' is not in the vocabulary of m. Give a word that the model knows"),
        ("Unigram", "☃", SPACE, "'☃' is not in the vocabulary of m"),
        ("BPE", "<mask>", SPACE, "'<mask>' is not in the vocabulary of m"),
        ("BPE", "</s>", SPACE, "'</s>' is not in the vocabulary of m"),
        ("Unigram", "\u200b", SPACE, "is not in the vocabulary of m"),
        (
            "BPE",
            "s",
            "the pilot<mask> tall",
            r"'s' is part of 'pilots' in its place, which is the token 'Ġpilots' of m",
        ),
        ("BPE", "pilot", "the <mask>s tall", r"'pilot' is part of 'pilots' in its place, which is the token 'Ġpilots'"),
    ],
)
def test_words_that_are_no_token_of_their_own(tokenizers, kind, word, text, message):
    refuses(tokenizers[kind], word, text, message)


@pytest.mark.parametrize("kind", ["WordPiece", "Unigram", "WordLevel"])
def test_a_mask_that_leaves_the_space_before_it(tmp_path, kind):
    tokenizer = tokenizer_of(tmp_path, kind, lstrip=False)
    assert answer(tokenizer, "is", SPACE) == TOKENS[kind][SPACE]


def test_a_mask_of_bytes_that_leaves_the_space_before_it(tmp_path):
    tokenizer = tokenizer_of(tmp_path, "BPE", lstrip=False)
    assert answer(tokenizer, "is", START) == "is"
    message = (
        "begins '<s> the Ġpilot Ġ <mask>', and '<s> the Ġpilot Ġis' with 'is' in place of the mask. Let <mask> take"
    )
    refuses(tokenizer, "is", SPACE, message, "text")


def test_a_mask_that_takes_in_the_space_behind_it(tmp_path):
    tokenizer_of(tmp_path, "BPE")
    state = json.loads((tmp_path / "tokenizer.json").read_text())
    state["added_tokens"][-1]["rstrip"] = True
    (tmp_path / "tokenizer.json").write_text(json.dumps(state))
    tokenizer = tokenizer_of(tmp_path / "other", "BPE").from_pretrained(tmp_path)
    assert tokenizer.convert_ids_to_tokens(tokenizer("the <mask>  tall")["input_ids"])[1:-1] == [
        "the",
        "<mask>",
        "tall",
    ]
    assert answer(tokenizer, "is", "the <mask>  tall") == "Ġis"
    assert answer(tokenizer, "pilot", "the <mask> s") == "Ġpilot"


@pytest.mark.parametrize("trim", [True, False])
@pytest.mark.parametrize("prefix", [True, False])
def test_offsets_with_and_without_spaces(tmp_path, trim, prefix):
    path = tmp_path / "t"
    tokenizer = tokenizer_of(path, "BPE")
    state = json.loads((path / "tokenizer.json").read_text())
    for part in ("pre_tokenizer", "post_processor"):
        state[part] |= {"trim_offsets": trim, "add_prefix_space": prefix}
    (path / "tokenizer.json").write_text(json.dumps(state))
    changed = type(tokenizer).from_pretrained(path)
    assert [answer(changed, "is", text) for text in (START, SPACE, GLUED)] == ["Ġis" if prefix else "is", "Ġis", "is"]
    refuses(changed, "zebra", SPACE, r"'zebra' is 6 tokens of m in its place .Ġ z e b r a.")


def test_letters_that_normalisation_takes_together(tmp_path):
    tokenizer = tokenizer_of(tmp_path, "BPE", words=("café", "is"), normalizer=normalizers.NFC())
    assert answer(tokenizer, "cafe\u0301", SPACE) == answer(tokenizer, "café", SPACE) == "ĠcafÃ©"


@pytest.mark.parametrize("kind", KINDS)
def test_an_instance_s_answers(tmp_path, kind):
    model = model_of(tmp_path, kind)
    encoded = model.encode(Instance("1", "the pilot ***mask*** tall.", "is", "are"))
    found = model.tokenizer.convert_ids_to_tokens([encoded.correct or 0, encoded.wrong or 0])
    assert found == [TOKENS[kind][SPACE], TOKENS[kind][SPACE].replace("is", "are")]
    assert list(notices(model, [encoded])) == []
    with pytest.raises(InvalidInput, match="wrong: ' is' is the same word as correct 'is'"):
        model.encode(Instance("1", "the pilot ***mask*** tall.", "is", " is"))
