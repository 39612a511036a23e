"""Which family and architecture a checkpoint is of."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer, BertConfig, BertForPreTraining, BertModel

from cypher.errors import ModelError
from workers.influence.blocks.prediction_heads import MaskedLMHead, NoHead
from workers.models import load_model, loading, registry
from workers.models.checkpoint import Layout
from workers.models.families import bert


@pytest.mark.parametrize("name", ["BertLMHeadModel", "RobertaPreLayerNormForMaskedLM", "GPT2LMHeadModel"])
def test_unsupported_architectures(copy, edit_json, name):
    edit_json(copy / "config.json", architectures=[name])
    with pytest.raises(
        ModelError,
        match=rf"architectures: '{name}' is not supported. Use one of: BertForMaskedLM, BertForSequenceClassification.",
    ):
        load_model(copy)


@pytest.mark.parametrize(
    ("name", "does"), [("BertForTokenClassification", "labels"), ("BertForQuestionAnswering", "marks")]
)
def test_heads_of_another_task_are_refused_with_the_reason(copy, edit_json, name, does):
    edit_json(copy / "config.json", architectures=[name])
    with pytest.raises(ModelError, match=rf"'{name}' is not supported: it {does} .* one position .* BertForMaskedLM"):
        load_model(copy)


@pytest.mark.parametrize("named", [None, [], "BertForMaskedLM", ["BertForPreTraining"]])
def test_without_an_architecture_the_weights_tell_the_head(copy, classifier_copy, edit_json, named):
    for directory in (copy, classifier_copy):
        known = load_model(directory)
        edit_json(directory / "config.json", architectures=named)
        assert load_model(directory).architecture == known.architecture


def test_a_checkpoint_of_pre_training_is_a_masked_language_model(masked_lm_directory, tmp_path):
    both = BertForPreTraining(BertConfig.from_pretrained(masked_lm_directory))
    both.save_pretrained(tmp_path / "both")
    AutoTokenizer.from_pretrained(masked_lm_directory).save_pretrained(tmp_path / "both")
    model = load_model(tmp_path / "both")
    assert model.architecture == "BertForMaskedLM"
    assert isinstance(model.head, MaskedLMHead)
    assert torch.equal(model.head.dense_weight, both.cls.predictions.transform.dense.weight)


@pytest.fixture
def bare(masked_lm_directory, tmp_path) -> Path:
    BertModel.from_pretrained(masked_lm_directory).save_pretrained(tmp_path / "bare")
    AutoTokenizer.from_pretrained(masked_lm_directory).save_pretrained(tmp_path / "bare")
    return tmp_path / "bare"


@pytest.mark.parametrize("named", [["BertModel"], None])
def test_an_encoder_without_a_head_is_taken_as_it_is(bare, edit_json, named):
    edit_json(bare / "config.json", architectures=named)
    model = load_model(bare)
    assert model.architecture == "BertModel" and isinstance(model.head, NoHead)
    assert model.objective.quantity == "similarity"


@pytest.mark.parametrize("mode", ["mean", "cls"])
def test_that_its_own_embeddings_are_of_all_positions_is_told(bare, mode):
    (bare / "1_Pooling").mkdir()
    pooling = {"pooling_mode_cls_token": mode == "cls", "pooling_mode_mean_tokens": mode == "mean"}
    (bare / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    told = ["bare makes its sentence embeddings of all positions, and here one position is compared"]
    assert list(load_model(bare).notices) == (told if mode == "mean" else [])
    (bare / "1_Pooling" / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"it does not say how to pool .* Mend or remove it"):
        load_model(bare)


def test_a_name_of_several_heads_and_no_head(bare, edit_json):
    edit_json(bare / "config.json", architectures=["BertForPreTraining"])
    with pytest.raises(
        ModelError, match=r"architectures: it names no single prediction head, and the weights hold none"
    ):
        load_model(bare)


def test_without_an_architecture_a_type_that_no_family_has(copy, edit_json):
    edit_json(copy / "config.json", architectures=None, model_type="gpt2")
    with pytest.raises(ModelError, match=r"model_type: 'gpt2' is not supported. Use one of: BertForMaskedLM, Bert"):
        load_model(copy)


def test_without_an_architecture_and_a_type_the_weights_tell_both(copy, edit_json):
    edit_json(copy / "config.json", architectures=None, model_type=None)
    assert load_model(copy).architecture == "BertForMaskedLM"


def short_names(config: BertConfig, architecture: str) -> Layout:
    """BERT's weights, as another family might call them."""
    own = bert.FAMILY.layout(config, architecture.replace("Other", "Bert"))
    return replace(
        own,
        shapes={name.replace("bert.", "other."): shape for name, shape in own.shapes.items()},
        prefix="other.",
        whole="other.encoder.",
        tied={name: shared.replace("bert.", "other.") for name, shared in own.tied.items()},
    )


def build_other(weights, config, architecture):
    weights = {name.replace("other.", "bert."): weight for name, weight in weights.items()}
    return bert.FAMILY.build(weights, config, architecture.replace("Other", "Bert"))


OTHER = replace(
    bert.FAMILY,
    model_type="other",
    prefix="other.",
    architectures={name.replace("Bert", "Other"): head for name, head in bert.FAMILY.architectures.items()},
    bare="OtherModel",
    undecided=frozenset(),
    check=lambda raw, architecture, where: bert.FAMILY.check(raw, architecture.replace("Other", "Bert"), where),
    layout=short_names,
    build=build_other,
)


@pytest.mark.parametrize("named", [["OtherForMaskedLM"], None])
def test_a_family_that_is_registered_is_read(copy, masked_lm_directory, edit_json, edit_weights, named, monkeypatch):
    def rename(weights):
        for name in list(weights):
            weights[name.replace("bert.", "other.")] = weights.pop(name)

    edit_weights(copy, rename)
    edit_json(copy / "config.json", architectures=named, model_type="other")
    with pytest.raises(ModelError, match="is not supported"):
        load_model(copy)
    monkeypatch.setattr(registry, "FAMILIES", (*registry.FAMILIES, OTHER))
    monkeypatch.setattr(loading, "compare_once", lambda *_: None)  # the library has no such class
    model, known = load_model(copy), load_model(masked_lm_directory)
    assert (model.architecture, type(model.objective)) == ("OtherForMaskedLM", type(known.objective))
    assert model.encoder.word_embeddings.equal(known.encoder.word_embeddings)
    edit_json(copy / "config.json", architectures=["OtherForCausalLM"])
    with pytest.raises(ModelError, match=r"Use one of: OtherForMaskedLM, OtherForSequence"):
        load_model(copy)
