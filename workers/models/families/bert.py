"""Hugging Face's BERT, read into the encoder and head that the rules need.

Of the two embeddings that are added to a word's, the position's is kept whole and the segment's is row 0. Query rows
carry the attention scores' factor 1/√dh. A tied decoder shares the word embeddings' memory.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from transformers import BertConfig

from workers.influence.blocks.embeddings import BertEmbeddings
from workers.influence.blocks.feed_forward import FeedForward
from workers.influence.blocks.linear import FusedProjection, HeadOutputs, Linear
from workers.influence.blocks.norms import LayerNorm
from workers.influence.blocks.post_ln import PostLN
from workers.influence.blocks.prediction_heads import ClassifierHead, MaskedLMHead
from workers.influence.blocks.transformer import Transformer
from workers.models.checkpoint import Layout
from workers.models.families import checks
from workers.models.families.checks import ACTIVATIONS
from workers.models.family import Family
from workers.models.objective import (
    MaskedLanguageModelling,
    MultiLabelClassification,
    Objective,
    SequenceClassification,
)

MASKED_LM, CLASSIFIER = "BertForMaskedLM", "BertForSequenceClassification"

SPARE = ("bert.pooler.", "pooler.", "cls.", "bert.embeddings.position_ids", "embeddings.position_ids")

SIZES = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
)


def check(raw: Mapping[str, Any], architecture: str, where: str) -> BertConfig:
    """The config of a BERT that the rules cover.

    Raises:
        ModelError: it asks for what the rules do not cover, or is not valid.
    """
    # transformers has dropped relative positions, and with them this entry, which older files still have.
    checks.require(raw, "position_embedding_type", "absolute", "Use a model with absolute ones.", where)
    checks.refuse_decoders(raw, where)
    checks.refuse_quantised(raw, where)
    config = checks.parse(BertConfig, raw, where)
    checks.check_sizes(config, SIZES, where)
    checks.check_heads(config, where)
    checks.check_activation(config.hidden_act, where)
    if architecture == CLASSIFIER:
        checks.check_classes(config, where)
    return config


def layout(config: BertConfig, architecture: str) -> Layout:
    """The weights of a BERT; segments' embeddings and biases included."""
    d, words = config.hidden_size, config.vocab_size
    shapes: dict[str, tuple[int, ...]] = {
        "bert.embeddings.word_embeddings.weight": (words, d),
        "bert.embeddings.position_embeddings.weight": (config.max_position_embeddings, d),
        "bert.embeddings.token_type_embeddings.weight": (config.type_vocab_size, d),
        **_norm_shapes("bert.embeddings.LayerNorm", d),
    }
    for index in range(config.num_hidden_layers):
        layer = f"bert.encoder.layer.{index}"
        for name in ("self.query", "self.key", "self.value", "output.dense"):
            shapes |= _linear_shapes(f"{layer}.attention.{name}", d, d)
        shapes |= _norm_shapes(f"{layer}.attention.output.LayerNorm", d)
        shapes |= _linear_shapes(f"{layer}.intermediate.dense", config.intermediate_size, d)
        shapes |= _linear_shapes(f"{layer}.output.dense", d, config.intermediate_size)
        shapes |= _norm_shapes(f"{layer}.output.LayerNorm", d)
    tied = {}
    if architecture == MASKED_LM:
        shapes |= _linear_shapes("cls.predictions.transform.dense", d, d)
        shapes |= _norm_shapes("cls.predictions.transform.LayerNorm", d)
        shapes |= {"cls.predictions.bias": (words,)}
        shapes |= _linear_shapes("cls.predictions.decoder", words, d)
        if config.tie_word_embeddings:
            tied = {
                "cls.predictions.decoder.weight": "bert.embeddings.word_embeddings.weight",
                "cls.predictions.decoder.bias": "cls.predictions.bias",
            }
    else:
        shapes |= _linear_shapes("bert.pooler.dense", d, d)
        shapes |= _linear_shapes("classifier", len(checks.classes(config)), d)
    return Layout(architecture, shapes, prefix="bert.", whole="bert.encoder.", spare=SPARE, tied=tied)


