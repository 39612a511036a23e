"""Hugging Face's BERT (Devlin et al. 2019)."""

from transformers import BertConfig

from workers.models.families.post_ln import ClassifierNames, MaskedLMNames, Names, PostLNFamily

BERT = PostLNFamily(
    model_type="bert",
    config=BertConfig,
    masked_lm="BertForMaskedLM",
    classifier="BertForSequenceClassification",
    bare="BertModel",
    names=Names(
        prefix="bert.",
        masked_lm=MaskedLMNames(
            dense="cls.predictions.transform.dense",
            norm="cls.predictions.transform.LayerNorm",
            decoder="cls.predictions.decoder",
            bias="cls.predictions.bias",
        ),
        classifier=ClassifierNames(dense="bert.pooler.dense", out="classifier"),
        spare=("bert.pooler.", "pooler.", "cls."),
    ),
    tokenizers=frozenset({"WordPiece", "WordLevel"}),
    undecided=frozenset({"BertForPreTraining"}),
)

FAMILY = BERT.family()
