"""How much memory the engine needs, counted in tensors.

The counts follow what `forward`, `edges`, `confined` and `refinement` hold at the same time; the factor on top
covers the allocator. Weights are not counted: they are there already.
"""

from dataclasses import dataclass

from workers.influence.blocks.transformer import Transformer

ALLOCATOR = {"cpu": 1.5, "cuda": 1.2}
"""Bytes that a device's allocator holds for each that is asked for: what lies between blocks, and is not given back."""

AGAIN = 1.25
"""The same of layers that are made again: blocks that were freed are not where the next ones fit."""

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
        rows, attention = sources * beam, heads * length * length
        tangent, row_attention = d + projected, heads * sources * beam * length

        # One layer, forward (normalised twice) and backward; of the last one only the target's queries.
        facts = length * (4 * d + projected + 2 * projected // 3 + inner) + 2 * attention
        ends = 2 * layers * length * d  # every layer's input and output gradient
        starts = length * (d + projected) + sources * tangent
        confined = sources * tangent  # one layer's gradients, where no two paths share a suffix

        # What a layer's step takes besides: old and new tangents, and the largest of what it computes on the way.
        everything = max(sizes.pairs * attention + length * d, 2 * length * inner)
        search = max(sizes.pairs * row_attention, 2 * rows * inner) + 3 * rows * d + (beam > 1) * rows * tangent
        conductances = conductance * (6 * sources * length * d // 5 + sizes.pairs * attention + 6 * length * d)
        moved = 2 * max(rows, length) * tangent

        kept = (layers - 1) * facts + ends + length * tangent + attention // length
        all_confined = layers * (confined + sources * d)
        whole = kept + starts + max(moved + everything, moved + search + all_confined, conductances)
        checkpoint = ends + starts + moved + layers * sources * d
        working = AGAIN * (facts + max(everything, search + confined, conductances))
        size = ALLOCATOR[transformer.device.type] * transformer.word_embeddings.element_size()
        widest = max(length, rows) * max(inner, projected)
        return cls(
            int((3 * layers * attention + rows * d * projected // (3 * heads)) * size),
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
    return int(ALLOCATOR[transformer.device.type] * transformer.word_embeddings.element_size() * each * samples)


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
        size = ALLOCATOR[transformer.device.type] * transformer.word_embeddings.element_size()
        return cls(
            int(2 * layers * (heads + 2) * length),  # a byte each, and once more while batched
            int((length * (4 * (sizes.width + sizes.projected + sizes.inner)) + 2 * attention) * size),
            int(length * max(sizes.inner, sizes.projected) * size),
        )
