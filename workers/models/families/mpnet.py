"""MPNet (Song et al. 2020): RoBERTa without segments, whose attention scores have a bias by distance.

The padding token's id is 1, whatever config.json says. The head's activation is always gelu.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from transformers import MPNetConfig

from cypher.errors import ModelError
from workers.models.families.post_ln import (
    BUCKETS,
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
    """BERT's, but for the first position."""
    return replace(bert_dimensions(config), first=2)


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
    bare="MPNetModel",
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
    skips_padding=True,
    sizes=SIZES,
    relative="encoder.relative_attention_bias.weight",
    extra_check=check_buckets,
)

FAMILY = MPNET.family()
