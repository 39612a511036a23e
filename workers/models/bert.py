"""Hugging Face's BERT, read into the encoder and head that the rules need.

Of the two embeddings that are added to a word's, the position's is kept whole and the segment's is row 0. Query rows
carry the attention scores' factor 1/√dh. A tied decoder shares the word embeddings' memory.
"""

from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification

from cypher.errors import InvalidInput
from workers.influence.blocks.embeddings import BertEmbeddings
from workers.influence.blocks.feed_forward import Activation, FeedForward
from workers.influence.blocks.linear import FusedProjection, HeadOutputs, Linear
from workers.influence.blocks.norms import LayerNorm
from workers.influence.blocks.post_ln import PostLN
from workers.influence.blocks.prediction_heads import ClassifierHead, MaskedLMHead
from workers.influence.blocks.transformer import Transformer

ARCHITECTURES = {"BertForMaskedLM": BertForMaskedLM, "BertForSequenceClassification": BertForSequenceClassification}
HEADS = {
    "BertForMaskedLM": "cls.predictions.transform.dense.weight",
    "BertForSequenceClassification": "classifier.weight",
}
"""A weight that only checkpoints with the architecture's head have."""

ACTIVATIONS: dict[str, Activation] = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
}

SIZES = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
)


def check_bert(raw: dict[str, Any], where: str) -> BertConfig:
    """The config of a BERT that the rules cover.

    Args:
        raw: the content of config.json, as it is written.
        where: the file, for the error.

    Raises:
        InvalidInput: it asks for what the rules do not cover, or is not valid.
    """
    # transformers has dropped relative positions, and with them this entry, which older files still have.
    positions = raw.get("position_embedding_type", "absolute")
    if positions != "absolute":
        raise InvalidInput(
            "position_embedding_type", f"{positions!r} is not supported", "Use a model with absolute ones.", where
        )
    for field in ("is_decoder", "add_cross_attention"):
        if raw.get(field):
            raise InvalidInput(field, "decoders are not supported", "Use a model trained as an encoder.", where)
    if "quantization_config" in raw:
        raise InvalidInput("quantization_config", "quantised weights are not supported", "Use the full model.", where)
    try:
        config = BertConfig.from_dict(raw)
    except Exception as error:  # each kind of wrong value raises its own kind
        reason = " ".join(str(error).split())
        raise InvalidInput(
            "model", f"the config is not valid ({reason})", "Mend or fetch the file again.", where
        ) from error
    for field in SIZES:
        if getattr(config, field) < 1:
            raise InvalidInput(field, f"{getattr(config, field)} is not a size", "Mend or fetch the file again.", where)
    if config.hidden_size % config.num_attention_heads:
        raise InvalidInput(
            "num_attention_heads",
            f"{config.num_attention_heads} heads do not divide hidden_size {config.hidden_size}",
            "Use the config.json that was saved with the weights.",
            where,
        )
    if config.hidden_act not in ACTIVATIONS:
        raise InvalidInput(
            "hidden_act", f"{config.hidden_act!r} is not supported", f"Use one of: {', '.join(ACTIVATIONS)}.", where
        )
    return config


def read_bert(
    directory: Path, config: BertConfig, architecture: str, device: torch.device, dtype: torch.dtype
) -> tuple[Transformer, MaskedLMHead | ClassifierHead, tuple[str, ...] | None]:
    """The encoder, the head, and the names of the classes (None for a masked-language model).

    Args:
        directory: holds config.json and safetensors.
        config: of that directory, checked.
        architecture: a key of ARCHITECTURES.

    Raises:
        InvalidInput: the weights do not fit the config or are not finite.
    """
    model, info = ARCHITECTURES[architecture].from_pretrained(
        directory,
        config=config,
        dtype=dtype,
        use_safetensors=True,
        local_files_only=True,
        ignore_mismatched_sizes=True,  # reported below, as one of our errors
        output_loading_info=True,
    )
    if info["missing_keys"]:
        raise InvalidInput(
            "model",
            f"its weights lack {_some(info['missing_keys'])}, which {architecture} needs",
            "Use a checkpoint that was trained and saved as this architecture, with its own config.json.",
            str(directory),
        )
    # Of the encoder only: a head of another task may stay unused.
    if unused := {name for name in info["unexpected_keys"] if name.startswith("bert.encoder.")}:
        raise InvalidInput(
            "model",
            f"its weights hold {_some(unused)}, for which config.json has no place",
            "Use the config.json that was saved with the weights.",
            str(directory),
        )
    if info["mismatched_keys"]:
        name, stored, wanted = min(info["mismatched_keys"])
        raise InvalidInput(
            "model",
            f"{name} is {list(stored)} in its weights and {list(wanted)} by its config.json",
            "Use the config.json that was saved with the weights.",
            str(directory),
        )
    # Tied parameters come once, under the name that comes first. Copied, because the file's own pages lie beneath.
    weights = {
        name: parameter.detach().to(device, copy=True, memory_format=torch.contiguous_format)
        for name, parameter in model.named_parameters()
    }
    for name, weight in weights.items():
        if not weight.isfinite().all():
            raise InvalidInput(
                "model", f"{name} has NaN or infinite weights in {dtype}", "Use a sound checkpoint.", str(directory)
            )
    encoder = _encoder(weights, config)
    if architecture == "BertForMaskedLM":
        return encoder, _masked_lm_head(weights, config), None
    return encoder, _classifier_head(weights), _labels(config, str(directory / "config.json"))


def _some(names: set[str]) -> str:
    first = sorted(names)[:5]
    return ", ".join(first) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _labels(config: BertConfig, where: str) -> tuple[str, ...]:
    names = cast("dict[int, str]", config.id2label or {})  # transformers has made the keys numbers
    if sorted(names) != list(range(len(names))) or len(names) < 2:
        raise InvalidInput(
            "id2label", f"{names} are not classes 0, 1 and up", "Use a classifier of two or more.", where
        )
    return tuple(names[index] for index in range(len(names)))


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
