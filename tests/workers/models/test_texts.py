"""Roles and the checks of a text, with every kind of tokenizer."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import normalizers, pre_tokenizers

from cypher.errors import InvalidInput
from tests.random_models import WORDS
from tests.workers.models.kinds import KINDS, model_of, tokenizer_of
from workers.datasets.instance import Instance
from workers.models.normalisation import check_normalisation
from workers.models.texts import read_text
from workers.models.tokenizer import pieces_of


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """Of every kind; of bytes also one whose offsets have the spaces before words."""
    path = tmp_path_factory.mktemp("kinds")
    found = {kind: model_of(path, kind) for kind in KINDS}
    file = path / "BPE" / "tokenizer.json"
    state = json.loads(file.read_text())
    state["post_processor"]["trim_offsets"] = state["pre_tokenizer"]["trim_offsets"] = False
    file.write_text(json.dumps(state))
    return found | {
        "untrimmed": replace(found["BPE"], tokenizer=type(found["BPE"].tokenizer).from_pretrained(file.parent))
    }


ALL = (*KINDS, "untrimmed")


@pytest.mark.parametrize("kind", ALL)
@given(
    words=st.lists(st.sampled_from((*WORDS, "zebra", "tall,", "'is'", "É", "☃!", "2nd")), max_size=5),
    place=st.integers(0, 5),
    spaces=st.sampled_from((" ", "  ")),
    lead=st.sampled_from(("", " ", "  ")),
)
def test_every_token_has_the_role_of_its_word(kinds, kind, words, place, spaces, lead):
    words = [*words[:place], "***mask***", *words[place:], "the"]
    tokenizer = kinds[kind].tokenizer
    text = lead + spaces.join(words)
    masked = text.replace("***mask***", "<mask>")
    roles = tuple(f"r{index}" for index in range(len(words)))
    read = read_text(tokenizer, Instance("1", text, roles=roles), pieces_of(tokenizer, masked), "m", 200)
    assert read.roles is not None
    offsets = pieces_of(tokenizer, masked).offsets
    starts = [
        match for match in range(len(masked)) if masked[match] != " " and (match == 0 or masked[match - 1] == " ")
    ]
    for token, role, (start, end) in list(zip(read.ids, read.roles, offsets, strict=True))[1:-1]:
        letters = [at for at in range(start, end) if masked[at] != " "]
        if letters:
            word = sum(first <= letters[-1] for first in starts) - 1
            assert role == f"r{word}", (token, masked)
    assert read.roles[read.ids.index(tokenizer.mask_token_id)] == f"r{words.index('***mask***')}"


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("roles", [None, ()])
def test_a_text_of_spaces(kinds, kind, roles):
    with pytest.raises(InvalidInput, match=r"text: '  ' has no words\. Give a sentence"):
        kinds[kind].encode(Instance("1", "  ", "is", "are", roles=roles))


@pytest.mark.parametrize("kind", ALL)
def test_roles_of_each_token(kinds, kind):
    text = "É☃ ***mask*** tall."
    own = len(kinds[kind].encode(Instance("1", text, "is", "are")).tokens) - 2
    roles = tuple(f"r{index}" for index in range(own))
    assert kinds[kind].encode(Instance("1", text, "is", "are", roles=roles)).roles == ("cls", *roles, "sep")


@pytest.mark.parametrize("kind", ALL)
def test_roles_of_stretches_of_characters(kinds, kind):
    instance = Instance("1", "the pilot ***mask*** tall", "is", "are", spans=((4, 9, "noun"), (21, 25, "rest")))
    assert kinds[kind].encode(instance).roles == ("cls", "other", "noun", "other", "rest", "sep")


@pytest.mark.parametrize("kind", ALL)
def test_special_tokens_in_a_text(kinds, kind):
    with pytest.raises(InvalidInput, match="text: '<s> the ***mask*** tall' holds <s>".replace("*", r"\*")):
        kinds[kind].encode(Instance("1", "<s> the ***mask*** tall", "is", "are"))


@pytest.mark.parametrize("kind", ALL)
def test_a_text_that_is_too_long(kinds, kind):
    with pytest.raises(InvalidInput, match=r"it has 103 tokens with <s> and </s>, and m takes at most 64"):
        kinds[kind].encode(Instance("1", "***mask***" + " is" * 100, "is", "are"))


def refuses(tokenizer, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        check_normalisation(tokenizer, "text", text)


def test_bytes_that_the_vocabulary_lacks(tmp_path):
    tokenizer_of(tmp_path, "BPE")
    state = json.loads((tmp_path / "tokenizer.json").read_text())
    for letter in "Ãz":
        del state["model"]["vocab"][letter]
    (tmp_path / "tokenizer.json").write_text(json.dumps(state))
    tokenizer = tokenizer_of(tmp_path / "whole", "BPE").from_pretrained(tmp_path)
    check_normalisation(tokenizer, "text", "the pilot's ☃ <mask>.")
    refuses(tokenizer, "a zebra", "text: its tokenizer leaves out 'z' of 'zebra', which its vocabulary lacks")
    refuses(tokenizer, "the café", "text: its tokenizer leaves out 'é' of 'café', which its vocabulary lacks")


def test_bytes_are_never_unknown(kinds):
    check_normalisation(kinds["BPE"].tokenizer, "text", "É ☃ zebra 東京 \u200b")
    assert kinds["BPE"].encode(Instance("1", "É ☃ <mask> 東京", "is", "are")).unknown == ()


def test_lower_casing_before_bytes(tmp_path):
    tokenizer = tokenizer_of(tmp_path, "BPE", words=("the", "The", "is"), normalizer=normalizers.Lowercase())
    refuses(tokenizer, "The <mask>", "its tokenizer makes 'Ġthe' of 'The' .do_lower_case.*vocabulary has 'ĠThe'")
    check_normalisation(tokenizer, "text", "IS A")


LOWER = {
    "Lowercase": normalizers.Lowercase(),
    "of ALBERT": normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]),
}


@pytest.mark.parametrize("name", LOWER)
def test_lower_casing_before_unigrams(tmp_path, name):
    tokenizer = tokenizer_of(tmp_path, "Unigram", words=("the", "The", "is"), normalizer=LOWER[name])
    refuses(tokenizer, "The <mask>", "its tokenizer makes '▁the' of 'The' .do_lower_case.*vocabulary has '▁The'")
    check_normalisation(tokenizer, "text", "Is ﬁne É")


def test_accents_before_unigrams(tmp_path):
    tokenizer = tokenizer_of(tmp_path, "Unigram", words=("café", "cafe"), normalizer=LOWER["of ALBERT"])
    refuses(tokenizer, "un café", "its tokenizer makes '▁cafe' of 'café' .*although its vocabulary has '▁café'")
    refuses(tokenizer, "un cafe\u0301", "its tokenizer makes '▁cafe' of 'cafe\u0301'")


@pytest.mark.parametrize("kind", ["BPE", "Unigram"])
@pytest.mark.parametrize("form", [normalizers.NFC, normalizers.NFKC])
def test_ways_to_write_the_same_letters(tmp_path, kind, form):
    tokenizer = tokenizer_of(tmp_path, kind, words=("café", "cafe", "\u0301", "ﬁne", "fine"), normalizer=form())
    check_normalisation(tokenizer, "text", "un cafe\u0301 ﬁne …")


def test_whole_words_that_are_split(tmp_path):
    tokenizer = tokenizer_of(tmp_path, "WordLevel", words=("Br-", "C", "tall"))
    refuses(tokenizer, "C Br- <mask>", "its tokenizer splits 'Br-' into 'Br -', although its vocabulary has it whole")
    check_normalisation(tokenizer, "text", "C tall. x-y")


def test_a_sequence_of_letters(tmp_path):
    model = model_of(tmp_path, "WordLevel", words=tuple("MKVLAG"))
    model.tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    encoded = model.encode(Instance("1", "MKV***mask***LA", "G", "A", roles=("helix",)))
    assert encoded.tokens == ("<s>", "M", "K", "V", "<mask>", "L", "A", "</s>")
    assert (model.tokenizer.convert_ids_to_tokens(encoded.correct or 0), encoded.texts) == ("G", None)
    assert encoded.roles == ("cls", *["helix"] * 6, "sep")
