"""Encoders of post-LayerNorm layers with absolute positions: what their families share.

A family says what its weights are called and which entries of its config.json give their sizes (`Names`, `Dimensions`);
this module makes of it the layout of the weights, the encoder and the objective. Query rows carry the attention scores'
factor 1/√dh. Of segments' embeddings only row 0 is used. A tied decoder shares the word embeddings' memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedConfig

from workers.influence.blocks.embeddings import BertEmbeddings
from workers.influence.blocks.feed_forward import FeedForward
from workers.influence.blocks.linear import FusedProjection, HeadOutputs, Linear
from workers.influence.blocks.norms import LayerNorm
from workers.influence.blocks.positions import RelativeBias, RelativeTable, ScoreBias
from workers.influence.blocks.post_ln import PostLN
from workers.influence.blocks.prediction_heads import ClassifierHead, MaskedLMHead, NoHead, PoolerActivation
from workers.influence.blocks.transformer import Transformer
from workers.models.checkpoint import Layout
from workers.models.families import checks
from workers.models.family import Family
from workers.models.objective import (
    MaskedLanguageModelling,
    MultiLabelClassification,
    Objective,
    SequenceClassification,
)
from workers.models.similarity import SentenceSimilarity

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Dimensions:
    """The sizes of an encoder, whatever its config calls them."""

    words: int
    embedding: int  # width of the words' embeddings
    width: int  # of the residual stream
    layers: int
    heads: int
    inner: int  # of the feed-forward block
    positions: int  # rows of the positions' embeddings
    first: int  # row of the first position
    types: int  # of segments; 0 where there are none
    activation: str  # as config.json names it
    eps: float  # of every LayerNorm


@dataclass(frozen=True, slots=True)
class LayerNames:
    """What the parts of a layer are called, below the layer's own name."""

    query: str = "attention.self.query"
    key: str = "attention.self.key"
    value: str = "attention.self.value"
    output: str = "attention.output.dense"
    norm1: str = "attention.output.LayerNorm"
    up: str = "intermediate.dense"
    down: str = "output.dense"
    norm2: str = "output.LayerNorm"


@dataclass(frozen=True, slots=True)
class MaskedLMNames:
    """What the parts of a masked-language-model head are called."""

    dense: str
    norm: str
    decoder: str
    bias: str | None  # of the decoder; None where it is stored under the decoder's own name alone
    activation: str | None = None  # None: that of the layers


@dataclass(frozen=True, slots=True)
class ClassifierNames:
    """What the parts of a classification head are called."""

    dense: str
    out: str
    activation: PoolerActivation = "tanh"


@dataclass(frozen=True, slots=True)
class Names:
    """What a family calls its weights."""

    prefix: str  # of the encoder, such as "bert."
    masked_lm: MaskedLMNames
    classifier: ClassifierNames
    spare: tuple[str, ...]  # prefixes of what checkpoints often hold besides, for other heads
    layer: Callable[[Any, int], str] = lambda config, index: f"encoder.layer.{index}"  # below the prefix
    layer_parts: LayerNames = LayerNames()
    whole: str = "encoder."  # below the prefix: what every stored weight under this must have its place in
    projection: str = "embeddings_project"  # of words' embeddings to the residual stream, where they differ in width
    always_projected: bool = False  # also where they do not


def bert_dimensions(config: Any) -> Dimensions:
    """Of a config that has BERT's entries."""
    return Dimensions(
        words=config.vocab_size,
        embedding=getattr(config, "embedding_size", config.hidden_size),
        width=config.hidden_size,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        inner=config.intermediate_size,
        positions=config.max_position_embeddings,
        first=0,
        types=getattr(config, "type_vocab_size", 0),
        activation=config.hidden_act,
        eps=config.layer_norm_eps,
    )


BUCKETS, FARTHEST = 32, 128
"""Of relative positions, whatever their config says: the library computes with these."""

SIZES = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
)
"""Entries of a config that must be 1 or more."""