def build(weights: dict[str, Tensor], config: BertConfig, architecture: str) -> tuple[Transformer, Objective]:
    """The encoder, and the objective with its head."""
    encoder = _encoder(weights, config)
    if architecture == MASKED_LM:
        return encoder, MaskedLanguageModelling(_masked_lm_head(weights, config))
    kind = MultiLabelClassification if config.problem_type == checks.MULTI_LABEL else SequenceClassification
    return encoder, kind(_classifier_head(weights), checks.classes(config))


def _linear_shapes(name: str, out: int, inputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (out, inputs), f"{name}.bias": (out,)}


def _norm_shapes(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _norm(weights: dict[str, Tensor], prefix: str, eps: float) -> LayerNorm:
    return LayerNorm(weights[f"{prefix}.weight"], weights[f"{prefix}.bias"], eps)


def _linear(weights: dict[str, Tensor], prefix: str) -> Linear:
    return Linear(weights[f"{prefix}.weight"], weights[f"{prefix}.bias"])


def _encoder(weights: dict[str, Tensor], config: BertConfig) -> Transformer:
    embeddings = "bert.embeddings"
    return Transformer(
        embeddings=BertEmbeddings(
            word_embeddings=weights[f"{embeddings}.word_embeddings.weight"],
            positions=weights[f"{embeddings}.position_embeddings.weight"],
            token_type=weights[f"{embeddings}.token_type_embeddings.weight"][0],
            norm=_norm(weights, f"{embeddings}.LayerNorm", config.layer_norm_eps),
        ),
        layers=tuple(
            _layer(weights, f"bert.encoder.layer.{index}", config) for index in range(config.num_hidden_layers)
        ),
    )


def _layer(weights: dict[str, Tensor], prefix: str, config: BertConfig) -> PostLN:
    heads = config.num_attention_heads
    scale = (config.hidden_size // heads) ** -0.5

    def projections(kind: str) -> Tensor:
        query, key, value = (weights[f"{prefix}.attention.self.{name}.{kind}"] for name in ("query", "key", "value"))
        return torch.cat((query * scale, key, value))

    return PostLN(
        projection=FusedProjection(Linear(projections("weight"), projections("bias")), heads),
        output=HeadOutputs(_linear(weights, f"{prefix}.attention.output.dense"), heads),
        norm1=_norm(weights, f"{prefix}.attention.output.LayerNorm", config.layer_norm_eps),
        feed_forward=FeedForward(
            _linear(weights, f"{prefix}.intermediate.dense"),
            ACTIVATIONS[config.hidden_act],
            _linear(weights, f"{prefix}.output.dense"),
        ),
        norm2=_norm(weights, f"{prefix}.output.LayerNorm", config.layer_norm_eps),
    )


def _masked_lm_head(weights: dict[str, Tensor], config: BertConfig) -> MaskedLMHead:
    head, words = "cls.predictions", weights["bert.embeddings.word_embeddings.weight"]
    return MaskedLMHead(
        dense_weight=weights[f"{head}.transform.dense.weight"],
        dense_bias=weights[f"{head}.transform.dense.bias"],
        activation=ACTIVATIONS[config.hidden_act],
        norm=_norm(weights, f"{head}.transform.LayerNorm", config.layer_norm_eps),
        decoder_weight=weights.get(f"{head}.decoder.weight", words),
        decoder_bias=weights.get(f"{head}.decoder.bias", weights[f"{head}.bias"]),
    )


def _classifier_head(weights: dict[str, Tensor]) -> ClassifierHead:
    return ClassifierHead(
        pooler_weight=weights["bert.pooler.dense.weight"],
        pooler_bias=weights["bert.pooler.dense.bias"],
        classifier_weight=weights["classifier.weight"],
        classifier_bias=weights["classifier.bias"],
    )


FAMILY = Family(
    model_type="bert",
    architectures={MASKED_LM: "cls.predictions.transform.dense.weight", CLASSIFIER: "classifier.weight"},
    undecided=frozenset({"BertForPreTraining"}),
    tokenizers=frozenset({"WordPiece", "WordLevel"}),
    check=check,
    layout=layout,
    build=build,
)
