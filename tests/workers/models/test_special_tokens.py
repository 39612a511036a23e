"""What a tokenizer puts around texts is its own; what it makes of letters must not go unseen."""

import json

import pytest
import torch
from tokenizers.processors import TemplateProcessing
from transformers import BertForMaskedLM, BertForSequenceClassification, BertTokenizer

from cypher.errors import InvalidInput, ModelError
from tests.random_models import PIECES, SPECIAL, WORDS, random_bert
from tests.workers.models.test_bert import logits
from workers.datasets.instance import Instance
from workers.models import load_model

TEXT = "the pilot that the guards like [MASK] tall ."
SENTENCE = Instance("1", TEXT, correct="is", wrong="are", origin="s.jsonl:1")
REVIEW = Instance("2", "a great movie", label="0", origin="s.jsonl:2")

TEMPLATES = {
    "none": ("$A", "$A"),
    "both": ("[CLS] $A [SEP]", "[CLS] $A [SEP]"),
    "first": ("[CLS] $A", "[CLS] $A"),
    "last": ("$A [SEP]", "$A [SEP]"),
    "two at the end": ("[CLS] $A [SEP] [SEP]", "[CLS] $A [SEP] [SEP]"),
    "unusual": ("[SEP] [PAD] $A [CLS]", "[SEP] [PAD] $A [CLS]"),
}


def set_template(directory, template: str) -> None:
    state = json.loads((directory / "tokenizer.json").read_text())
    vocabulary = state["model"]["vocab"]
    tokens = [(token, vocabulary[token]) for token in ("[CLS]", "[SEP]", "[PAD]")]
    processor = TemplateProcessing(single=template, special_tokens=tokens)
    state["post_processor"] = json.loads(processor.__getstate__())
    (directory / "tokenizer.json").write_text(json.dumps(state))
    config = json.loads((directory / "tokenizer_config.json").read_text())
    config |= {"tokenizer_class": "PreTrainedTokenizerFast"}  # BertTokenizer would put its own
    (directory / "tokenizer_config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_library_s_tokens_and_logits(copy, name):
    set_template(copy, TEMPLATES[name][0])
    model = load_model(copy, dtype="float64")
    encoded = model.encode(SENTENCE)
    inputs = model.tokenizer(TEXT, return_tensors="pt")
    assert list(encoded.ids) == inputs["input_ids"][0].tolist()
    assert encoded.tokens[encoded.target] == "[MASK]"
    peer = BertForMaskedLM.from_pretrained(copy, dtype=torch.float64).eval()
    with torch.no_grad():
        theirs = peer(**inputs).logits[0, encoded.target]
    torch.testing.assert_close(logits(model, TEXT), theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "roles"),
    [("none", "{}"), ("both", "cls {} sep"), ("first", "cls {}"), ("unusual", "cls cls {} sep")],
)
def test_roles_of_what_is_put_around(copy, name, roles):
    set_template(copy, TEMPLATES[name][0])
    encoded = load_model(copy).encode(Instance("1", "women [MASK] tall", "is", "are", roles=("a", "b", "c")))
    assert encoded.roles == tuple(roles.format("a b c").split())


def test_each_template_is_a_model_of_its_own(copy, masked_lm_directory):
    found = {"own": load_model(masked_lm_directory).fingerprint}
    for name, (template, _) in TEMPLATES.items():
        set_template(copy, template)
        found[name] = load_model(copy).fingerprint
    assert found.pop("own") == found["both"]
    assert len(set(found.values())) == len(TEMPLATES)


@pytest.mark.parametrize("name", ["first", "both", "two at the end"])
def test_a_classifier_reads_its_first_token(classifier_copy, name):
    set_template(classifier_copy, TEMPLATES[name][0])
    model = load_model(classifier_copy, dtype="float64")
    encoded = model.encode(REVIEW)
    peer = BertForSequenceClassification.from_pretrained(classifier_copy, dtype=torch.float64).eval()
    with torch.no_grad():
        theirs = peer(**model.tokenizer(REVIEW.text, return_tensors="pt")).logits[0]
    torch.testing.assert_close(logits(model, REVIEW.text), theirs, rtol=1e-12, atol=1e-12)
    assert (encoded.target, encoded.tokens[0]) == (0, "[CLS]")


