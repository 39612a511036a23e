"""Tokenizers of every kind are read from their files, and are what the library reads."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import (
    AlbertConfig,
    AutoTokenizer,
    BertConfig,
    CamembertConfig,
    MPNetConfig,
    PreTrainedConfig,
    RobertaConfig,
    RobertaTokenizer,
    XLMRobertaConfig,
)

from cypher.errors import InvalidInput, ModelError
from tests.random_models import NAMES, SPECIAL, WORDS, Kind, random_bert, write_tokenizer
from tests.workers.models.kinds import CONFIG, KINDS, model_of, tokenizer_of
from workers.datasets.instance import Instance
from workers.models import load_model
from workers.models.tokenizer import pieces_of, read_tokenizer, require_special, settings_of, surroundings

OF_FAMILIES = {  # as their own classes read them
    "roberta": ("BPE", "roberta", "RobertaTokenizer", RobertaConfig),
    "xlm-roberta": ("Unigram", "roberta", "XLMRobertaTokenizer", XLMRobertaConfig),
    "camembert": ("Unigram", "roberta", "CamembertTokenizer", CamembertConfig),
    "albert": ("Unigram", "albert", "AlbertTokenizer", AlbertConfig),
    "mpnet": ("WordPiece", "bert", "MPNetTokenizer", MPNetConfig),
    "distilbert": ("WordPiece", "bert", "BertTokenizer", BertConfig),
    "modernbert": ("BPE", "bert", "PreTrainedTokenizerFast", BertConfig),
}


def refuses(path: Path, message: str, config: PreTrainedConfig = CONFIG, kinds: Sequence[str] = KINDS) -> None:
    with pytest.raises(ModelError, match=message):
        read_tokenizer(path, frozenset(kinds), config)


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory):
    return {kind: tokenizer_of(tmp_path_factory.mktemp("kinds"), kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
@given(
    text=st.lists(st.sampled_from((*WORDS, "zebra", "É", "☃", "<mask>", " ", ",", "'")) | st.text(max_size=8)).map(
        " ".join
    )
)
def test_tokens_are_the_library_s_own(tokenizers, kind, text):
    tokenizer = tokenizers[kind]
    own = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str()).encode(text)
    pieces = pieces_of(tokenizer, text)
    assert list(pieces.ids) == own.ids == tokenizer(text)["input_ids"]
    assert (pieces.ids[0], pieces.ids[-1]) == (tokenizer.cls_token_id, tokenizer.sep_token_id)
    assert (pieces.added[0], pieces.added[-1]) == (True, True)


@pytest.mark.parametrize("family", OF_FAMILIES)
def test_a_family_s_own_class(tmp_path, family):
    kind, names, name, config = OF_FAMILIES[family]
    write_tokenizer(tmp_path, kind, names=names, tokenizer_class=name)
    config().save_pretrained(tmp_path)
    tokenizer = read_tokenizer(tmp_path, frozenset({kind}), config())
    assert type(tokenizer).__name__ in (name, "TokenizersBackend")
    text = f"the pilot {tokenizer.mask_token} tall."
    assert list(pieces_of(tokenizer, text).ids) == AutoTokenizer.from_pretrained(tmp_path)(text)["input_ids"]
    assert surroundings(tokenizer) == ([NAMES[names]["cls"]], [NAMES[names]["sep"]])
    assert "around" not in settings_of(tokenizer)


def test_special_tokens_that_are_only_added(tmp_path):
    tokenizer = tokenizer_of(tmp_path, "BPE", names="bert", special_in_vocabulary=False)
    assert "[MASK]" not in tokenizer.backend_tokenizer.get_vocab(with_added_tokens=False)
    assert tokenizer.convert_ids_to_tokens(list(pieces_of(tokenizer, "the [MASK]").ids)) == [
        "[CLS]",
        "the",
        "[MASK]",
        "[SEP]",
    ]


def test_a_special_token_that_its_files_lack(tmp_path):
    write_tokenizer(tmp_path, "BPE", mask_token="<blank>")
    refuses(tmp_path, "its tokenizer has no mask token .<blank> is not in its vocabulary.")


def test_a_vocabulary_and_merges_are_enough(tmp_path):
    written = tokenizer_of(tmp_path / "whole", "BPE", tokenizer_class="RobertaTokenizer", lstrip=False)
    (tmp_path / "files").mkdir()
    written.backend_tokenizer.model.save(str(tmp_path / "files"))
    tokenizer = read_tokenizer(tmp_path / "files", frozenset({"BPE"}), RobertaConfig())
    assert isinstance(tokenizer, RobertaTokenizer)
    for text in ("the pilots <mask> tall.", "É the"):
        assert pieces_of(tokenizer, text) == pieces_of(written, text)


@pytest.mark.parametrize("missing", ["vocab.json", "merges.txt"])
def test_half_of_a_vocabulary_and_merges(tmp_path, missing):
    for name in ("vocab.json", "merges.txt"):
        (tmp_path / name).write_text("{}")
    (tmp_path / missing).unlink()
    refuses(tmp_path, "has neither tokenizer.json nor vocab.txt nor vocab.json with merges.txt", RobertaConfig())


def test_files_that_its_class_does_not_read(tmp_path):
    (tmp_path / "vocab.txt").write_text("".join(f"{word}\n" for word in (*SPECIAL, *WORDS)))
    refuses(tmp_path, "is a RobertaTokenizer, which reads vocab.json and merges.txt, and there is no", RobertaConfig())


@pytest.mark.parametrize("name", ["sentencepiece.bpe.model", "spiece.model"])
def test_a_sentencepiece_model_alone(tmp_path, name):
    (tmp_path / name).write_bytes(b"\n")
    refuses(tmp_path, f"its tokenizer is only in {name}, a SentencePiece model", XLMRobertaConfig())


def test_another_kind_than_the_model_s(tmp_path):
    write_tokenizer(tmp_path, "Unigram")
    refuses(tmp_path, "its tokenizer is a Unigram, not a WordLevel or WordPiece", kinds=("WordPiece", "WordLevel"))


@pytest.mark.parametrize("tokenizer_class", ["BertTokenizer", None])
def test_whole_words_that_its_class_would_read_as_word_pieces(tmp_path, edit_json, tokenizer_class):
    write_tokenizer(tmp_path, "WordLevel", names="bert")
    edit_json(tmp_path / "tokenizer_config.json", tokenizer_class=tokenizer_class)
    refuses(tmp_path, "tokenizer.json is a WordLevel, of which BertTokenizer makes a WordPiece")


def test_a_model_of_whole_words(tmp_path):
    directory = random_bert(tmp_path / "m")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (directory / name).unlink()
    write_tokenizer(directory, "WordLevel", names="bert")
    encoded = load_model(directory).encode(Instance("1", "the pilot ***mask*** tall .", "is", "are"))
    assert encoded.tokens == ("[CLS]", "the", "pilot", "[MASK]", "tall", ".", "[SEP]")
    assert encoded.texts is None


def without_unknown(path: Path, kind: Kind, field: str) -> None:
    write_tokenizer(path, kind)
    state = json.loads((path / "tokenizer.json").read_text())
    state["pre_tokenizer"] = {"type": "WhitespaceSplit"}
    state["model"][field] = None
    (path / "tokenizer.json").write_text(json.dumps(state))


@pytest.mark.parametrize(("kind", "field"), [("BPE", "unk_token"), ("Unigram", "unk_id")])
def test_a_tokenizer_that_leaves_out_what_it_does_not_know(tmp_path, kind, field):
    without_unknown(tmp_path, kind, field)
    refuses(tmp_path, "its tokenizer leaves out what its vocabulary lacks, although it has <unk>")


def test_a_tokenizer_that_names_another_unknown_token(tmp_path):
    write_tokenizer(tmp_path, "Unigram", unk_token="<pad>")
    refuses(tmp_path, "reads what its vocabulary lacks as <unk>, and its unk token is <pad>. Name <unk>")


def test_special_tokens_that_an_objective_needs(tmp_path):
    tokenizer = tokenizer_of(tmp_path, "BPE", mask_token=None, unk_token=None)
    require_special(tokenizer, ("cls", "sep"), "here")
    with pytest.raises(
        ModelError, match=r"here: model: its tokenizer has no mask token\. Name one of its vocabulary as"
    ):
        require_special(tokenizer, ("mask",), "here")


def test_a_classifier_needs_no_mask_until_it_is_the_baseline(classifier_copy, edit_json):
    edit_json(classifier_copy / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast", mask_token=None)
    model = load_model(classifier_copy)
    assert model.encode(Instance("1", "a great movie", label="0")).tokens[0] == "[CLS]"
    assert model.baseline("zero") is None
    with pytest.raises(InvalidInput, match=r"baseline: the tokenizer of .* has no mask token\. Give zero, or a token"):
        model.baseline("mask")
    with pytest.raises(InvalidInput, match=r"text: it holds \*\*\*mask\*\*\*, and the model has no mask token"):
        model.encode(Instance("1", "a ***mask*** movie", label="0"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_an_identity_of_its_own(tokenizers, kind):
    settings = json.dumps(settings_of(tokenizers[kind]), sort_keys=True)
    assert [other for other in KINDS if json.dumps(settings_of(tokenizers[other]), sort_keys=True) == settings] == [
        kind
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_parts_of_a_text(tmp_path, kind):
    encoded = model_of(tmp_path, kind).encode(Instance("1", "the ☃ <mask> tall", "is", "are"))
    assert encoded.unknown == (() if kind == "BPE" else ("☃",))


@pytest.mark.parametrize("kind", ["WordPiece", "Unigram", "WordLevel"])
@pytest.mark.parametrize("text", ["☃ <mask> ☃", "☃ É☃"])
def test_a_text_of_unknown_words_alone(tmp_path, kind, text):
    with pytest.raises(InvalidInput, match="the vocabulary of m has none of the words of"):
        model_of(tmp_path, kind, words=("is", "are")).encode(Instance("1", text.replace("É", "☃"), "is", "are"))
