"""DistilBERT (Sanh et al. 2019): BERT without segments and pooler, under names of its own."""

from typing import Any

from transformers import DistilBertConfig

from workers.models.families.post_ln import (
    ClassifierNames,
    Dimensions,
    LayerNames,
    MaskedLMNames,
    Names,
    PostLNFamily,
)


def dimensions(config: Any) -> Dimensions:
    """Under the names that DistilBERT's config has for them."""
    return Dimensions(
        words=config.vocab_size,
        embedding=config.dim,
        width=config.dim,
        layers=config.n_layers,
        heads=config.n_heads,
        inner=config.hidden_dim,
        positions=config.max_position_embeddings,
        first=0,
        types=0,
        activation=config.activation,
        eps=1e-12,
    )


DISTILBERT = PostLNFamily(
    model_type="distilbert",
    config=DistilBertConfig,
    masked_lm="DistilBertForMaskedLM",
    classifier="DistilBertForSequenceClassification",
    bare="DistilBertModel",
    names=Names(
        prefix="distilbert.",
        masked_lm=MaskedLMNames(dense="vocab_transform", norm="vocab_layer_norm", decoder="vocab_projector", bias=None),
        classifier=ClassifierNames(dense="pre_classifier", out="classifier", activation="relu"),
        spare=("vocab_", "pre_classifier.", "classifier."),
        layer=lambda config, index: f"transformer.layer.{index}",
        layer_parts=LayerNames(
            query="attention.q_lin",
            key="attention.k_lin",
            value="attention.v_lin",
            output="attention.out_lin",
            norm1="sa_layer_norm",
            up="ffn.lin1",
            down="ffn.lin2",
            norm2="output_layer_norm",
        ),
        whole="transformer.",
    ),
    tokenizers=frozenset({"WordPiece", "WordLevel"}),
    dimensions=dimensions,
    sizes=("vocab_size", "dim", "n_layers", "n_heads", "hidden_dim", "max_position_embeddings"),
)

FAMILY = DISTILBERT.family()