@dataclass(frozen=True, slots=True)
class PostLNFamily:
    """What a family of post-LayerNorm encoders tells of itself."""

    model_type: str
    config: type[PreTrainedConfig]
    masked_lm: str  # names of architectures
    classifier: str
    bare: str
    names: Names
    tokenizers: frozenset[str]  # classes of `tokenizers.models`
    dimensions: Callable[[Any], Dimensions] = bert_dimensions
    sizes: tuple[str, ...] = (*SIZES, "type_vocab_size")  # entries of config.json that must be 1 or more
    undecided: frozenset[str] = frozenset()
    relative: str | None = None  # name, below the prefix, of the weight for distances' bias of attention scores
    skips_padding: bool = False
    extra_check: Callable[[Mapping[str, Any], str], None] = lambda raw, where: None  # of config.json

    def family(self) -> Family:
        """As the registry lists it."""
        heads = {self.masked_lm: self.names.masked_lm.dense, self.classifier: self.names.classifier.out}
        return Family(
            model_type=self.model_type,
            architectures={name: frozenset({f"{weight}.weight"}) for name, weight in heads.items()},
            prefix=self.names.prefix,
            bare=self.bare,
            undecided=self.undecided,
            tokenizers=self.tokenizers,
            check=partial(check, self),
            layout=partial(layout, self),
            build=partial(build, self),
            skips_padding=self.skips_padding,
        )


def check(family: PostLNFamily, raw: Mapping[str, Any], architecture: str, where: str) -> PreTrainedConfig:
    """The config of an encoder that the rules cover.

    Raises:
        ModelError: it asks for what the rules do not cover, or is not valid.
    """
    # transformers has dropped relative positions, and with them this entry, which older files still have.
    checks.require(raw, "position_embedding_type", "absolute", "Use a model with absolute ones.", where)
    checks.refuse_decoders(raw, where)
    checks.refuse_quantised(raw, where)
    family.extra_check(raw, where)
    config = checks.parse(family.config, raw, where)
    checks.check_sizes(config, family.sizes, where)
    checks.check_heads(config, where)
    checks.check_activation(family.dimensions(config).activation, where)
    if architecture == family.classifier:
        checks.check_classes(config, where)
    return config


def layout(family: PostLNFamily, config: Any, architecture: str) -> Layout:
    """The weights of an encoder and its head; segments' embeddings and biases included."""
    names, size = family.names, family.dimensions(config)
    word_embeddings = f"{names.prefix}embeddings.word_embeddings.weight"
    shapes: Shapes = {
        word_embeddings: (size.words, size.embedding),
        f"{names.prefix}embeddings.position_embeddings.weight": (size.positions, size.embedding),
        **norm_shapes(f"{names.prefix}embeddings.LayerNorm", size.embedding),
    }
    if size.types:
        shapes[f"{names.prefix}embeddings.token_type_embeddings.weight"] = (size.types, size.embedding)
    if _is_projected(family, size):
        shapes |= linear_shapes(names.prefix + names.projection, size.width, size.embedding)
    if family.relative is not None:
        shapes[names.prefix + family.relative] = (config.relative_attention_num_buckets, size.heads)
    for index in range(size.layers):
        shapes |= layer_shapes(names.prefix + names.layer(config, index), names.layer_parts, size)
    tied: dict[str, str] = {}
    if architecture == family.masked_lm:
        head = names.masked_lm
        shapes |= linear_shapes(head.dense, size.embedding, size.width)
        shapes |= norm_shapes(head.norm, size.embedding)
        shapes |= linear_shapes(head.decoder, size.words, size.embedding)
        if head.bias is not None:
            shapes[head.bias] = (size.words,)
        if config.tie_word_embeddings:
            tied = {f"{head.decoder}.weight": word_embeddings}
            if head.bias is not None:
                tied[f"{head.decoder}.bias"] = head.bias
    elif architecture == family.classifier:
        shapes |= linear_shapes(names.classifier.dense, size.width, size.width)
        shapes |= linear_shapes(names.classifier.out, len(checks.classes(config)), size.width)
    return Layout(
        architecture,
        shapes,
        prefix=names.prefix,
        whole=names.prefix + names.whole,
        spare=(*names.spare, f"{names.prefix}embeddings.position_ids", "embeddings.position_ids"),
        tied=tied,
    )


def build(
    family: PostLNFamily, weights: dict[str, Tensor], config: Any, architecture: str
) -> tuple[Transformer, Objective]:
    """The encoder, and the objective with its head."""
    encoder = _encoder(family, weights, config)
    if architecture == family.masked_lm:
        return encoder, MaskedLanguageModelling(_masked_lm_head(family, weights, config))
    if architecture == family.bare:
        return encoder, SentenceSimilarity(NoHead(), encoder)
    names = family.names.classifier
    dense, out = linear(weights, names.dense), linear(weights, names.out)
    return encoder, classification(ClassifierHead(dense, names.activation, out), config)


def classification(head: ClassifierHead, config: PreTrainedConfig) -> Objective:
    """The objective of a classifier: one class is right, or each by itself may be."""
    kind = MultiLabelClassification if config.problem_type == checks.MULTI_LABEL else SequenceClassification
    return kind(head, checks.classes(config))


