"""DeBERTa's versions 2 and 3 (He et al. 2021, 2023): post-LayerNorm layers with disentangled attention.

Scores meet words' keys and queries, and those of the distances between them, which are the layer's own projections of a
table of distances that all layers share.
"""

from collections.abc import Mapping
from typing import Any, cast, get_args

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import DebertaV2Config

from cypher.errors import ModelError
from workers.influence.blocks.embeddings import NormedEmbeddings
from workers.influence.blocks.linear import Linear
from workers.influence.blocks.positions import RelativeTable
from workers.influence.blocks.prediction_heads import ClassifierHead, MaskedLMHead, NoHead, PoolerActivation
from workers.influence.blocks.transformer import Transformer
from workers.models.checkpoint import Layout
from workers.models.families import checks
from workers.models.families.post_ln import (
    SIZES,
    LayerNames,
    Shapes,
    bert_dimensions,
    classification,
    layer_shapes,
    linear,
    linear_shapes,
    norm,
    norm_shapes,
    read_layer,
)
from workers.models.family import Family
from workers.models.objective import MaskedLanguageModelling, Objective
from workers.models.similarity import SentenceSimilarity

MASKED_LM, CLASSIFIER = "DebertaV2ForMaskedLM", "DebertaV2ForSequenceClassification"
BARE = "DebertaV2Model"
WORDS = "deberta.embeddings.word_embeddings.weight"
DISTANCES, DISTANCES_NORM = "deberta.encoder.rel_embeddings.weight", "deberta.encoder.LayerNorm"
PARTS = LayerNames(query="attention.self.query_proj", key="attention.self.key_proj", value="attention.self.value_proj")
OF_KEYS, OF_QUERIES = "c2p", "p2c"
"""In `pos_att_type`: words' queries meet the keys of distances, and words' keys their queries."""


