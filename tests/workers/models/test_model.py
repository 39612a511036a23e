"""An instance as token ids, roles, target and answers, and every way in which it cannot be."""

import json
from dataclasses import replace

import pytest

from cypher.errors import InvalidInput
from tests.random_models import random_bert
from workers.datasets.instance import Instance
from workers.models import Encoded, Model, load_model

SENTENCE = Instance(
    "sva/1", "The pilot that the guards like ***mask*** tall.", correct="is", wrong="are", origin="sentences.jsonl:3"
)
REVIEW = Instance("sa/1", "A great movie!", label="positive", origin="reviews.csv:2")


@pytest.fixture(scope="module")
def masked_lm(masked_lm_directory) -> Model:
    return load_model(masked_lm_directory, device="cpu")


@pytest.fixture(scope="module")
def classifier(classifier_directory) -> Model:
    return load_model(classifier_directory, device="cpu")


def refuses(model: Model, instance: Instance, field: str, message: str) -> None:
    """The one error, with its field, its place and its words."""
    with pytest.raises(InvalidInput) as caught:
        model.encode(instance)
    assert caught.value.field == field
    assert caught.value.where == instance.origin
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{instance.origin}: {field}: ")


def test_a_masked_sentence(masked_lm):
    encoded = masked_lm.encode(SENTENCE)
    words = "[CLS] the pilot that the guards like [MASK] tall . [SEP]".split()
    assert encoded == Encoded(
        instance=SENTENCE,
        ids=tuple(masked_lm.tokenizer.convert_tokens_to_ids(words)),
        tokens=tuple(words),
        roles=None,
        target=7,
        sources=(0, 1, 2, 3, 4, 5, 6, 8, 9, 10),
        correct=masked_lm.tokenizer.convert_tokens_to_ids("is"),
        wrong=masked_lm.tokenizer.convert_tokens_to_ids("are"),
    )
    own = masked_lm.tokenizer(SENTENCE.text.replace("***mask***", "[MASK]"))["input_ids"]
    assert list(encoded.ids) == own


def test_baselines(masked_lm):
    ids = [masked_lm.baseline(name) for name in ("mask", "zero", "token:[MASK]", "token:[PAD]", "token:##s")]
    mask, pad, piece = masked_lm.tokenizer.convert_tokens_to_ids(["[MASK]", "[PAD]", "##s"])
    assert ids == [mask, None, mask, pad, piece]


@pytest.mark.parametrize("token", ["swimming", "The", "zebra", "mask"])
def test_a_baseline_that_is_no_token(masked_lm, token):
    with pytest.raises(
        InvalidInput, match=f"baseline: '{token}' is not a token of .* Name one as its vocabulary spells it"
    ):
        masked_lm.baseline(f"token:{token}")


def test_a_labelled_sentence(classifier):
    encoded = classifier.encode(REVIEW)
    assert encoded.tokens == ("[CLS]", "a", "great", "movie", "!", "[SEP]")
    assert (encoded.target, encoded.sources) == (0, (1, 2, 3, 4, 5))
    assert (encoded.correct, encoded.wrong) == (2, None)
    assert list(encoded.ids) == classifier.tokenizer(REVIEW.text)["input_ids"]


@pytest.mark.parametrize("mask", ["***mask***", "[MASK]"])
@pytest.mark.parametrize(
    ("text", "target", "tokens"),
    [
        ("{} women know", 1, "[MASK] women know"),
        ("women know {}", 3, "women know [MASK]"),
        ("women know {}.", 3, "women know [MASK] ."),
        ("women '{}', men", 3, "women ' [MASK] ' , men"),
        ("  women\tknow  {} !", 3, "women know [MASK] !"),
        ("{}", 1, "[MASK]"),
    ],
)
def test_where_the_mask_may_stand(masked_lm, mask, text, target, tokens):
    encoded = masked_lm.encode(replace(SENTENCE, text=text.format(mask)))
    assert encoded.target == target
    assert encoded.tokens == ("[CLS]", *tokens.split(), "[SEP]")


def test_answers_are_read_as_words_of_the_text_are(masked_lm):
    assert masked_lm.encode(replace(SENTENCE, correct=" IS ", wrong="Àre")) == replace(
        masked_lm.encode(SENTENCE), instance=replace(SENTENCE, correct=" IS ", wrong="Àre")
    )


