"""How long a plan takes: its multiplications, counted, over the device's speed, measured."""

import time

import torch

from workers.analysis.memory import Batch, Plan, positions
from workers.analysis.settings import Settings
from workers.influence.blocks.transformer import Transformer
from workers.models import Model

OVERHEAD = 1.6
"""Times as long as the products alone: what is done element by element, and what is copied."""
IN_SLICES = 3
"""Times the work, where layers are made again."""
PROBE = 0.05
"""Seconds in which the device's speed is measured."""


def estimate_seconds(model: Model, plan: Plan, settings: Settings) -> float:
    """About how long a plan takes on the model's device."""
    work = sum(multiplications(model.encoder, batch, settings) for batch in plan.batches)
    return OVERHEAD * work / multiplications_per_second(model.encoder)


def multiplications(transformer: Transformer, batch: Batch, settings: Settings) -> float:
    """Of a batch, as `engine` takes its steps: forward and backward, every word's own tangent, edges, patterns."""
    length, sizes = len(batch.sentences[0].ids), transformer.layers[0].sizes
    rows = settings.word_selection().most(len(positions(batch.sentences[0], settings))) * settings.beam
    edges = settings.edges != "none"
    by_weights = (2 + edges) * length + 4 * rows
    if "conductance" in settings.methods:
        by_weights += rows * length
    by_attention = (6 + 4 * edges) * length * length + 4 * rows * length
    each = len(transformer.layers) * (by_weights * sizes.multiplications + by_attention * sizes.width)
    again = 1 if batch.slice_size is None else IN_SLICES
    return float(each) * settings.usual_points * len(batch.sentences) * again


def multiplications_per_second(transformer: Transformer) -> float:
    """Of products as a layer's: many rows by a matrix of the residual stream's width."""
    embeddings = transformer.word_embeddings
    rows = embeddings.new_ones(1024, transformer.width)
    matrix = embeddings.new_ones(transformer.width, 2 * transformer.width)
    seconds, count = 0.0, 1
    torch.mm(rows, matrix)  # libraries load
    while seconds < PROBE:
        count *= 2
        start = time.perf_counter()
        for _ in range(count):
            torch.mm(rows, matrix)
        if embeddings.device.type == "cuda":
            torch.cuda.synchronize(embeddings.device)
        seconds = time.perf_counter() - start
    return count * 1024 * matrix.numel() / seconds
