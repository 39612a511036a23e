"""ModernBERT (Warner et al. 2024): pre-LayerNorm layers, rotary positions, gated feed-forward blocks, local windows.

Most layers attend within a window. The norm behind the last layer belongs to the prediction head.
"""

from collections.abc import Mapping
from typing import Any, cast, get_args

import torch
from torch import Tensor
from transformers import ModernBertConfig

from cypher.errors import ModelError
from workers.influence.blocks.embeddings import NormedEmbeddings
from workers.influence.blocks.feed_forward import GatedFeedForward
from workers.influence.blocks.linear import HeadOutputs, Linear
from workers.influence.blocks.norms import LayerNorm
from workers.influence.blocks.positions import LocalWindow, Rotation
from workers.influence.blocks.pre_ln import PreLN
from workers.influence.blocks.prediction_heads import ClassifierHead, MaskedLMHead, NoHead, PoolerActivation
from workers.influence.blocks.transformer import Transformer
from workers.models.checkpoint import Layout
from workers.models.families import checks
from workers.models.families.post_ln import SIZES, Shapes, classification
from workers.models.family import Family
from workers.models.objective import MaskedLanguageModelling, Objective
from workers.models.similarity import SentenceSimilarity

MASKED_LM, CLASSIFIER = "ModernBertForMaskedLM", "ModernBertForSequenceClassification"
BARE = "ModernBertModel"
GLOBAL = "full_attention"
WORDS = "model.embeddings.tok_embeddings.weight"


def check(raw: Mapping[str, Any], architecture: str, where: str) -> ModernBertConfig:
    """The config of a ModernBERT that the rules cover.

    Raises:
        ModelError: it asks for what the rules do not cover, or is not valid.
    """
    checks.refuse_quantised(raw, where)
    config = checks.parse(ModernBertConfig, raw, where)
    checks.check_sizes(config, (*SIZES, "local_attention"), where)
    checks.check_heads(config, where)
    checks.check_activation(config.hidden_activation, where, "hidden_activation")
    if config.classifier_activation not in get_args(PoolerActivation):
        known = ", ".join(get_args(PoolerActivation))
        problem = f"{config.classifier_activation!r} is not supported"
        raise ModelError("classifier_activation", problem, f"Use one of: {known}.", where)
    if GLOBAL not in _layer_types(config):
        problem = "all layers attend within a window, so that words beyond it never reach the target"
        raise ModelError("layer_types", problem, f"Use a model with a layer of {GLOBAL}.", where)
    for kind in set(_layer_types(config)):
        rope = _rope(config, kind)
        if rope.get("rope_type", "default") != "default":
            problem = f"rotary positions of the type {rope['rope_type']!r} are not supported"
            raise ModelError("rope_parameters", problem, "Use a model with the default type.", where)
    if architecture == CLASSIFIER:
        checks.check_classes(config, where)
        if config.classifier_pooling != "cls":
            problem = (
                f"{config.classifier_pooling!r}: its head averages over all positions, so that no single one is the "
                "target of the paths"
            )
            raise ModelError("classifier_pooling", problem, "Use a classifier that reads the first token (cls).", where)
    return config


def layout(config: ModernBertConfig, architecture: str) -> Layout:
    """The weights of a ModernBERT and its head."""
    d, inner = config.hidden_size, config.intermediate_size
    shapes: Shapes = {WORDS: (config.vocab_size, d), **_norm(config, "model.embeddings.norm")}
    for index in range(config.num_hidden_layers):
        layer = f"model.layers.{index}"
        if index:
            shapes |= _norm(config, f"{layer}.attn_norm")
        shapes |= _linear(f"{layer}.attn.Wqkv", 3 * d, d, config.attention_bias)
        shapes |= _linear(f"{layer}.attn.Wo", d, d, config.attention_bias)
        shapes |= _norm(config, f"{layer}.mlp_norm")
        shapes |= _linear(f"{layer}.mlp.Wi", 2 * inner, d, config.mlp_bias)
        shapes |= _linear(f"{layer}.mlp.Wo", d, inner, config.mlp_bias)
    shapes |= _norm(config, "model.final_norm")
    if architecture != BARE:
        shapes |= _linear("head.dense", d, d, config.classifier_bias)
        shapes |= _norm(config, "head.norm")
    tied = {}
    if architecture == MASKED_LM:
        shapes |= _linear("decoder", config.vocab_size, d, config.decoder_bias)
        if config.tie_word_embeddings:
            tied = {"decoder.weight": WORDS}
    elif architecture == CLASSIFIER:
        shapes |= _linear("classifier", len(checks.classes(config)), d, True)
    spare = ("head.", "decoder.", "classifier.")
    return Layout(architecture, shapes, prefix="model.", whole="model.layers.", spare=spare, tied=tied)


