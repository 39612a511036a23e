"""A checkpoint of every family, with a tokenizer of its kind: loaded, analysed, and equal to the library's pipeline."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from transformers import AutoTokenizer

from cypher.errors import ModelError
from tests.random_models import Kind, write_tokenizer
from tests.workers.models.test_families import KINDS, randomize
from workers.analysis.analysis import analyze
from workers.analysis.settings import Settings
from workers.datasets import MASK, Instance
from workers.models import load_model

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


def save(path: Path, checkpoint: Checkpoint, masked: bool, **changes: Any) -> Path:
    """As `save_pretrained` writes it."""
    words = write_tokenizer(
        path, checkpoint.tokenizer, names=checkpoint.names, tokenizer_class=checkpoint.tokenizer_class
    )
    kind = KINDS[checkpoint.family]
    cls = getattr(transformers, kind.masked_lm if masked else kind.classifier)
    sizes = {"vocab_size": words, "max_position_embeddings": 32}
    labels = {} if masked else {"id2label": {0: "bad", 1: "good", 2: "so so"}}
    peer = cls(cls.config_class(**{**kind.config, **sizes, **labels, **changes})).double().eval()
    randomize(peer, 3)
    peer.tie_weights()
    peer.save_pretrained(path)
    return path


def library_logits(path: Path, text: str, masked: bool) -> torch.Tensor:
    """By the library's own tokenizer and model."""
    tokenizer = AutoTokenizer.from_pretrained(path)
    raw = json.loads((path / "config.json").read_text())
    peer = getattr(transformers, raw["architectures"][0]).from_pretrained(
        path, dtype=torch.float64, attn_implementation="eager"
    )
    inputs = tokenizer(text.replace(MASK, tokenizer.mask_token), return_tensors="pt")
    with torch.no_grad():
        logits = peer.eval()(**inputs).logits[0]
    return logits[inputs["input_ids"][0].tolist().index(tokenizer.mask_token_id)] if masked else logits


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_masked_language_model(name, tmp_path):
    path = save(tmp_path / "m", CHECKPOINTS[name], masked=True)
    model = load_model(path, "cpu", "float64")
    settings = Settings(samples=8, edges="all")
    for text in (TEXT, OTHERS):
        sentence = Instance("1", text, correct="is", wrong="are")
        (result,) = analyze(model, [sentence], settings)
        encoded, logits = model.encode(sentence), library_logits(path, text, masked=True)
        expected = (logits[encoded.correct] - logits[encoded.wrong]).item()
        assert result.qoi == pytest.approx(expected, rel=1e-9 if KINDS[CHECKPOINTS[name].family].exact else 1e-5)
        assert [token for token in result.words if token.influence] and result.edges is not None
    assert model.baseline_id == model.tokenizer.mask_token_id


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_classifier(name, tmp_path):
    path = save(tmp_path / "m", CHECKPOINTS[name], masked=False)
    model = load_model(path, "cpu", "float64")
    text = TEXT.replace(MASK, "is")
    (result,) = analyze(model, [Instance("1", text, label="good", wrong="bad")], Settings(samples=8))
    logits = library_logits(path, text, masked=False)
    near = 1e-9 if KINDS[CHECKPOINTS[name].family].exact else 1e-5
    assert result.qoi == pytest.approx((logits[1] - logits[0]).item(), rel=near)
    assert (result.correct, result.target) == ("good", 0)


def test_a_head_that_averages_over_positions_is_refused(tmp_path):
    path = save(tmp_path / "m", CHECKPOINTS["modernbert"], masked=False, classifier_pooling="mean")
    with pytest.raises(ModelError, match=r"classifier_pooling: 'mean': its head averages over all positions"):
        load_model(path)


def test_windows_without_a_layer_that_sees_everything_are_refused(tmp_path):
    path = save(tmp_path / "m", CHECKPOINTS["modernbert"], masked=True, layer_types=3 * ["sliding_attention"])
    with pytest.raises(ModelError, match="layer_types: all layers attend within a window"):
        load_model(path)


def test_other_rotary_positions_are_refused(tmp_path):
    linear = {"rope_type": "linear", "rope_theta": 1e4, "factor": 2.0}
    path = save(
        tmp_path / "m",
        CHECKPOINTS["modernbert"],
        masked=True,
        rope_parameters={"full_attention": linear, "sliding_attention": linear},
    )
    with pytest.raises(ModelError, match="rope_parameters: rotary positions of the type 'linear' are not supported"):
        load_model(path)


def test_a_tokenizer_of_another_family_is_refused(tmp_path):
    path = save(tmp_path / "m", CHECKPOINTS["roberta"], masked=True)
    write_tokenizer(path, "WordPiece", names="roberta")
    with pytest.raises(ModelError, match="its tokenizer is a WordPiece, not a BPE"):
        load_model(path)
