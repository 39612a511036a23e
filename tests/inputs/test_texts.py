"""Texts and answers as people have them: each gives the library's tokens and logits, or one clear error."""

import pytest
import torch
from transformers import BertForMaskedLM, BertForSequenceClassification

from cypher.errors import InvalidInput
from tests.random_models import WORDS, random_bert
from workers.analysis.analysis import analyze
from workers.analysis.settings import Settings
from workers.datasets.instance import MASK, Instance
from workers.models import load_model

EXTRA = ("C", "c", "n", "Café", "中", "文", "ß", "ñ", "straße", "שלום", "x", "y")
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}

READ: dict[str, tuple[str, str, str]] = {
    "plain": ("the pilot ***mask*** tall .", "is", "are"),
    "the model's own mask": ("the pilot [MASK] tall .", "is", "are"),
    "capitals that the vocabulary has not": ("The PILOT ***mask*** Tall .", "IS", "Are"),
    "accents that it has not": ("thé pílot ***mask*** täll .", "is", "are"),
    "combining accents": ("the pilot\u0301 ***mask*** tall .", "is", "are"),
    "Chinese without spaces": ("中文***mask***文", "is", "are"),
    "Hebrew": ("שלום ***mask*** the .", "is", "are"),
    "a sharp s": ("straße ***mask*** ß .", "is", "are"),
    "an emoji that is unknown": ("the 👍 ***mask*** tall .", "is", "are"),
    "tabs and line breaks": ("the\tpilot\n***mask***\r\ntall .", "is", "are"),
    "spaces of other kinds": ("the\u00a0pilot\u3000***mask***\u2009tall .", "is", "are"),
    "zero-width characters": ("the pi\u200blot ***mask*** ta\ufeffll .", "is", "are"),
    "control characters": ("the \x1b[31m pilot\x07 ***mask*** tall\x00 .", "is", "are"),
    "markup": ("[bold]the[/bold] <b> ***mask*** & .", "is", "are"),
    "quotes": ("\"the\" 'pilot' ***mask*** .", "is", "are"),
    "subwords": ("thepilots ***mask*** xyx .", "is", "are"),
    "padding tokens": ("the [PAD] ***mask*** [PAD] .", "is", "are"),
    "an unknown token spelt out": ("the [UNK] ***mask*** tall .", "is", "are"),
    "digits as answers": ("the pilot has ***mask*** .", "1", "2"),
    "a mark as an answer": ("the pilot is tall ***mask***", ".", "!"),
    "spaces around answers": ("the pilot ***mask*** tall .", " is ", "\tare"),
    "the mask alone": ("***mask***", "is", "are"),
    "as many tokens as there are positions": ("the " * 29 + "***mask***", "is", "are"),
}

