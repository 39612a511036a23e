"""A checkpoint of every family, with a tokenizer of its kind: loaded, analysed, and equal to the library's pipeline."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import pytest
import torch
import transformers
from transformers import AutoTokenizer

from cypher.errors import InvalidInput, ModelError
from tests.random_models import Kind, write_tokenizer
from tests.workers.models.test_families import KINDS, randomize
from workers.analysis.analysis import analyze
from workers.analysis.settings import Settings
from workers.datasets import MASK, Instance
from workers.models import Model, load_model
from workers.models.spelling import spelling_of

Head = Literal["masked_lm", "classifier", "bare"]
TEXT = f"the pilot that the guards like {MASK} tall ."
OTHERS = f"{MASK} women that love the old movie know ."


@dataclass(frozen=True)
class Checkpoint:
    """A family's models, and the tokenizer that they mostly have."""

    family: str  # of KINDS
    tokenizer: Kind
    names: str  # of the special tokens
    tokenizer_class: str = "PreTrainedTokenizerFast"


CHECKPOINTS = {
    "bert": Checkpoint("bert", "WordPiece", "bert"),
    "bert, whole words": Checkpoint("bert", "WordLevel", "bert"),
    "roberta": Checkpoint("roberta", "BPE", "roberta"),
    "xlm-roberta": Checkpoint("xlm-roberta", "Unigram", "roberta"),
    "camembert": Checkpoint("camembert", "Unigram", "roberta"),
    "distilbert": Checkpoint("distilbert", "WordPiece", "bert"),
    "electra": Checkpoint("electra", "WordPiece", "bert"),
    "albert": Checkpoint("albert", "Unigram", "albert"),
    "mpnet": Checkpoint("mpnet", "WordPiece", "roberta"),
    "deberta": Checkpoint("deberta, version 3", "Unigram", "bert"),
    "modernbert": Checkpoint("modernbert", "BPE", "bert"),
}


def save(path: Path, checkpoint: Checkpoint, head: Head, **changes: Any) -> Path:
    """As `save_pretrained` writes it."""
    words = write_tokenizer(
        path, checkpoint.tokenizer, names=checkpoint.names, tokenizer_class=checkpoint.tokenizer_class
    )
    kind = KINDS[checkpoint.family]
    cls = getattr(transformers, getattr(kind, head))
    sizes = {"vocab_size": words, "max_position_embeddings": 32}
    labels = {"id2label": {0: "bad", 1: "good", 2: "so so"}} if head == "classifier" else {}
    peer = cls(cls.config_class(**{**kind.config, **sizes, **labels, **changes})).double().eval()
    randomize(peer, 3)
    peer.tie_weights()
    peer.save_pretrained(path)
    return path


def library_outputs(path: Path, text: str) -> tuple[list[int], Any]:
    """Token ids and what the model gives, by the library's own tokenizer and model."""
    tokenizer = AutoTokenizer.from_pretrained(path)
    raw = json.loads((path / "config.json").read_text())
    peer = getattr(transformers, raw["architectures"][0]).from_pretrained(
        path, dtype=torch.float64, attn_implementation="eager"
    )
    inputs = tokenizer(text.replace(MASK, tokenizer.mask_token), return_tensors="pt")
    with torch.no_grad():
        return inputs["input_ids"][0].tolist(), peer.eval()(**inputs)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_masked_language_model(name, tmp_path):
    path = save(tmp_path / "m", CHECKPOINTS[name], head="masked_lm")
    model = load_model(path, "cpu", "float64")
    settings = Settings(samples=8, edges="all")
    for text in (TEXT, OTHERS):
        sentence = Instance("1", text, correct="is", wrong="are")
        (result,) = analyze(model, [sentence], settings)
        encoded, (ids, outputs) = model.encode(sentence), library_outputs(path, text)
        logits = outputs.logits[0, ids.index(cast(int, model.tokenizer.mask_token_id))]
        expected = (logits[encoded.correct] - logits[encoded.wrong]).item()
        assert result.qoi == pytest.approx(expected, rel=1e-9 if KINDS[CHECKPOINTS[name].family].exact else 1e-5)
        assert [token for token in result.words if token.influence] and result.edges is not None
    assert model.baseline_id == model.tokenizer.mask_token_id


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_classifier(name, tmp_path):
    path = save(tmp_path / "m", CHECKPOINTS[name], head="classifier")
    model = load_model(path, "cpu", "float64")
    text = TEXT.replace(MASK, "is")
    (result,) = analyze(model, [Instance("1", text, label="good", wrong="bad")], Settings(samples=8))
    logits = library_outputs(path, text)[1].logits[0]
    near = 1e-9 if KINDS[CHECKPOINTS[name].family].exact else 1e-5
    assert result.qoi == pytest.approx((logits[1] - logits[0]).item(), rel=near)
    assert (result.correct, result.target) == ("good", 0)