def test_roles_are_spread_over_a_words_tokens(masked_lm):
    text = "The zebra's friend ***mask***, tall."
    encoded = masked_lm.encode(replace(SENTENCE, text=text, roles=("det", "attractor", "subject", "verb", "rest")))
    assert list(zip(encoded.tokens, encoded.roles or (), strict=True)) == [
        ("[CLS]", "cls"),
        ("the", "det"),
        *((piece, "attractor") for piece in ("z", "##e", "##b", "##r", "##a", "'", "s")),
        *((piece, "subject") for piece in ("f", "##r", "##i", "##e", "##n", "##d")),
        ("[MASK]", "verb"),
        (",", "verb"),
        ("tall", "rest"),
        (".", "rest"),
        ("[SEP]", "sep"),
    ]


def test_roles_of_a_mask_token_that_takes_the_space_before_it(copy, edit_json):
    added = json.loads((copy / "tokenizer.json").read_text())["added_tokens"]
    for token in added:
        token["lstrip"] = token["content"] == "[MASK]"
    config = {str(token.pop("id")): token for token in added}
    edit_json(copy / "tokenizer_config.json", added_tokens_decoder=config)
    model = load_model(copy)
    pieces = model.tokenizer("women [MASK] tall", add_special_tokens=False, return_offsets_mapping=True)
    assert pieces["offset_mapping"][1] == (5, 12)
    encoded = model.encode(replace(SENTENCE, text="women ***mask*** tall", roles=("subject", "verb", "rest")))
    assert encoded.roles == ("cls", "subject", "verb", "rest", "sep")


@pytest.mark.parametrize("label", ["Positive", "positive", " POSITIVE ", "2"])
def test_labels(classifier, label):
    assert classifier.encode(replace(REVIEW, label=label)).correct == 2


def test_labels_that_differ_in_case_or_are_numbers(tmp_path):
    model = load_model(random_bert(tmp_path / "m", kind="classifier", labels=("Yes", "yes", "0", "no", "no")))
    correct = {label: model.encode(replace(REVIEW, label=label)).correct for label in ("Yes", "yes", "0", "1")}
    assert correct == {"Yes": 0, "yes": 1, "0": 2, "1": 1}
    for label in ("YES", "no"):
        refuses(model, replace(REVIEW, label=label), "label", f"'{label}' is more than one class of the model")


def test_sst2_numbers_two_classes_without_names(tmp_path):
    unnamed = load_model(random_bert(tmp_path / "unnamed", kind="classifier", labels=("LABEL_0", "LABEL_1")))
    named = load_model(random_bert(tmp_path / "named", kind="classifier", labels=("Positive", "Negative")))
    labels = ("negative", "positive", "Positive", "1")
    assert [unnamed.encode(replace(REVIEW, label=label)).correct for label in labels] == [0, 1, 1, 1]
    assert [named.encode(replace(REVIEW, label=label)).correct for label in labels] == [1, 0, 0, 1]
    refuses(unnamed, replace(REVIEW, label="neutral"), "label", "'neutral' is not a class of the model")
    three = random_bert(tmp_path / "three", kind="classifier", labels=("LABEL_0", "LABEL_1", "LABEL_2"))
    refuses(load_model(three), replace(REVIEW, label="positive"), "label", "'positive' is not a class of the model")


@pytest.mark.parametrize("label", ["splendid", "3", "-1", "²"])
def test_unknown_labels(classifier, label):
    message = f"{label!r} is not a class of the model. Give one of: negative (0), neutral (1), Positive (2)."
    refuses(classifier, replace(REVIEW, label=label), "label", message)


@pytest.mark.parametrize("label", [None, "", " "])
def test_a_missing_label(classifier, label):
    message = "it is missing. Give one of: negative (0), neutral (1), Positive (2)."
    refuses(classifier, replace(REVIEW, label=label), "label", message)


@pytest.mark.parametrize("missing", [None, "", "  "])
@pytest.mark.parametrize("field", ["correct", "wrong"])
def test_a_missing_answer(masked_lm, field, missing):
    message = f"it is missing. Give the {field} word at the mask."
    refuses(masked_lm, replace(SENTENCE, **{field: missing}), field, message)


def test_a_label_for_a_masked_language_model(masked_lm):
    message = "'positive' is for a classifier, and masked-lm is a masked-language model. Give correct and wrong"
    refuses(masked_lm, REVIEW, "label", message)


@pytest.mark.parametrize(("changes", "field", "word"), [({}, "correct", "is"), ({"correct": None}, "wrong", "are")])
def test_answers_for_a_classifier(classifier, changes, field, word):
    message = f"'{word}' is for a masked-language model, and classifier is a classifier. Give label, one of: negative"
    refuses(classifier, replace(SENTENCE, **changes), field, message)


def test_no_mask(masked_lm):
    message = "'the pilot is tall' has no mask. Put ***mask*** or [MASK] in place of the word to predict."
    refuses(masked_lm, replace(SENTENCE, text="the pilot is tall"), "text", message)


