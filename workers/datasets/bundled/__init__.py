"""The bundled model: a small BERT trained on the project's own language, and how it was trained."""

from pathlib import Path

MODEL = Path(__file__).parent / "model"
"""The directory of its weights, tokenizer and model card, as `from_pretrained` takes it."""
