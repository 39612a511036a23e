"""Ablated accuracy: how often the model is still right when only the nodes and components of patterns are kept."""