REFUSED: dict[str, tuple[str, str, str, str, str]] = {
    "lower case of a letter that it has": ("c C ***mask***", "is", "are", "text", "makes 'c' of 'C'"),
    "no accents of a word that it has": (
        "the Café ***mask***",
        "is",
        "are",
        "text",
        "although its vocabulary has 'Café'",
    ),
    "an answer that it has": ("c ***mask***", "C", "n", "correct", "makes 'c' of 'C' .do_lower_case"),
    "a wrong answer that it has": ("c ***mask***", "n", "ñ", "wrong", "makes 'n' of 'ñ'"),
    "unknown words alone": ("☃ ✈ ***mask***", "is", "are", "text", "has none of the words of"),
    "nothing": ("", "is", "are", "text", "has no words"),
    "spaces": (" \t\n", "is", "are", "text", "has no words"),
    "control characters alone": ("\x00\x1b", "is", "are", "text", "has no words"),
    "no mask": ("the pilot", "is", "are", "text", "has no mask"),
    "two masks": ("***mask*** [MASK]", "is", "are", "text", "has 2 masks"),
    "the special tokens": ("[CLS] the ***mask*** [SEP]", "is", "are", "text", r"holds \[CLS\]. Remove it"),
    "a position too many": (
        "the " * 30 + "***mask***",
        "is",
        "are",
        "text",
        "it has 33 tokens with .*takes at most 32",
    ),
    "an unknown answer": ("the ***mask***", "☃", "are", "correct", "is not in the vocabulary"),
    "an answer in pieces": ("the ***mask***", "zebra", "are", "correct", "is 5 tokens"),
    "two words": ("the ***mask***", "is not", "are", "correct", "is 2 tokens"),
    "a special token as an answer": ("the ***mask***", "[SEP]", "are", "correct", "is not in the vocabulary"),
    "one answer twice": ("the ***mask***", "is", "IS", "wrong", "is the same word as correct"),
    "an empty answer": ("the ***mask***", "is", " ", "wrong", "it is missing"),
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    path = tmp_path_factory.mktemp("texts") / "m"
    return random_bert(path, layers=2, heads=2, width=8, ff=8, words=(*WORDS, *EXTRA), max_length=32)


@pytest.fixture(scope="module")
def models(directory):
    return {
        dtype: (load_model(directory, "cpu", dtype), BertForMaskedLM.from_pretrained(directory, dtype=dtype).eval())
        for dtype in TOLERANCE
    }


@pytest.mark.parametrize("name", READ)
def test_a_text_that_is_read_as_the_library_reads_it(models, name):
    text, correct, wrong = READ[name]
    for dtype, tolerance in TOLERANCE.items():
        model, peer = models[dtype]
        inputs = model.tokenizer(text.replace(MASK, "[MASK]"), return_tensors="pt")
        encoded = model.encode(Instance("1", text, correct, wrong))
        assert list(encoded.ids) == inputs["input_ids"][0].tolist()
        with torch.no_grad():
            theirs = peer(**inputs).logits[0, encoded.target]
        result = next(analyze(model, [encoded.instance], Settings(sampling="gauss-legendre", samples=1, edges="none")))
        answers = [model.tokenizer(answer, add_special_tokens=False)["input_ids"] for answer in (correct, wrong)]
        expected = (theirs[answers[0][0]] - theirs[answers[1][0]]).item()
        assert result.qoi == pytest.approx(expected, abs=4 * tolerance, rel=tolerance)


@pytest.mark.parametrize("name", REFUSED)
def test_a_text_that_is_refused(models, name):
    text, correct, wrong, field, message = REFUSED[name]
    with pytest.raises(InvalidInput, match=message) as caught:
        models["float32"][0].encode(Instance("1", text, correct, wrong, origin="s.jsonl:7"))
    assert (caught.value.field, caught.value.where) == (field, "s.jsonl:7")


@pytest.mark.parametrize("field", ["id", "text", "correct", "wrong", "label", "task", "case", "roles"])
def test_half_a_character_is_no_text(field):
    values = {"id": "1", "text": "the ***mask***", field: ("a\ud800",) if field == "roles" else "a\ud800"}
    with pytest.raises(InvalidInput, match=rf"s.jsonl:7: {field}: 'a\\ud800' holds a lone surrogate"):
        Instance(**values, origin="s.jsonl:7")


def test_independent_classes_have_their_own_logits(tmp_path):
    labels = ("happy", "sad", "tired")
    path = random_bert(tmp_path / "m", kind="classifier", labels=labels, layers=2, heads=2, width=8, ff=8)
    config = path / "config.json"
    config.write_text(config.read_text().replace("{", '{"problem_type": "multi_label_classification",', 1))
    model = load_model(path, "cpu", "float64")
    peer = BertForSequenceClassification.from_pretrained(path, dtype=torch.float64).eval()
    with torch.no_grad():
        theirs = peer(**model.tokenizer("a good movie", return_tensors="pt")).logits[0]
    results = analyze(model, [Instance(label, "a good movie", label=label) for label in labels])
    for result, logit in zip(results, theirs.tolist(), strict=True):
        assert result.qoi == pytest.approx(logit, abs=1e-12)
        assert (result.settings["question"], result.wrong) == ("label_logit", "")
        assert (result.quantity, result.tells_right) == (f"logit({result.correct})", True)
        assert result.completeness_error is not None and result.completeness_error < 0.05
