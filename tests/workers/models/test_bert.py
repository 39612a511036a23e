"""The encoder and heads give what Hugging Face's forward pass gives."""

import json
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertForMaskedLM, BertForSequenceClassification

from cypher.errors import InvalidInput
from tests.random_models import random_bert
from workers.datasets.instance import Instance
from workers.influence.blocks.embeddings import BertEmbeddings
from workers.influence.blocks.post_ln import PostLN
from workers.influence.blocks.prediction_heads import ClassifierHead, MaskedLMHead
from workers.influence.interest import Line
from workers.influence.passes.forward import Sentences, forward
from workers.models import Model, load_model
from workers.models.objective import MaskedLanguageModelling, SequenceClassification

TEXTS = ("the pilot that the guards like ***mask*** tall .", "***mask*** women that love the old movie know .")
DEVICES = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}


def logits(model: Model, text: str) -> torch.Tensor:
    """The head's logits at the target, by the engine's own forward pass."""
    encoded = model.encode(Instance("1", text, correct="is", wrong="are", label="0"))
    ids = torch.tensor([encoded.ids], device=model.device)
    target = torch.tensor([encoded.target], device=model.device)
    sentences = Sentences(ids, target, model.baseline_id, lambda hidden: hidden.sum(-1))
    at_input = Line.at(1.0, like=model.encoder.word_embeddings)
    return model.objective.outputs(forward(model.encoder, sentences, at_input))[0, 0].cpu()


