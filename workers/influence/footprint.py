"""How much memory the engine needs, counted in tensors.

The counts follow what `forward`, `edges`, `confined` and `refinement` hold at the same time; the factor on top
covers the allocator. Weights are not counted: they are there already.
"""

from dataclasses import dataclass

from workers.influence.blocks.encoder import Encoder

ALLOCATOR = 1.2

# Beyond this size of the widest tensor nothing more is gained: on CPUs it leaves the cache.
WIDEST = {"cpu": 8 * 2**20, "cuda": 512 * 2**20}


@dataclass(frozen=True)
class Footprint:
    """Bytes that one sample of one sentence takes, and the sentence itself."""

    results: int  # whatever the samples: the edges' scores, and the weights of each row's chosen head
    whole: int  # where everything is kept
    checkpoint: int  # where layers are made again: what stays for every sample
    working: int  # where layers are made again: what the samples in hand take on top
    widest: int  # the largest single tensor

    @classmethod
    def of(cls, encoder: Encoder, length: int, sources: int, beam: int, conductance: bool = False) -> "Footprint":
        """Of a sentence of `length` tokens, patterns sought from `sources` of them, `beam` partial patterns each.

        Args:
            conductance: is it sought too, for which every source's tangents of all nodes are held at once?
        """
        d, ff = encoder.width, encoder.layers[0].up_weight.shape[0]
        layers, heads = len(encoder.layers), encoder.heads
        rows = sources * beam
        attention = heads * length * length
        row_attention = heads * rows * length

        forward_and_backward = length * (9 * d + ff) + 2 * attention
        confined = sources * 4 * d
        starts = 4 * d * (length + sources)
        pass_one_layer = max(length * (2 * ff + 10 * d) + 3 * attention, rows * (2 * ff + 20 * d) + 4 * row_attention)
        pass_one_layer += conductance * (sources + 1) * length * d
        checkpoint = layers * (2 * length + sources) * d + starts + 8 * d * max(rows, length)
        whole = layers * (forward_and_backward + confined + 2 * length * d + sources * d) + starts + pass_one_layer
        working = forward_and_backward + confined + pass_one_layer
        size = ALLOCATOR * encoder.words.element_size()
        widest = max(length, rows) * max(ff, 3 * d)
        return cls(
            int((3 * layers * attention + rows * d * encoder.head_width) * size),
            int(whole * size),
            int(checkpoint * size),
            int(working * size),
            int(widest * size),
        )


def pattern_bytes(encoder: Encoder, length: int, samples: int) -> int:
    """Of a pattern whose influence is asked for, beside the samples' own: a tangent and a gradient in a layer."""
    each = 16 * encoder.width + 2 * encoder.heads * length
    return int(ALLOCATOR * encoder.words.element_size() * each * samples)


@dataclass(frozen=True)
class AblationFootprint:
    """Bytes that one set of one sentence takes in an ablation."""

    kept: int  # what it keeps; of all sets, whatever is worked on
    working: int  # while it runs through the layers
    widest: int  # the largest single tensor

    @classmethod
    def of(cls, encoder: Encoder, length: int) -> "AblationFootprint":
        """Of a sentence of `length` tokens."""
        d, ff = encoder.width, encoder.layers[0].up_weight.shape[0]
        attention = encoder.heads * length * length
        size = ALLOCATOR * encoder.words.element_size()
        return cls(
            int(2 * len(encoder.layers) * (encoder.heads + 2) * length),  # a byte each, and once more while batched
            int((length * (16 * d + 4 * ff) + 2 * attention) * size),
            int(length * max(ff, 3 * d) * size),
        )
