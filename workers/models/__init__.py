"""Pretrained models: their weights in the form the rules need, and instances as they read them."""

from workers.models.encoded import Encoded
from workers.models.loading import load_model
from workers.models.model import Model

__all__ = ["Encoded", "Model", "load_model"]