def reference(directory: Path, model: Model, text: str) -> torch.Tensor:
    """The same logits by transformers, with its own tokenization."""
    masked = isinstance(model.objective, MaskedLanguageModelling)
    kind = BertForMaskedLM if masked else BertForSequenceClassification
    peer = kind.from_pretrained(directory, dtype=model.dtype).eval()
    inputs = model.tokenizer(text.replace("***mask***", "[MASK]"), return_tensors="pt")
    with torch.no_grad():
        out = peer(**inputs).logits[0]
    return out[inputs["input_ids"][0].tolist().index(model.baseline_id)] if masked else out


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("kind", ["masked-lm", "classifier"])
@pytest.mark.parametrize(
    ("shape", "activation"),
    [
        ({"layers": 1, "heads": 1, "width": 4, "ff": 8}, "gelu"),
        ({"layers": 2, "heads": 4, "width": 12, "ff": 7}, "gelu_new"),
        ({"layers": 3, "heads": 2, "width": 16, "ff": 32}, "gelu_pytorch_tanh"),
        ({"layers": 6, "heads": 8, "width": 64, "ff": 64}, "relu"),
    ],
)
def test_logits_equal_hugging_face(tmp_path, device, dtype, kind, shape, activation):
    directory = random_bert(tmp_path / "m", kind=kind, activation=activation, labels=("a", "b", "c"), **shape)
    model = load_model(directory, device=device, dtype=dtype)
    assert (model.device.type, model.dtype) == (device, dtype)
    for text in TEXTS:
        ours, theirs = logits(model, text), reference(directory, model, text)
        assert theirs.std() > 0.01
        torch.testing.assert_close(ours, theirs, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def test_reads_the_weights_into_the_rules_form(masked_lm_directory):
    stored = load_file(masked_lm_directory / "model.safetensors")
    model = load_model(masked_lm_directory, dtype="float64")
    encoder, layer, embeddings = model.encoder, model.encoder.layers[1], model.encoder.embeddings
    assert isinstance(layer, PostLN) and isinstance(embeddings, BertEmbeddings)
    assert (len(encoder.layers), encoder.heads, encoder.width) == (2, 2, 16)
    assert layer.feed_forward.activation == "gelu"
    assert embeddings.norm.eps == layer.norm1.eps == 1e-12
    prefix = "bert.encoder.layer.1.attention.self"
    query, key, value = layer.projection.qkv.weight.chunk(3)
    torch.testing.assert_close(query, stored[f"{prefix}.query.weight"].double() / 8**0.5, rtol=1e-15, atol=0)
    assert key.equal(stored[f"{prefix}.key.weight"].double())
    assert value.equal(stored[f"{prefix}.value.weight"].double())
    assert embeddings.token_type is not None and embeddings.token_type.equal(
        stored["bert.embeddings.token_type_embeddings.weight"][0].double()
    )
    assert isinstance(model.head, MaskedLMHead)
    assert model.head.decoder_weight is encoder.word_embeddings
    assert model.head.decoder_bias.equal(stored["cls.predictions.bias"].double())


def test_tensors_are_plain_contiguous_and_of_one_dtype(classifier_directory):
    model = load_model(classifier_directory, dtype="float64")
    assert isinstance(model.head, ClassifierHead)
    tensors = [*tensors_in(model.encoder), *tensors_in(model.head)]
    assert len(tensors) == 3 + 2 + 2 * (8 + 4) + 4
    for tensor in tensors:
        assert tensor.is_contiguous()
        assert not tensor.requires_grad
        assert (tensor.dtype, tensor.device) == (torch.float64, torch.device("cpu"))


def tensors_in(value: object) -> Iterator[torch.Tensor]:
    """Of dataclasses and tuples, however deep."""
    if isinstance(value, torch.Tensor):
        yield value
    elif is_dataclass(value):
        yield from (tensor for part in vars(value).values() for tensor in tensors_in(part))
    elif isinstance(value, tuple):
        yield from (tensor for part in value for tensor in tensors_in(part))


def test_a_layer_norm_epsilon_of_the_config_is_used(copy, edit_json):
    edit_json(copy / "config.json", layer_norm_eps=0.5)
    model = load_model(copy, dtype="float64")
    embeddings, (first, second) = model.encoder.embeddings, model.encoder.layers
    assert isinstance(embeddings, BertEmbeddings) and isinstance(first, PostLN) and isinstance(second, PostLN)
    norms = [embeddings.norm, first.norm1, second.norm2]
    assert {norm.eps for norm in norms} == {0.5}
    torch.testing.assert_close(logits(model, TEXTS[0]), reference(copy, model, TEXTS[0]), rtol=0, atol=1e-12)


def test_a_decoder_of_its_own(copy, edit_json, edit_weights):
    def untie(weights):
        weights["cls.predictions.decoder.weight"] = 2 * weights["bert.embeddings.word_embeddings.weight"]
        weights["cls.predictions.decoder.bias"] = 3 * weights["cls.predictions.bias"]

    tied = logits(load_model(copy, dtype="float64"), TEXTS[0])
    edit_json(copy / "config.json", tie_word_embeddings=False)
    edit_weights(copy, untie)
    model = load_model(copy, dtype="float64")
    assert not logits(model, TEXTS[0]).allclose(tied, atol=0.1)
    torch.testing.assert_close(logits(model, TEXTS[0]), reference(copy, model, TEXTS[0]), rtol=0, atol=1e-12)


def test_old_names_of_layer_norms(copy, masked_lm_directory, edit_weights):
    def rename(weights):
        for name in [name for name in weights if "LayerNorm" in name]:
            old = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
            weights[old] = weights.pop(name)

    edit_weights(copy, rename)
    assert logits(load_model(copy), TEXTS[0]).equal(logits(load_model(masked_lm_directory), TEXTS[0]))


def test_weights_stored_in_half_precision(copy, edit_weights):
    edit_weights(copy, lambda weights: weights.update({name: weight.half() for name, weight in weights.items()}))
    model = load_model(copy, dtype="float64")
    torch.testing.assert_close(logits(model, TEXTS[0]), reference(copy, model, TEXTS[0]), rtol=0, atol=1e-12)


def test_a_loaded_model_does_not_change_with_its_file(copy):
    model = load_model(copy)
    before = logits(model, TEXTS[0])
    with (copy / "model.safetensors").open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(size // 4)
        file.write(bytes(size - size // 4))
    assert logits(model, TEXTS[0]).equal(before)


def test_shards(copy, masked_lm_directory):
    weights = load_file(copy / "model.safetensors")
    (copy / "model.safetensors").unlink()
    homes = {}
    for number, names in enumerate((sorted(weights)[::2], sorted(weights)[1::2]), start=1):
        file = f"model-0000{number}-of-00002.safetensors"
        save_file({name: weights[name] for name in names}, copy / file, metadata={"format": "pt"})
        homes |= dict.fromkeys(names, file)
    (copy / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": homes}))
    model, whole = load_model(copy), load_model(masked_lm_directory)
    assert logits(model, TEXTS[0]).equal(logits(whole, TEXTS[0]))
    assert model.fingerprint == whole.fingerprint
    (copy / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(InvalidInput, match=r"model-00002-of-00002.safetensors' is missing"):
        load_model(copy)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"position_embedding_type": "relative_key"}, "position_embedding_type: 'relative_key' is not supported"),
        ({"is_decoder": True}, "is_decoder: decoders are not supported"),
        ({"add_cross_attention": True}, "add_cross_attention: decoders are not supported"),
        ({"quantization_config": {"bits": 4}}, "quantization_config: quantised weights are not supported"),
        (
            {"hidden_act": "silu"},
            "hidden_act: 'silu' is not supported. Use one of: gelu, gelu_new, gelu_pytorch_tanh, gelu_python, relu.",
        ),
        ({"hidden_size": "wide"}, "the config is not valid .*hidden_size.*'wide'"),
        ({"num_hidden_layers": 0}, "num_hidden_layers: 0 is not a size"),
        ({"num_attention_heads": 0}, "num_attention_heads: 0 is not a size"),
        ({"num_attention_heads": 3}, "num_attention_heads: 3 heads do not divide hidden_size 16"),
        ({"num_hidden_layers": 1}, "hold bert.encoder.layer.1.* and 11 more, for which config.json has no place"),
        ({"num_hidden_layers": 3}, "lack bert.encoder.layer.2.* and 11 more, which BertForMaskedLM needs"),
        ({"max_position_embeddings": 9}, r"position_embeddings.weight is \[64, 16\] .* \[9, 16\] by its config.json"),
        (
            {"architectures": ["BertForSequenceClassification"]},
            "lack bert.pooler.dense.bias, bert.pooler.dense.weight, classifier.bias, classifier.weight, which",
        ),
    ],
)
def test_a_config_that_is_not_covered(copy, edit_json, changes, message):
    edit_json(copy / "config.json", **changes)
    with pytest.raises(InvalidInput, match=message) as caught:
        load_model(copy)
    assert caught.value.where is not None
    assert caught.value.where.startswith(str(copy))


def test_absolute_positions_may_be_named(copy, masked_lm_directory, edit_json):
    edit_json(copy / "config.json", position_embedding_type="absolute")
    assert logits(load_model(copy), TEXTS[0]).equal(logits(load_model(masked_lm_directory), TEXTS[0]))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite(copy, edit_weights, value):
    name = "bert.encoder.layer.1.intermediate.dense.weight"
    edit_weights(copy, lambda weights: weights[name].view(-1)[3].fill_(value))
    with pytest.raises(InvalidInput, match=rf"{name} has NaN or infinite weights"):
        load_model(copy)


def test_weights_too_large_for_the_dtype(copy, edit_weights):
    name = "cls.predictions.bias"
    edit_weights(copy, lambda weights: weights.update({name: weights[name].double() + 1e300}))
    assert load_model(copy, dtype="float64").encode(Instance("1", TEXTS[0], "is", "are"))
    with pytest.raises(InvalidInput, match=rf"{name} has NaN or infinite weights in torch.float32"):
        load_model(copy)


def test_classes_in_order_of_their_index(classifier_copy, edit_json):
    edit_json(classifier_copy / "config.json", id2label={"2": "third", "0": "first", "1": "second"}, label2id=None)
    objective = load_model(classifier_copy).objective
    assert isinstance(objective, SequenceClassification)
    assert objective.labels == ("first", "second", "third")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ({"0": "only"}, "problem_type: it has a regression head"),
        ({"0": "a", "2": "c", "3": "d"}, r"id2label: .* are not classes 0, 1 and up"),
    ],
)
def test_classes_that_cannot_be_told_apart(tmp_path, edit_json, names, told):
    directory = random_bert(tmp_path / "m", kind="classifier", labels=tuple(names.values()))
    edit_json(directory / "config.json", id2label=names, label2id=None)
    with pytest.raises(InvalidInput, match=told):
        load_model(directory)