def check(raw: Mapping[str, Any], architecture: str, where: str) -> DebertaV2Config:
    """The config of a DeBERTa that the rules cover.

    Raises:
        ModelError: it asks for what the rules do not cover, or is not valid.
    """
    checks.refuse_quantised(raw, where)
    config = checks.parse(DebertaV2Config, raw, where)
    checks.check_sizes(config, SIZES, where)
    checks.check_heads(config, where)
    checks.check_activation(config.hidden_act, where)
    if (getattr(config, "conv_kernel_size", 0) or 0) > 0:
        problem = "a convolution behind the first layer mixes neighbouring positions, past the attention heads"
        raise ModelError("conv_kernel_size", problem, "Use a model without one, such as DeBERTa v3.", where)
    head_size = getattr(config, "attention_head_size", None)
    if head_size not in (None, config.hidden_size // config.num_attention_heads):
        problem = f"{head_size} is not hidden_size / num_attention_heads"
        raise ModelError("attention_head_size", problem, "Use a model whose heads share out its width.", where)
    if architecture == CLASSIFIER:
        checks.check_classes(config, where)
        if config.pooler_hidden_act not in get_args(PoolerActivation):
            known = ", ".join(get_args(PoolerActivation))
            problem = f"{config.pooler_hidden_act!r} is not supported"
            raise ModelError("pooler_hidden_act", problem, f"Use one of: {known}.", where)
    return config


def layout(config: DebertaV2Config, architecture: str) -> Layout:
    """The weights of a DeBERTa and its head."""
    size, embeddings = bert_dimensions(config), "deberta.embeddings"
    shapes: Shapes = {WORDS: (size.words, size.embedding), **norm_shapes(f"{embeddings}.LayerNorm", size.width)}
    if config.position_biased_input:
        shapes[f"{embeddings}.position_embeddings.weight"] = (size.positions, size.embedding)
    if size.types:
        shapes[f"{embeddings}.token_type_embeddings.weight"] = (size.types, size.embedding)
    if size.embedding != size.width:
        shapes[f"{embeddings}.embed_proj.weight"] = (size.width, size.embedding)
    if config.relative_attention:
        shapes[DISTANCES] = (2 * _span(config), size.width)
    if _distances_normed(config):  # the library makes it whether there are distances or not
        shapes |= norm_shapes(DISTANCES_NORM, size.width)
    for index in range(size.layers):
        layer = f"deberta.encoder.layer.{index}"
        shapes |= layer_shapes(layer, PARTS, size)
        for name in _own_projections(config).values():
            shapes |= linear_shapes(f"{layer}.attention.self.{name}", size.width, size.width)
    tied = {}
    if architecture == MASKED_LM:
        head, width = _head(config), size.embedding if config.legacy else size.width
        shapes |= linear_shapes(f"{head}.dense", width, size.width)
        shapes |= norm_shapes(f"{head}.LayerNorm", width)
        shapes[_bias(config)] = (size.words,)
        if config.legacy:
            shapes |= linear_shapes("cls.predictions.decoder", size.words, width)
            if config.tie_word_embeddings:
                tied = {"cls.predictions.decoder.weight": WORDS, "cls.predictions.decoder.bias": _bias(config)}
    elif architecture == CLASSIFIER:
        shapes |= linear_shapes("pooler.dense", size.width, size.width)
        shapes |= linear_shapes("classifier", len(checks.classes(config)), size.width)
    spare = ("cls.", "lm_predictions.", "mask_predictions.", "pooler.", "classifier.", f"{embeddings}.position_ids")
    return Layout(architecture, shapes, prefix="deberta.", whole="deberta.encoder.", spare=spare, tied=tied)


def build(weights: dict[str, Tensor], config: DebertaV2Config, architecture: str) -> tuple[Transformer, Objective]:
    """The encoder, and the objective with its head."""
    size, words = bert_dimensions(config), weights[WORDS]
    layers = tuple(
        read_layer(
            weights,
            f"deberta.encoder.layer.{index}",
            PARTS,
            size,
            relative=_distances(weights, config, f"deberta.encoder.layer.{index}.attention.self"),
            scale=_scale(config),
        )
        for index in range(size.layers)
    )
    projection = weights.get("deberta.embeddings.embed_proj.weight")
    embeddings = NormedEmbeddings(
        words,
        norm(weights, "deberta.embeddings.LayerNorm", size.eps),
        size.positions,
        _added(weights, config),
        None if projection is None else Linear(projection),
    )
    encoder = Transformer(embeddings, layers)
    if architecture == CLASSIFIER:
        activation = cast(PoolerActivation, config.pooler_hidden_act)
        head = ClassifierHead(linear(weights, "pooler.dense"), activation, linear(weights, "classifier"))
        return encoder, classification(head, config)
    if architecture == BARE:
        return encoder, SentenceSimilarity(NoHead(), encoder)
    name = _head(config)
    return encoder, MaskedLanguageModelling(
        MaskedLMHead(
            dense_weight=weights[f"{name}.dense.weight"],
            dense_bias=weights[f"{name}.dense.bias"],
            activation=checks.ACTIVATIONS[config.hidden_act],
            norm=norm(weights, f"{name}.LayerNorm", size.eps),
            decoder_weight=weights.get("cls.predictions.decoder.weight", words),
            decoder_bias=weights.get("cls.predictions.decoder.bias", weights[_bias(config)]),
        )
    )


def _kinds(config: DebertaV2Config) -> list[str]:
    return list(config.pos_att_type or [])


def _scale(config: DebertaV2Config) -> float:
    """Of the scores: 1/√(dh · terms), rounded to float32 as in the library."""
    terms = 1 + sum(kind in _kinds(config) for kind in (OF_KEYS, OF_QUERIES))
    width = torch.tensor(config.hidden_size // config.num_attention_heads, dtype=torch.float32)
    return 1.0 / torch.sqrt(width * terms).item()


def _farthest(config: DebertaV2Config) -> int:
    return config.max_relative_positions if config.max_relative_positions > 0 else config.max_position_embeddings


def _span(config: DebertaV2Config) -> int:
    buckets = getattr(config, "position_buckets", -1)
    return buckets if buckets > 0 else _farthest(config)


def _distances_normed(config: DebertaV2Config) -> bool:
    return "layer_norm" in [part.strip() for part in getattr(config, "norm_rel_ebd", "none").lower().split("|")]


def _own_projections(config: DebertaV2Config) -> dict[str, str]:
    """Names of a layer's projections of distances, by kind, where they are not those of words."""
    if not config.relative_attention or getattr(config, "share_att_key", False):
        return {}
    names = {OF_KEYS: "pos_key_proj", OF_QUERIES: "pos_query_proj"}
    return {kind: name for kind, name in names.items() if kind in _kinds(config)}


def _distances(weights: Mapping[str, Tensor], config: DebertaV2Config, attention: str) -> RelativeTable | None:
    """A layer's keys and queries of distances."""
    if not config.relative_attention or not _kinds(config):
        return None
    table = weights[DISTANCES]
    if _distances_normed(config):
        own = norm(weights, DISTANCES_NORM, config.layer_norm_eps)
        table = F.layer_norm(table, table.shape[-1:], own.weight, own.bias, own.eps)

    def project(kind: str, shared: str, scale: float) -> Tensor | None:
        if kind not in _kinds(config):
            return None
        name = _own_projections(config).get(kind, shared)
        projected = linear(weights, f"{attention}.{name}")(table) * scale
        return projected.unflatten(-1, (config.num_attention_heads, -1)).transpose(0, 1).contiguous()

    buckets = getattr(config, "position_buckets", -1)
    return RelativeTable(
        key=project(OF_KEYS, "key_proj", 1.0),
        query=project(OF_QUERIES, "query_proj", _scale(config)),
        span=_span(config),
        nearest=buckets // 2 if buckets > 0 else None,
        farthest=_farthest(config),
    )


def _added(weights: Mapping[str, Tensor], config: DebertaV2Config) -> Tensor | None:
    """What is added to words: positions and the first segment's type, of a model that has them."""
    positions = weights.get("deberta.embeddings.position_embeddings.weight")
    types = weights.get("deberta.embeddings.token_type_embeddings.weight")
    if types is None:
        return positions
    return types[:1].expand(config.max_position_embeddings, -1) if positions is None else positions + types[0]


def _head(config: DebertaV2Config) -> str:
    return "cls.predictions.transform" if config.legacy else "lm_predictions.lm_head"


def _bias(config: DebertaV2Config) -> str:
    return "cls.predictions.bias" if config.legacy else "lm_predictions.lm_head.bias"


FAMILY = Family(
    model_type="deberta-v2",
    architectures={
        MASKED_LM: frozenset({"cls.predictions.transform.dense.weight", "lm_predictions.lm_head.dense.weight"}),
        CLASSIFIER: frozenset({"classifier.weight"}),
    },
    prefix="deberta.",
    bare=BARE,
    undecided=frozenset(),
    tokenizers=frozenset({"Unigram"}),
    check=check,
    layout=layout,
    build=build,
)
