"""Small random Hugging Face BERTs, and the `Transformer` and head read from one, weight by weight."""

import math
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification

from workers.influence.blocks.embeddings import BertEmbeddings
from workers.influence.blocks.feed_forward import Activation, FeedForward
from workers.influence.blocks.linear import FusedProjection, HeadOutputs, Linear
from workers.influence.blocks.norms import LayerNorm
from workers.influence.blocks.post_ln import PostLN
from workers.influence.blocks.prediction_heads import ClassifierHead, MaskedLMHead
from workers.influence.blocks.transformer import Transformer

ACTIVATION: dict[str, Activation] = {"gelu": "gelu", "gelu_new": "gelu_tanh", "relu": "relu"}

Bert = BertForMaskedLM | BertForSequenceClassification
Kind = TypeVar("Kind", BertForMaskedLM, BertForSequenceClassification)


def random_bert(kind: type[Kind], *, seed: int = 0, dtype: torch.dtype = torch.float64, **config: Any) -> Kind:
    """In eval mode, without gradients, its norms and biases moved away from ones and zeros."""
    torch.manual_seed(seed)
    model = kind(BertConfig(**config)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "LayerNorm.weight" in name:
                parameter.uniform_(0.5, 1.5)
            elif name.endswith("bias"):
                parameter.normal_(std=0.2)
    model.requires_grad_(False)
    nn.Module.to(model, dtype)
    return model


class _Weights:
    """A model's tensors by name."""

    def __init__(self, model: Bert):
        self.tensors, self.eps = model.state_dict(), model.config.layer_norm_eps

    def linear(self, name: str) -> tuple[Tensor, Tensor]:
        return self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]

    def norm(self, name: str) -> LayerNorm:
        return LayerNorm(*self.linear(name), self.eps)


def encoder_of(model: Bert) -> Transformer:
    """The encoder of a Hugging Face BERT."""
    weights, config = _Weights(model), model.config
    embeddings, heads = weights.tensors, config.num_attention_heads
    scale = 1 / math.sqrt(config.hidden_size // heads)

    def layer(name: str) -> PostLN:
        query, key, value = (weights.linear(f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        qkv = Linear(torch.cat([query[0] * scale, key[0], value[0]]), torch.cat([query[1] * scale, key[1], value[1]]))
        return PostLN(
            FusedProjection(qkv, heads),
            HeadOutputs(Linear(*weights.linear(f"{name}.attention.output.dense")), heads),
            weights.norm(f"{name}.attention.output.LayerNorm"),
            FeedForward(
                Linear(*weights.linear(f"{name}.intermediate.dense")),
                ACTIVATION[config.hidden_act],
                Linear(*weights.linear(f"{name}.output.dense")),
            ),
            weights.norm(f"{name}.output.LayerNorm"),
        )

    return Transformer(
        BertEmbeddings(
            embeddings["bert.embeddings.word_embeddings.weight"],
            embeddings["bert.embeddings.position_embeddings.weight"],
            embeddings["bert.embeddings.token_type_embeddings.weight"][0],
            weights.norm("bert.embeddings.LayerNorm"),
        ),
        tuple(layer(f"bert.encoder.layer.{number}") for number in range(config.num_hidden_layers)),
    )


def masked_lm_head_of(model: BertForMaskedLM) -> MaskedLMHead:
    weights, name = _Weights(model), "cls.predictions"
    return MaskedLMHead(
        *weights.linear(f"{name}.transform.dense"),
        ACTIVATION[model.config.hidden_act],
        weights.norm(f"{name}.transform.LayerNorm"),
        *weights.linear(f"{name}.decoder"),
    )


def classifier_head_of(model: BertForSequenceClassification) -> ClassifierHead:
    weights = _Weights(model)
    return ClassifierHead(Linear(*weights.linear("bert.pooler.dense")), "tanh", Linear(*weights.linear("classifier")))
