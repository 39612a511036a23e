"""ALBERT (Lan et al. 2020): BERT with narrow words' embeddings, whose layers share their weights by groups."""

from dataclasses import replace
from typing import Any

from transformers import AlbertConfig

from workers.models.families.post_ln import (
    SIZES,
    ClassifierNames,
    Dimensions,
    LayerNames,
    MaskedLMNames,
    Names,
    PostLNFamily,
    bert_dimensions,
)


def dimensions(config: Any) -> Dimensions:
    """BERT's; a group may hold several layers, which are all run in each of its turns."""
    size = bert_dimensions(config)
    return replace(size, layers=size.layers * config.inner_group_num)


def layer(config: Any, index: int) -> str:
    """The name of the weights of a layer."""
    turn, inner = divmod(index, config.inner_group_num)
    group = int(turn / (config.num_hidden_layers / config.num_hidden_groups))  # as the library rounds it
    return f"encoder.albert_layer_groups.{group}.albert_layers.{inner}"


ALBERT = PostLNFamily(
    model_type="albert",
    config=AlbertConfig,
    masked_lm="AlbertForMaskedLM",
    classifier="AlbertForSequenceClassification",
    bare="AlbertModel",
    names=Names(
        prefix="albert.",
        masked_lm=MaskedLMNames(
            dense="predictions.dense",
            norm="predictions.LayerNorm",
            decoder="predictions.decoder",
            bias="predictions.bias",
        ),
        classifier=ClassifierNames(dense="albert.pooler", out="classifier"),
        spare=("albert.pooler.", "pooler.", "predictions.", "sop_classifier.", "classifier."),
        layer=layer,
        layer_parts=LayerNames(
            query="attention.query",
            key="attention.key",
            value="attention.value",
            output="attention.dense",
            norm1="attention.LayerNorm",
            up="ffn",
            down="ffn_output",
            norm2="full_layer_layer_norm",
        ),
        projection="encoder.embedding_hidden_mapping_in",
        always_projected=True,
    ),
    tokenizers=frozenset({"Unigram", "WordPiece", "WordLevel"}),
    dimensions=dimensions,
    sizes=(*SIZES, "type_vocab_size", "embedding_size", "num_hidden_groups", "inner_group_num"),
    undecided=frozenset({"AlbertForPreTraining"}),
)

FAMILY = ALBERT.family()