@pytest.mark.parametrize("name", CHECKPOINTS)
@pytest.mark.parametrize("word", [None, "pilot"])
def test_an_encoder_without_a_head_compares_texts(name, word, tmp_path):
    path = save(tmp_path / "m", CHECKPOINTS[name], head="bare")
    model = load_model(path, "cpu", "float64")
    text, reference = "the pilot that the guards like is tall .", "a pilot swim ."
    sentence = Instance("1", text, reference=reference, target_word=word)
    (result,) = analyze(model, [sentence], Settings(samples=64, edges="all"))
    exact = KINDS[CHECKPOINTS[name].family].exact
    hidden = []
    for each in (text, reference):
        ids, outputs = library_outputs(path, each)
        at = 0 if word is None else next(index for index, token in enumerate(ids) if _reads(model, token) == word)
        hidden.append(outputs.last_hidden_state[0, at])
    expected = torch.cosine_similarity(*hidden, dim=0).item()
    assert result.qoi == pytest.approx(expected, rel=1e-9 if exact else 1e-5)
    assert result.settings["question"] == "similarity" and (result.correct, result.wrong) == ("", "")
    assert (result.target == 0) == (word is None)
    assert result.completeness_error is not None and result.completeness_error < 0.01
    assert len(result.words) == len(result.tokens)


def _reads(model: Model, token: int) -> str:
    (text,) = spelling_of(model.tokenizer).read(model.tokenizer.convert_ids_to_tokens([token]))
    return text


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_an_encoder_is_known_by_its_type_where_it_names_no_architecture(name, tmp_path):
    path = save(tmp_path / "m", CHECKPOINTS[name], head="bare")
    raw = json.loads((path / "config.json").read_text())
    (architecture,) = raw.pop("architectures")
    (path / "config.json").write_text(json.dumps(raw))
    assert load_model(path, "cpu").architecture == architecture == KINDS[CHECKPOINTS[name].family].bare


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_padding_in_a_text_is_read_as_the_library_reads_it_or_refused(name, tmp_path):
    path = save(tmp_path / "m", CHECKPOINTS[name], head="masked_lm")
    model = load_model(path, "cpu", "float64")
    text = f"the {model.tokenizer.pad_token} pilot {MASK} tall ."
    sentence = Instance("1", text, correct="is", wrong="are")
    if name in ("roberta", "xlm-roberta", "camembert", "mpnet"):
        with pytest.raises(
            InvalidInput, match=r"text: .* holds <pad>, which fills up shorter texts and has no position"
        ):
            model.encode(sentence)
        return
    (result,) = analyze(model, [sentence], Settings(samples=4))
    ids, outputs = library_outputs(path, text)
    logits, encoded = outputs.logits[0, ids.index(cast(int, model.tokenizer.mask_token_id))], model.encode(sentence)
    near = 1e-9 if KINDS[CHECKPOINTS[name].family].exact else 1e-5
    assert result.qoi == pytest.approx((logits[encoded.correct] - logits[encoded.wrong]).item(), rel=near)


def test_a_head_that_averages_over_positions_is_refused(tmp_path):
    path = save(tmp_path / "m", CHECKPOINTS["modernbert"], head="classifier", classifier_pooling="mean")
    with pytest.raises(ModelError, match=r"classifier_pooling: 'mean': its head averages over all positions"):
        load_model(path)


def test_windows_without_a_layer_that_sees_everything_are_refused(tmp_path):
    path = save(tmp_path / "m", CHECKPOINTS["modernbert"], head="masked_lm", layer_types=3 * ["sliding_attention"])
    with pytest.raises(ModelError, match="layer_types: all layers attend within a window"):
        load_model(path)


def test_other_rotary_positions_are_refused(tmp_path):
    linear = {"rope_type": "linear", "rope_theta": 1e4, "factor": 2.0}
    path = save(
        tmp_path / "m",
        CHECKPOINTS["modernbert"],
        head="masked_lm",
        rope_parameters={"full_attention": linear, "sliding_attention": linear},
    )
    with pytest.raises(ModelError, match="rope_parameters: rotary positions of the type 'linear' are not supported"):
        load_model(path)


def test_a_tokenizer_of_another_family_is_refused(tmp_path):
    path = save(tmp_path / "m", CHECKPOINTS["roberta"], head="masked_lm")
    write_tokenizer(path, "WordPiece", names="roberta")
    with pytest.raises(ModelError, match="its tokenizer is a WordPiece, not a BPE"):
        load_model(path)
