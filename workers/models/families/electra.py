"""ELECTRA (Clark et al. 2020): BERT whose words' embeddings may be narrower than its residual stream.

The generator has a masked-language-model head. The heads' activation is always gelu.
"""

from transformers import ElectraConfig

from workers.models.families.post_ln import SIZES, ClassifierNames, MaskedLMNames, Names, PostLNFamily

ELECTRA = PostLNFamily(
    model_type="electra",
    config=ElectraConfig,
    masked_lm="ElectraForMaskedLM",
    classifier="ElectraForSequenceClassification",
    bare="ElectraModel",
    names=Names(
        prefix="electra.",
        masked_lm=MaskedLMNames(
            dense="generator_predictions.dense",
            norm="generator_predictions.LayerNorm",
            decoder="generator_lm_head",
            bias=None,
            activation="gelu",
        ),
        classifier=ClassifierNames(dense="classifier.dense", out="classifier.out_proj", activation="gelu"),
        spare=("generator_", "discriminator_predictions.", "classifier."),
    ),
    tokenizers=frozenset({"WordPiece", "WordLevel"}),
    sizes=(*SIZES, "type_vocab_size", "embedding_size"),
)

FAMILY = ELECTRA.family()
