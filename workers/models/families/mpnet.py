"""MPNet (Song et al. 2020): RoBERTa without segments, whose attention scores have a bias by distance.

The padding token's id is 1, whatever config.json says. The head's activation is always gelu.
"""

from collections.abc import Mapping
from typing import Any

from transformers import MPNetConfig

from cypher.errors import ModelError
from workers.models.families.post_ln import (
    BUCKETS,
    ClassifierNames,
    Dimensions,
    LayerNames,
    MaskedLMNames,
    Names,
    PostLNFamily,
)


def dimensions(config: Any) -> Dimensions:
    """BERT's, without segments."""
    return Dimensions(
        words=config.vocab_size,
        embedding=config.hidden_size,
        width=config.hidden_size,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        inner=config.intermediate_size,
        positions=config.max_position_embeddings,
        first=2,
        types=0,
        activation=config.hidden_act,
        eps=config.layer_norm_eps,
    )


def check_buckets(raw: Mapping[str, Any], where: str) -> None:
    """Has the bias as many buckets as the library computes?"""
    buckets = raw.get("relative_attention_num_buckets", BUCKETS)
    if buckets < BUCKETS:
        problem = f"{buckets} is too few: the library computes {BUCKETS}"
        raise ModelError("relative_attention_num_buckets", problem, "Use a sound checkpoint.", where)


MPNET = PostLNFamily(
    model_type="mpnet",
    config=MPNetConfig,
    masked_lm="MPNetForMaskedLM",
    classifier="MPNetForSequenceClassification",
    names=Names(
        prefix="mpnet.",
        masked_lm=MaskedLMNames(
            dense="lm_head.dense",
            norm="lm_head.layer_norm",
            decoder="lm_head.decoder",
            bias="lm_head.bias",
            activation="gelu",
        ),
        classifier=ClassifierNames(dense="classifier.dense", out="classifier.out_proj"),
        spare=("mpnet.pooler.", "pooler.", "lm_head.", "classifier."),
        layer_parts=LayerNames(
            query="attention.attn.q",
            key="attention.attn.k",
            value="attention.attn.v",
            output="attention.attn.o",
            norm1="attention.LayerNorm",
        ),
    ),
    tokenizers=frozenset({"WordPiece", "WordLevel"}),
    dimensions=dimensions,
    sizes=(
        "vocab_size",
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "intermediate_size",
        "max_position_embeddings",
    ),
    relative="encoder.relative_attention_bias.weight",
    extra_check=check_buckets,
)

FAMILY = MPNET.family()