@pytest.mark.parametrize("text", ["***mask*** and ***mask***", "***mask*** and [MASK]"])
def test_two_masks(masked_lm, text):
    refuses(masked_lm, replace(SENTENCE, text=text), "text", f"{text!r} has 2 masks. Leave one")


@pytest.mark.parametrize("text", ["", "   "])
def test_no_words(masked_lm, classifier, text):
    refuses(masked_lm, replace(SENTENCE, text=text), "text", f"{text!r} has no words")
    refuses(classifier, replace(REVIEW, text=text), "text", f"{text!r} has no words")


@pytest.mark.parametrize("token", ["[CLS]", "[SEP]"])
def test_special_tokens_in_the_text(classifier, token):
    text = f"a great {token} movie"
    refuses(classifier, replace(REVIEW, text=text), "text", f"{text!r} holds {token}. Remove it")


@pytest.mark.parametrize(("correct", "wrong"), [("is", "is"), ("is", "Is"), ("are", "Àre")])
def test_answers_that_are_the_same(masked_lm, correct, wrong):
    message = f"{wrong!r} is the same word as correct {correct!r} (token {correct!r})"
    refuses(masked_lm, replace(SENTENCE, correct=correct, wrong=wrong), "wrong", message)


@pytest.mark.parametrize("field", ["correct", "wrong"])
def test_an_answer_of_several_tokens(masked_lm, field):
    message = "'zebra' is 5 tokens of masked-lm (z ##e ##b ##r ##a). Give a word that is one token."
    refuses(masked_lm, replace(SENTENCE, **{field: "zebra"}), field, message)
    refuses(masked_lm, replace(SENTENCE, **{field: "is not"}), field, "'is not' is 2 tokens of masked-lm (is not)")


@pytest.mark.parametrize("word", ["猫", "[UNK]", "[MASK]", "\u200b"])
@pytest.mark.parametrize("field", ["correct", "wrong"])
def test_an_answer_that_is_no_word(masked_lm, field, word):
    refuses(masked_lm, replace(SENTENCE, **{field: word}), field, f"{word!r} is not in the vocabulary of masked-lm")


def test_as_many_tokens_as_the_model_takes(masked_lm):
    assert len(masked_lm.encode(replace(SENTENCE, text="the " * 61 + "***mask***")).ids) == 64
    message = "it has 65 tokens with [CLS] and [SEP], and masked-lm takes at most 64. Shorten the sentence."
    refuses(masked_lm, replace(SENTENCE, text="the " * 62 + "***mask***"), "text", message)


@pytest.mark.parametrize("roles", [(), ("a",) * 7, ("a",) * 11])
def test_roles_that_do_not_fit(masked_lm, roles):
    message = f"there are {len(roles)} of them for 8 words (9 tokens). Give one for each space-separated word of text"
    refuses(masked_lm, replace(SENTENCE, roles=roles), "roles", message)


def test_an_instance_of_no_file(masked_lm):
    with pytest.raises(InvalidInput) as caught:
        masked_lm.encode(replace(SENTENCE, origin=None, text="no mask"))
    assert str(caught.value).startswith("text: 'no mask' has no mask")


@pytest.mark.parametrize("at_once", [1, 3, 1000])
@pytest.mark.parametrize("kind", ["masked_lm", "classifier"])
def test_many_instances_are_each_read_as_alone(request, monkeypatch, kind, at_once):
    """Good and bad ones in turn, of equal and of other answers, in batches of the tokenizer's."""
    monkeypatch.setattr("workers.models.model.TEXTS", at_once)
    model: Model = request.getfixturevalue(kind)
    instances = [
        SENTENCE,
        replace(SENTENCE, text="women ***mask***", roles=("subject", "verb")),
        replace(SENTENCE, correct="zebra", origin="sentences.jsonl:4"),
        replace(SENTENCE, text="no mask"),
        replace(SENTENCE, correct="are", wrong="is"),
        REVIEW,
        replace(REVIEW, text="", origin=None),
        replace(REVIEW, label="no class"),
        replace(REVIEW, wrong="negative"),
        replace(SENTENCE, text="☃ " * 3 + "[MASK]", correct="zebra"),
    ]

    def alone(instance: Instance) -> Encoded | str:
        try:
            return model.encode(instance)
        except InvalidInput as error:
            return str(error)

    found = [str(each) if isinstance(each, InvalidInput) else each for each in model.encode_all(iter(instances))]
    assert found == [alone(instance) for instance in instances]
    assert sum(isinstance(each, Encoded) for each in found) in (2, 3)
    assert list(model.encode_all([])) == []