def linear_shapes(name: str, out: int, inputs: int) -> Shapes:
    """Of a linear map with its bias."""
    return {f"{name}.weight": (out, inputs), f"{name}.bias": (out,)}


def norm_shapes(name: str, width: int) -> Shapes:
    """Of a LayerNorm."""
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def layer_shapes(layer: str, parts: LayerNames, size: Dimensions) -> Shapes:
    """Of one layer."""
    shapes: Shapes = {}
    for name in (parts.query, parts.key, parts.value, parts.output):
        shapes |= linear_shapes(f"{layer}.{name}", size.width, size.width)
    shapes |= norm_shapes(f"{layer}.{parts.norm1}", size.width)
    shapes |= linear_shapes(f"{layer}.{parts.up}", size.inner, size.width)
    shapes |= linear_shapes(f"{layer}.{parts.down}", size.width, size.inner)
    return shapes | norm_shapes(f"{layer}.{parts.norm2}", size.width)


def linear(weights: Mapping[str, Tensor], name: str) -> Linear:
    """A linear map with its bias."""
    return Linear(weights[f"{name}.weight"], weights[f"{name}.bias"])


def norm(weights: Mapping[str, Tensor], name: str, eps: float) -> LayerNorm:
    """A LayerNorm."""
    return LayerNorm(weights[f"{name}.weight"], weights[f"{name}.bias"], eps)


def read_layer(
    weights: Mapping[str, Tensor],
    layer: str,
    parts: LayerNames,
    size: Dimensions,
    bias: ScoreBias | None = None,
    relative: RelativeTable | None = None,
    scale: float | None = None,
) -> PostLN:
    """One layer.

    Args:
        scale: of the attention scores; None: 1/√dh.
    """
    factor = (size.width // size.heads) ** -0.5 if scale is None else scale

    def projections(kind: str) -> Tensor:
        query, key, value = (weights[f"{layer}.{name}.{kind}"] for name in (parts.query, parts.key, parts.value))
        return torch.cat((query * factor, key, value))

    return PostLN(
        projection=FusedProjection(Linear(projections("weight"), projections("bias")), size.heads),
        output=HeadOutputs(linear(weights, f"{layer}.{parts.output}"), size.heads),
        norm1=norm(weights, f"{layer}.{parts.norm1}", size.eps),
        feed_forward=FeedForward(
            linear(weights, f"{layer}.{parts.up}"),
            checks.ACTIVATIONS[size.activation],
            linear(weights, f"{layer}.{parts.down}"),
        ),
        norm2=norm(weights, f"{layer}.{parts.norm2}", size.eps),
        bias=bias,
        relative=relative,
    )


def _is_projected(family: PostLNFamily, size: Dimensions) -> bool:
    return size.embedding != size.width or family.names.always_projected


def _encoder(family: PostLNFamily, weights: Mapping[str, Tensor], config: Any) -> Transformer:
    names, size = family.names, family.dimensions(config)
    embeddings = f"{names.prefix}embeddings"
    types = weights[f"{embeddings}.token_type_embeddings.weight"][0] if size.types else None
    projection = linear(weights, names.prefix + names.projection) if _is_projected(family, size) else None

    bias = None
    if family.relative is not None:
        bias = RelativeBias(weights[names.prefix + family.relative], BUCKETS, FARTHEST)

    @cache  # where layers share their weights, these are there once
    def layer(name: str) -> PostLN:
        return read_layer(weights, name, names.layer_parts, size, bias)

    return Transformer(
        embeddings=BertEmbeddings(
            word_embeddings=weights[f"{embeddings}.word_embeddings.weight"],
            positions=weights[f"{embeddings}.position_embeddings.weight"][size.first :],
            token_type=types,
            norm=norm(weights, f"{embeddings}.LayerNorm", size.eps),
            projection=projection,
        ),
        layers=tuple(layer(names.prefix + names.layer(config, index)) for index in range(size.layers)),
    )


def _masked_lm_head(family: PostLNFamily, weights: Mapping[str, Tensor], config: Any) -> MaskedLMHead:
    head, size = family.names.masked_lm, family.dimensions(config)
    words = weights[f"{family.names.prefix}embeddings.word_embeddings.weight"]
    own_bias = f"{head.decoder}.bias"
    return MaskedLMHead(
        dense_weight=weights[f"{head.dense}.weight"],
        dense_bias=weights[f"{head.dense}.bias"],
        activation=checks.ACTIVATIONS[head.activation or size.activation],
        norm=norm(weights, head.norm, size.eps),
        decoder_weight=weights.get(f"{head.decoder}.weight", words),
        decoder_bias=weights[own_bias] if own_bias in weights or head.bias is None else weights[head.bias],
    )
