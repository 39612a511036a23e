"""Tokens as they read, whatever their vocabulary's spelling."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers
from tokenizers.pre_tokenizers import ByteLevel

from tests.random_models import WORDS
from tests.workers.models.kinds import KINDS, tokenizer_of
from workers.models.spelling import SPACE, Spelling, bytes_of_letters, spelling_of
from workers.models.tokenizer import pieces_of

WORD_PIECES = Spelling(frozenset({"[MASK]"}), by_bytes=False, space=None, prefix="##", suffix=None)
BYTES = Spelling(frozenset({"<s>", "<mask>", "</s>"}), by_bytes=True, space=None, prefix=None, suffix=None)
UNIGRAM = Spelling(frozenset({"<s>", "<mask>"}), by_bytes=False, space="▁", prefix=None, suffix=None)
SUFFIXES = Spelling(frozenset({"<s>"}), by_bytes=False, space=None, prefix=None, suffix="</w>")
WHOLE = Spelling(frozenset({"[MASK]"}), by_bytes=False, space=None, prefix=None, suffix=None)


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory):
    return {kind: tokenizer_of(tmp_path_factory.mktemp("kinds"), kind) for kind in KINDS}


@pytest.mark.parametrize(
    ("spelling", "tokens", "texts"),
    [
        (WORD_PIECES, "##ly", "‿ly"),
        (WORD_PIECES, "un ##happy [MASK] is . ## Ġ ▁a", "un ‿happy [MASK] is . ## Ġ ▁a"),
        (
            BYTES,
            "<s> The Ġpilot s <mask> Ġun happy . 't Ġ2 nd </s>",
            "<s> The pilot ‿s <mask> un ‿happy . 't 2 ‿nd </s>",
        ),
        (BYTES, 'Ġ" is " , Ġ Ġis ĊĊ is ĠĠis', '" is " , ␣ is \\n\\n is ␣is'),
        (BYTES, "ĠcafÃ© s Ã © s Ġâĺ ĥ", "café ‿s \\xc3 \\xa9 ‿s \\xe2\\x98 \\x83"),
        (BYTES, "à¤¹ à¤¿ ãĢĤ æĪĳ âĢĭ", "ह ‿\u093f 。 我 \\u200b"),
        (UNIGRAM, "<s> ▁un happy <mask> ▁ . ▁is ▁New▁York 's ▁▁a", "<s> un ‿happy <mask> ␣ . is New York 's ␣a"),
        (SUFFIXES, "<s> un happy</w> is</w> .</w> </w>", "<s> un ‿happy is . </w>"),
        (WHOLE, "Ġis ##s ▁a C Cl [MASK] </w>", "Ġis ##s ▁a C Cl [MASK] </w>"),
    ],
)
def test_how_tokens_read(spelling, tokens, texts):
    expected = tuple(texts.replace("New York", "New_York").split(" "))
    assert spelling.read(tokens.split(" ")) == tuple(text.replace("_", " ") for text in expected)


@pytest.mark.parametrize(("spelling", "blank"), [(BYTES, "ĠĊ"), (UNIGRAM, "▁▁"), (WORD_PIECES, " ")])
def test_blanks(spelling, blank):
    assert spelling.is_blank(blank)
    assert not spelling.is_blank("a") and not spelling.is_blank("[MASK]")


@pytest.mark.parametrize("kind", KINDS)
def test_a_tokenizer_tells_how_it_spells(tokenizers, kind):
    found = spelling_of(tokenizers[kind])
    expected = {"WordPiece": ("##", None, False), "BPE": (None, None, True), "Unigram": (None, "▁", False)}
    assert (found.prefix, found.space, found.by_bytes) == expected.get(kind, (None, None, False))
    assert found.suffix is None
    assert found.added == {"<s>", "<pad>", "</s>", "<unk>", "<mask>"}


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.lists(st.sampled_from((*WORDS, "<mask>", ",", "'")), min_size=1, max_size=6).map(" ".join))
def test_words_read_as_they_are_written(tokenizers, kind, text):
    tokenizer = tokenizers[kind]
    tokens = tokenizer.convert_ids_to_tokens(list(pieces_of(tokenizer, text).ids))
    texts = [each for each in spelling_of(tokenizer).read(tokens) if each != SPACE]
    assert texts == ["<s>", *text.split(), "</s>"]


@given(text=st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12))
def test_tokens_of_bytes_can_be_seen_and_put_together_again(tokenizers, text):
    tokenizer = tokenizers["BPE"]
    tokens = tokenizer.convert_ids_to_tokens(tokenizer(text, add_special_tokens=False)["input_ids"])
    texts = spelling_of(tokenizer).read(tokens)
    assert all(each and each.isprintable() and each.strip() == each for each in texts)
    assert b"".join(bytes([bytes_of_letters()[each] for each in token]) for token in tokens).decode() == text


def test_each_letter_is_a_byte():
    pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
    for letter in map(chr, [*range(1, 0x800), 0x2603, 0x1F600]):
        ((spelled, _),) = pre_tokenizer.pre_tokenize_str(letter)
        assert bytes(bytes_of_letters()[each] for each in spelled) == letter.encode()
    assert sorted(bytes_of_letters().values()) == list(range(256))


def test_spaces_that_a_normaliser_spells(tmp_path):
    tokenizer = tokenizer_of(tmp_path, "Unigram")
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    state |= {"normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}, "pre_tokenizer": None}
    tokenizer._tokenizer = Tokenizer.from_str(json.dumps(state))
    spelling_of.cache_clear()
    assert spelling_of(tokenizer).space == "▁"


def test_pieces_that_end_words(tmp_path):
    tokenizer = tokenizer_of(tmp_path, "WordLevel")
    backend = Tokenizer(models.BPE({"u": 0, "n</w>": 1}, [], unk_token="u", end_of_word_suffix="</w>"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer._tokenizer = backend
    spelling_of.cache_clear()
    assert spelling_of(tokenizer).suffix == "</w>"
