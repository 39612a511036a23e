"""Weights by their names: prefixes, tied pairs, and every way in which a file is not what config.json says.

What is read equals what transformers reads of the same files, whose model is asked for its parameters.
"""

import pytest
import torch
from transformers import BertForMaskedLM, BertForSequenceClassification, BertModel

from cypher.errors import ModelError
from workers.influence.blocks.embeddings import BertEmbeddings
from workers.influence.blocks.post_ln import PostLN
from workers.influence.blocks.prediction_heads import MaskedLMHead
from workers.models import Model, load_model

DECODER, WORDS = "cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight"
DECODER_BIAS, BIAS = "cls.predictions.decoder.bias", "cls.predictions.bias"


def same_as_the_library(model: Model, directory) -> None:
    """Embeddings, a layer and the head."""
    peer = BertForMaskedLM.from_pretrained(directory)
    head, theirs = model.head, dict(peer.named_parameters(remove_duplicate=False))
    embeddings, layer = model.encoder.embeddings, model.encoder.layers[1]
    assert isinstance(head, MaskedLMHead) and isinstance(embeddings, BertEmbeddings) and isinstance(layer, PostLN)
    ours = {
        WORDS: model.encoder.word_embeddings,
        "bert.embeddings.LayerNorm.weight": embeddings.norm.weight,
        "bert.encoder.layer.1.output.LayerNorm.bias": layer.norm2.bias,
        "bert.encoder.layer.1.intermediate.dense.weight": layer.feed_forward.up.weight,
        "cls.predictions.transform.dense.weight": head.dense_weight,
        DECODER: head.decoder_weight,
        DECODER_BIAS: head.decoder_bias,
    }
    for name, weight in ours.items():
        torch.testing.assert_close(weight, theirs[name].detach(), rtol=0, atol=0)


def test_names_without_the_encoder_s_prefix(copy, edit_weights):
    def strip(weights):
        for name in list(weights):
            weights[name.removeprefix("bert.")] = weights.pop(name)

    edit_weights(copy, strip)
    same_as_the_library(load_model(copy), copy)


def test_the_decoder_alone_is_the_embeddings_too(copy, edit_weights):
    edit_weights(copy, lambda weights: weights.update({DECODER: weights.pop(WORDS)}))
    model = load_model(copy)
    assert isinstance(model.head, MaskedLMHead)
    assert model.head.decoder_weight is model.encoder.word_embeddings
    same_as_the_library(model, copy)


def test_the_decoder_s_bias_alone(copy, edit_weights):
    edit_weights(copy, lambda weights: weights.update({DECODER_BIAS: weights.pop(BIAS)}))
    same_as_the_library(load_model(copy), copy)


def test_tied_weights_that_are_stored_twice_share_memory(copy, edit_weights):
    edit_weights(copy, lambda weights: weights.update({DECODER: weights[WORDS].clone()}))
    model = load_model(copy)
    assert isinstance(model.head, MaskedLMHead)
    assert model.head.decoder_weight is model.encoder.word_embeddings
    same_as_the_library(model, copy)


def test_tied_weights_that_differ_are_both_kept(copy, edit_weights):
    edit_weights(copy, lambda weights: weights.update({DECODER: 2 * weights[WORDS], DECODER_BIAS: 3 * weights[BIAS]}))
    model = load_model(copy)
    assert isinstance(model.head, MaskedLMHead)
    assert model.head.decoder_weight.equal(2 * model.encoder.word_embeddings)
    same_as_the_library(model, copy)


def test_neither_of_two_tied_weights(copy, edit_weights):
    edit_weights(copy, lambda weights: weights.pop(WORDS))
    with pytest.raises(ModelError, match=rf"its weights lack {WORDS}, {DECODER}, which BertForMaskedLM needs"):
        load_model(copy)


def test_untied_without_a_decoder(copy, edit_json):
    edit_json(copy / "config.json", tie_word_embeddings=False)
    with pytest.raises(ModelError, match=rf"its weights lack {DECODER_BIAS}, {DECODER}, which BertForMaskedLM needs"):
        load_model(copy)


@pytest.mark.parametrize("kind", [BertForMaskedLM, BertForSequenceClassification])
def test_an_encoder_alone_lacks_a_head_and_nothing_else(copy, masked_lm_directory, edit_json, kind):
    BertModel.from_pretrained(masked_lm_directory).save_pretrained(copy)
    edit_json(copy / "config.json", architectures=[kind.__name__])
    with pytest.raises(ModelError, match=rf"its weights lack .*, which {kind.__name__} needs") as caught:
        load_model(copy)
    assert "bert.encoder" not in caught.value.problem
    assert "LayerNorm" not in caught.value.problem.replace("cls.predictions.transform.LayerNorm", "")


def test_a_layer_too_many_without_the_prefix(copy, edit_json, edit_weights):
    def strip(weights):
        for name in list(weights):
            weights[name.removeprefix("bert.")] = weights.pop(name)

    edit_weights(copy, strip)
    edit_json(copy / "config.json", num_hidden_layers=1)
    with pytest.raises(ModelError, match=r"its weights hold encoder.layer.1.* for which config.json has no place"):
        load_model(copy)


def test_classes_by_the_config_and_the_weights(classifier_copy, edit_json):
    edit_json(classifier_copy / "config.json", id2label={"0": "one", "1": "other"}, label2id=None)
    with pytest.raises(ModelError, match=r"classifier.bias is \[3\] in its weights and \[2\] by its config.json"):
        load_model(classifier_copy)