def build(weights: dict[str, Tensor], config: ModernBertConfig, architecture: str) -> tuple[Transformer, Objective]:
    """The encoder, and the objective with its head."""
    words = weights[WORDS]
    kinds = _layer_types(config)
    half = config.hidden_size // config.num_attention_heads // 2
    steps = torch.arange(0, 2 * half, 2, dtype=torch.float, device=words.device) / (2 * half)
    rotations = {
        kind: Rotation.of(1.0 / _rope(config, kind)["rope_theta"] ** steps, config.max_position_embeddings, words.dtype)
        for kind in set(kinds)
    }
    window = config.local_attention // 2
    encoder = Transformer(
        embeddings=NormedEmbeddings(
            words, _read_norm(weights, config, "model.embeddings.norm"), config.max_position_embeddings
        ),
        layers=tuple(_layer(weights, config, index, rotations[kind]) for index, kind in enumerate(kinds)),
        windows=tuple(None if kind == GLOBAL else window for kind in kinds),
    )
    final_norm = _read_norm(weights, config, "model.final_norm")
    if architecture == BARE:
        return encoder, SentenceSimilarity(NoHead(final_norm), encoder)
    dense, norm = _read_linear(weights, "head.dense"), _read_norm(weights, config, "head.norm")
    activation = cast(PoolerActivation, config.classifier_activation)
    if architecture == CLASSIFIER:
        head = ClassifierHead(dense, activation, _read_linear(weights, "classifier"), final_norm, norm)
        return encoder, classification(head, config)
    bias = weights.get("decoder.bias", words.new_zeros(config.vocab_size))
    decoder = weights.get("decoder.weight", words)
    return encoder, MaskedLanguageModelling(
        MaskedLMHead(dense.weight, dense.bias, checks.ACTIVATIONS[activation], norm, decoder, bias, final_norm)
    )


def _layer(weights: Mapping[str, Tensor], config: ModernBertConfig, index: int, rotation: Rotation) -> PreLN:
    layer, heads = f"model.layers.{index}", config.num_attention_heads
    qkv = _read_linear(weights, f"{layer}.attn.Wqkv")
    scale = torch.ones_like(qkv.weight[:, 0])
    scale[: config.hidden_size] = (config.hidden_size // heads) ** -0.5
    local = _layer_types(config)[index] != GLOBAL
    return PreLN(
        norm1=_read_norm(weights, config, f"{layer}.attn_norm") if index else None,
        qkv=Linear(qkv.weight * scale[:, None], None if qkv.bias is None else qkv.bias * scale),
        rotation=rotation,
        bias=LocalWindow(config.local_attention // 2, qkv.weight[0]) if local else None,
        output=HeadOutputs(_read_linear(weights, f"{layer}.attn.Wo"), heads),
        norm2=_read_norm(weights, config, f"{layer}.mlp_norm"),
        feed_forward=GatedFeedForward(
            _read_linear(weights, f"{layer}.mlp.Wi"),
            checks.ACTIVATIONS[config.hidden_activation],
            _read_linear(weights, f"{layer}.mlp.Wo"),
        ),
    )


def _layer_types(config: ModernBertConfig) -> list[str]:
    return cast("list[str]", config.layer_types)  # the library fills it in


def _rope(config: ModernBertConfig, kind: str) -> Mapping[str, Any]:
    return cast("dict[str, dict[str, Any]]", config.rope_parameters)[kind]


def _linear(name: str, out: int, inputs: int, bias: bool) -> Shapes:
    return {f"{name}.weight": (out, inputs), **({f"{name}.bias": (out,)} if bias else {})}


def _norm(config: ModernBertConfig, name: str) -> Shapes:
    d = config.hidden_size
    return {f"{name}.weight": (d,), **({f"{name}.bias": (d,)} if config.norm_bias else {})}


def _read_linear(weights: Mapping[str, Tensor], name: str) -> Linear:
    return Linear(weights[f"{name}.weight"], weights.get(f"{name}.bias"))


def _read_norm(weights: Mapping[str, Tensor], config: ModernBertConfig, name: str) -> LayerNorm:
    return LayerNorm(weights[f"{name}.weight"], weights.get(f"{name}.bias"), config.norm_eps)


FAMILY = Family(
    model_type="modernbert",
    architectures={MASKED_LM: frozenset({"decoder.bias"}), CLASSIFIER: frozenset({"classifier.weight"})},
    prefix="model.embeddings.tok_embeddings.",
    bare=BARE,
    undecided=frozenset(),
    tokenizers=frozenset({"BPE", "WordPiece", "WordLevel"}),
    check=check,
    layout=layout,
    build=build,
    exact=False,  # rotary positions and softmax are of float32
)
