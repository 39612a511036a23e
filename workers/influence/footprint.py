"""How much memory the engine needs, counted in tensors.

The counts follow what `forward`, `edges`, `confined` and `refinement` hold at the same time; the factor on top
covers the allocator. Weights are not counted: they are there already.
"""

from dataclasses import dataclass

from workers.influence.blocks.transformer import Transformer

ALLOCATOR = 1.2

# Beyond this size of the widest tensor nothing more is gained: on CPUs it leaves the cache.
WIDEST = {"cpu": 8 * 2**20, "cuda": 512 * 2**20}


@dataclass(frozen=True)
class Footprint:
    """Bytes that one sample of one sentence takes, and the sentence itself."""

    results: int  # whatever the samples: the edges' scores, and the weights of each row's chosen head
    whole: int  # where everything is kept
    kept: int  # of it, by the forward and the backward pass, once more where these are joined
    checkpoint: int  # where layers are made again: what stays for every sample
    working: int  # where layers are made again: what the samples in hand take on top
    widest: int  # the largest single tensor

    @classmethod
    def of(
        cls, transformer: Transformer, length: int, sources: int, beam: int, conductance: bool = False
    ) -> "Footprint":
        """Of a sentence of `length` tokens, patterns sought from `sources` of them, `beam` partial patterns each.

        Args:
            conductance: is it sought too, for which every source's tangents of all nodes are held at once?
        """
        sizes, layers, heads = transformer.layers[0].sizes, len(transformer.layers), transformer.heads
        d, projected, inner = sizes.width, sizes.projected, sizes.inner
        rows = sources * beam
        attention = heads * length * length
        row_attention = heads * rows * length

        forward_and_backward = length * (6 * d + projected + inner) + 2 * attention
        confined = sources * (d + projected)
        starts = (d + projected) * (length + sources)
        pass_one_layer = max(
            length * (2 * inner + 7 * d + projected) + 3 * attention,
            rows * (2 * inner + 11 * d + 3 * projected) + 4 * row_attention,
        )
        pass_one_layer += conductance * (sources + 1) * length * d
        checkpoint = layers * (2 * length + sources) * d + starts + 2 * (d + projected) * max(rows, length)
        whole = layers * (forward_and_backward + confined + 2 * length * d + sources * d) + starts + pass_one_layer
        kept = layers * (forward_and_backward + 2 * length * d) + length * d
        working = forward_and_backward + confined + pass_one_layer
        size = ALLOCATOR * transformer.word_embeddings.element_size()
        widest = max(length, rows) * max(inner, projected)
        return cls(
            int((3 * layers * attention + rows * d * sizes.projected // (3 * heads)) * size),
            int(whole * size),
            int(kept * size),
            int(checkpoint * size),
            int(working * size),
            int(widest * size),
        )


def pattern_bytes(transformer: Transformer, length: int, samples: int) -> int:
    """Of a pattern whose influence is asked for, beside the samples' own: a tangent and a gradient in a layer."""
    sizes = transformer.layers[0].sizes
    each = 4 * (sizes.width + sizes.projected) + 2 * transformer.heads * length
    return int(ALLOCATOR * transformer.word_embeddings.element_size() * each * samples)


@dataclass(frozen=True)
class AblationFootprint:
    """Bytes that one set of one sentence takes in an ablation."""

    kept: int  # what it keeps; of all sets, whatever is worked on
    working: int  # while it runs through the layers
    widest: int  # the largest single tensor

    @classmethod
    def of(cls, transformer: Transformer, length: int) -> "AblationFootprint":
        """Of a sentence of `length` tokens."""
        sizes, layers, heads = transformer.layers[0].sizes, len(transformer.layers), transformer.heads
        attention = heads * length * length
        size = ALLOCATOR * transformer.word_embeddings.element_size()
        return cls(
            int(2 * layers * (heads + 2) * length),  # a byte each, and once more while batched
            int((length * (4 * (sizes.width + sizes.projected + sizes.inner)) + 2 * attention) * size),
            int(length * max(sizes.inner, sizes.projected) * size),
        )
