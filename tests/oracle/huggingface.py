"""Small random Hugging Face BERTs, and the `Encoder` and head read from one, weight by weight."""

import math

import torch
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification

from workers.influence.encoder import Activation, Encoder, Layer, LayerNorm
from workers.influence.heads import ClassifierHead, MaskedLMHead

ACTIVATION: dict[str, Activation] = {"gelu": "gelu", "gelu_new": "gelu_tanh", "relu": "relu"}


def random_bert(
    kind: type[BertForMaskedLM] | type[BertForSequenceClassification],
    *,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
    **config: object,
) -> BertForMaskedLM | BertForSequenceClassification:
    """In eval mode, with norms and biases moved away from their initial ones and zeros."""
    torch.manual_seed(seed)
    model = kind(BertConfig(**config)).eval().to(dtype)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "LayerNorm.weight" in name:
                parameter.uniform_(0.5, 1.5)
            elif name.endswith("bias"):
                parameter.normal_(std=0.2)
    return model.requires_grad_(False)


def _norm(module: torch.nn.LayerNorm) -> LayerNorm:
    return LayerNorm(module.weight.detach(), module.bias.detach(), module.eps)


def encoder_of(model: BertForMaskedLM | BertForSequenceClassification) -> Encoder:
    """The encoder of a Hugging Face BERT."""
    bert, config = model.bert, model.config
    scale = 1 / math.sqrt(config.hidden_size // config.num_attention_heads)
    layers = []
    for block in bert.encoder.layer:
        attention = block.attention.self
        parts = ((attention.query, scale), (attention.key, 1.0), (attention.value, 1.0))
        layers.append(
            Layer(
                torch.cat([part.weight.detach() * factor for part, factor in parts]),
                torch.cat([part.bias.detach() * factor for part, factor in parts]),
                block.attention.output.dense.weight.detach(),
                block.attention.output.dense.bias.detach(),
                _norm(block.attention.output.LayerNorm),
                block.intermediate.dense.weight.detach(),
                block.intermediate.dense.bias.detach(),
                block.output.dense.weight.detach(),
                block.output.dense.bias.detach(),
                _norm(block.output.LayerNorm),
            )
        )
    embeddings = bert.embeddings
    return Encoder(
        embeddings.word_embeddings.weight.detach(),
        embeddings.position_embeddings.weight.detach(),
        embeddings.token_type_embeddings.weight.detach()[0],
        _norm(embeddings.LayerNorm),
        tuple(layers),
        config.num_attention_heads,
        ACTIVATION[config.hidden_act],
    )


def masked_lm_head_of(model: BertForMaskedLM) -> MaskedLMHead:
    predictions = model.cls.predictions
    return MaskedLMHead(
        predictions.transform.dense.weight.detach(),
        predictions.transform.dense.bias.detach(),
        ACTIVATION[model.config.hidden_act],
        _norm(predictions.transform.LayerNorm),
        predictions.decoder.weight.detach(),
        predictions.decoder.bias.detach(),
    )


def classifier_head_of(model: BertForSequenceClassification) -> ClassifierHead:
    return ClassifierHead(
        model.bert.pooler.dense.weight.detach(),
        model.bert.pooler.dense.bias.detach(),
        model.classifier.weight.detach(),
        model.classifier.bias.detach(),
    )