@pytest.mark.parametrize(("name", "first"), [("none", "a"), ("last", "a"), ("unusual", r"\[SEP\]")])
def test_a_classifier_whose_first_token_is_another(classifier_copy, name, first):
    set_template(classifier_copy, TEMPLATES[name][0])
    message = rf"s.jsonl:2: text: its first token is '{first}', and a classifier reads \[CLS\] there"
    with pytest.raises(InvalidInput, match=message):
        load_model(classifier_copy).encode(REVIEW)


def test_special_tokens_that_only_the_text_has(copy):
    set_template(copy, "$A")
    encoded = load_model(copy).encode(Instance("1", f"[CLS] {TEXT} [SEP]", "is", "are"))
    assert (encoded.tokens[0], encoded.tokens[-1], encoded.target) == ("[CLS]", "[SEP]", 7)


def test_a_mask_that_is_all(copy, masked_lm_directory):
    alone = Instance("1", "[MASK]", "is", "are")
    assert load_model(masked_lm_directory).encode(alone).sources == (0, 2)
    set_template(copy, "$A")
    with pytest.raises(InvalidInput, match="is the mask alone, and the tokenizer adds no token to it"):
        load_model(copy).encode(alone)


def test_another_segment_than_the_first(copy):
    set_template(copy, "[CLS]:1 $A:1 [SEP]:1")
    config = json.loads((copy / "tokenizer_config.json").read_text())
    config |= {"model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}
    (copy / "tokenizer_config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="its tokenizer puts single texts into segment 1"):
        load_model(copy)


CASED = ("C", "N", "O", "c", "n", "o", "=", "Café", "cafe", "É", "e", "Is", "is", "are", "tall")


@pytest.fixture(scope="module")
def cased(tmp_path_factory):
    """Lower-cases, although its vocabulary tells cases apart."""
    return load_model(random_bert(tmp_path_factory.mktemp("cased") / "m", words=(*WORDS, *CASED)))


@pytest.mark.parametrize(
    ("text", "given", "word", "own"),
    [
        ("C c = [MASK] .", "c", "C", "C"),
        ("a Café [MASK] .", "cafe", "Café", "Café"),
        ("É [MASK] .", "e", "É", "É"),
        ("Is tall [MASK] C", "is", "Is", "Is"),
    ],
)
def test_letters_that_the_vocabulary_tells_apart(cased, text, given, word, own):
    message = f"its tokenizer makes '{given}' of '{word}' .do_lower_case, .*although its vocabulary has '{own}'"
    with pytest.raises(InvalidInput, match=message) as caught:
        cased.encode(Instance("1", text, "is", "are", origin="s.jsonl:1"))
    assert (caught.value.field, caught.value.where) == ("text", "s.jsonl:1")
    assert 'set "do_lower_case": false in its tokenizer_config.json' in caught.value.fix


@pytest.mark.parametrize("field", ["correct", "wrong"])
def test_answers_that_the_vocabulary_tells_apart(cased, field):
    answers = {"correct": "n", "wrong": "o"} | {field: "C"}
    instance = Instance("1", "c = [MASK]", answers["correct"], answers["wrong"])
    with pytest.raises(InvalidInput, match=f"{field}: its tokenizer makes 'c' of 'C'"):
        cased.encode(instance)


@pytest.mark.parametrize("text", ["The PILOT [MASK] tall", "crème [MASK] tall", "c n [MASK] e", "東京 [MASK] tall"])
def test_letters_that_it_does_not_tell_apart_are_read_as_ever(cased, text):
    assert cased.encode(Instance("1", text, "IS", "are")).tokens[0] == "[CLS]"


def test_the_same_vocabulary_without_lower_casing(tmp_path):
    directory = random_bert(tmp_path / "m", words=(*WORDS, *CASED))
    vocabulary = {token: index for index, token in enumerate(dict.fromkeys((*SPECIAL, *PIECES, *WORDS, *CASED)))}
    BertTokenizer(vocab=vocabulary, do_lower_case=False).save_pretrained(directory)
    encoded = load_model(directory).encode(Instance("1", "C N [MASK] Café", "O", "o"))
    assert encoded.tokens[1:-1] == ("C", "N", "[MASK]", "Café")
    assert encoded.correct != encoded.wrong


def test_unknown_words_are_kept_as_they_were_written(cased):
    assert cased.encode(Instance("1", "the ☃ [MASK] 東京 .", "is", "are")).unknown == ("☃", "東", "京")


@pytest.mark.parametrize("text", ["☃ [MASK] ☃", "☃"])
def test_a_text_of_unknown_words_alone(cased, text):
    with pytest.raises(InvalidInput, match="the vocabulary of m has none of the words of"):
        cased.encode(Instance("1", text, "is", "are"))
