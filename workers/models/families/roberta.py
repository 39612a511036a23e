"""RoBERTa (Liu et al. 2019), and what is built like it: XLM-RoBERTa and CamemBERT.

Positions are counted from behind the padding token's id on. The head's activation is always gelu.
"""

from dataclasses import replace
from typing import Any

from transformers import CamembertConfig, RobertaConfig, XLMRobertaConfig

from workers.models.families.post_ln import (
    ClassifierNames,
    Dimensions,
    MaskedLMNames,
    Names,
    PostLNFamily,
    bert_dimensions,
)

NAMES = Names(
    prefix="roberta.",
    masked_lm=MaskedLMNames(
        dense="lm_head.dense",
        norm="lm_head.layer_norm",
        decoder="lm_head.decoder",
        bias="lm_head.bias",
        activation="gelu",
    ),
    classifier=ClassifierNames(dense="classifier.dense", out="classifier.out_proj"),
    spare=("roberta.pooler.", "pooler.", "lm_head.", "classifier."),
)


def dimensions(config: Any) -> Dimensions:
    """BERT's, but for the first position."""
    return replace(bert_dimensions(config), first=config.pad_token_id + 1)


ROBERTA = PostLNFamily(
    model_type="roberta",
    config=RobertaConfig,
    masked_lm="RobertaForMaskedLM",
    classifier="RobertaForSequenceClassification",
    bare="RobertaModel",
    names=NAMES,
    tokenizers=frozenset({"BPE"}),
    dimensions=dimensions,
    skips_padding=True,
)
XLM_ROBERTA = replace(
    ROBERTA,
    model_type="xlm-roberta",
    config=XLMRobertaConfig,
    masked_lm="XLMRobertaForMaskedLM",
    classifier="XLMRobertaForSequenceClassification",
    bare="XLMRobertaModel",
    tokenizers=frozenset({"Unigram"}),
)
CAMEMBERT = replace(
    XLM_ROBERTA,
    model_type="camembert",
    config=CamembertConfig,
    masked_lm="CamembertForMaskedLM",
    classifier="CamembertForSequenceClassification",
    bare="CamembertModel",
)

FAMILIES = tuple(family.family() for family in (ROBERTA, XLM_ROBERTA, CAMEMBERT))
