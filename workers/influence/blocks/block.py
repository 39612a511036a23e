"""What a layer of a transformer is to the engine: three stages around the residual stream, and attention between them.

1. *Project*: from the residual stream h at a layer's input to queries, keys and values, `h → q, k, v`.
2. Attention, the same for all layers (`attention`): `q, k, v → o`, every head's output.
3. *Combine*: heads' outputs and the skip connection add up, `o, h → u`.
4. *Finish*: the feed-forward block, `u, h → h'`, the residual stream at the layer's output.

Each stage is linearised where it is computed: beside its output it gives what carries tangents forward (a
Jacobian-vector product, `jvp`) and gradients backward (a vector-Jacobian product, `vjp`) at chosen nodes; stages of
several runs of samples can be `joined`. Every pass calls these and knows no weight by name: a layer of another kind is
another subclass of `Block`.

The *skip* is everything that is not attention. In a sequential layer it enters at u alone; in a parallel one, where the
feed-forward block reads h, it goes through `finish` as well.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from jaxtyping import Float, Int
from torch import Tensor

from workers.influence.blocks.layout import Nodes, Selection, take

QUERY, KEY_VALUE, QUERY_KEY_VALUE = slice(0, 1), slice(1, 3), slice(0, 3)
"""Which of query, key and value stand side by side in a tensor."""


class Projected(NamedTuple):
    """Query, key and value of nodes, per head; where query heads share keys and values, these are repeated."""

    query: Float[Tensor, "batch sample head query dh"]  # times the scale of the scores
    key: Float[Tensor, "batch sample head node dh"]
    value: Float[Tensor, "batch sample head node dh"]
    bias: Float[Tensor, "#batch 1 #head query node"] | None = None  # of the scores, by positions alone
    distances: "Distances | None" = None  # what queries and keys meet besides each other


@dataclass(frozen=True)
class Distances:
    """Keys and queries of distances, beside those of words: `s_jk = q_j·(k_k + κ_jk) + k_k·ρ_jk` (DeBERTa)."""

    key: Float[Tensor, "head distance dh"] | None  # κ
    query: Float[Tensor, "head distance dh"] | None  # ρ, times the scale of the scores
    index: Int[Tensor, "#batch query node"]  # the distance of each pair

    def at(self, queries: Nodes) -> Int[Tensor, "#batch 1 1 row place node"]:
        """Each pair's distance at rows' queries, one a row; None: one row of all queries."""
        if queries is None:
            return self.index[:, None, None, None]
        index = self.index.expand(len(queries), -1, -1)
        return take(index, queries)[:, None, None, :, None]


@dataclass(frozen=True)
class Skip:
    """What tangents bring into the skip connection."""

    tangent: Float[Tensor, "batch row sample d"]
    gate: Float[Tensor, "batch row 1 1"] | None = None  # 0 where a row has no way through it; None: all have

    def add_to(self, others: Float[Tensor, "batch row sample d"]) -> Float[Tensor, "batch row sample d"]:
        """The sum with other tangents, which it overwrites."""
        return others.add_(self.tangent) if self.gate is None else others.addcmul_(self.tangent, self.gate)


@dataclass(frozen=True)
class Sizes:
    """What one node takes in a layer: numbers that are held, and work."""

    width: int  # of the residual stream
    projected: int  # query, key and value of all heads
    inner: int  # of the widest tensor within `finish`
    multiplications: int  # by a weight, in one forward pass
    pairs: int = 3  # numbers of each head and pair of nodes that a pass through the layer holds at once


class Stage(ABC):
    """A stage, linearised where it was computed."""

    @classmethod
    @abstractmethod
    def joined(cls, runs: Sequence[Any], selection: Selection) -> Any:
        """The chosen sentences' stage over all runs of samples, of its own kind, as if these had been one run."""


class Projection(Stage):
    """`project`, linearised at a layer's nodes."""

    @abstractmethod
    def jvp(
        self, tangent: Float[Tensor, "batch row sample d"], nodes: Nodes
    ) -> Float[Tensor, "batch row sample projected"]:
        """Tangents of query, key and value, side by side, heads in order within each."""

    @abstractmethod
    def vjp(
        self, gradient: Float[Tensor, "batch row sample projected"], nodes: Nodes, kinds: slice = QUERY_KEY_VALUE
    ) -> Float[Tensor, "batch row sample d"]:
        """Gradient at the layer's input, of that at query, key and value side by side, or those `kinds` of them."""


class Combination(Stage):
    """`combine`, linearised at a layer's queries."""

    @abstractmethod
    def jvp(
        self, heads: Float[Tensor, "batch row sample heads_dh"], skip: Skip, nodes: Nodes
    ) -> Float[Tensor, "batch row sample d"]:
        """Tangent at u, of the tangents of all heads' outputs and of the skip connection."""

    @abstractmethod
    def jvp_of_head(
        self, output: Float[Tensor, "batch row sample dh"], head: Int[Tensor, "batch row"], nodes: Nodes
    ) -> Float[Tensor, "batch row sample d"]:
        """Tangent at u, of the tangent of one head's output a row."""

    @abstractmethod
    def vjp(
        self, gradient: Float[Tensor, "batch row sample d"], nodes: Nodes
    ) -> Float[Tensor, "batch row sample heads_dh"]:
        """Gradient at the heads' outputs, of that at u; at the skip connection it is that at u itself."""


class Finish(Stage):
    """`finish`, linearised at a layer's queries."""

    @abstractmethod
    def jvp(
        self, tangent: Float[Tensor, "batch row sample d"], skip: Skip, nodes: Nodes
    ) -> Float[Tensor, "batch row sample d"]:
        """Tangent at the layer's output, of that at u and of that of the skip connection, where it reads h."""

    @abstractmethod
    def vjp(
        self, gradient: Float[Tensor, "batch row sample d"], nodes: Nodes
    ) -> tuple[Float[Tensor, "batch row sample d"], Float[Tensor, "batch row sample d"]]:
        """Gradients at u and at the skip connection, of that at the layer's output; the same where it reads u alone."""


class Block(ABC):
    """One layer."""

    @property
    @abstractmethod
    def heads(self) -> int:
        """Query heads."""

    @property
    @abstractmethod
    def sizes(self) -> Sizes: ...

    @abstractmethod
    def project(
        self, hidden: Float[Tensor, "batch node sample d"], queries: Int[Tensor, "batch query"] | None
    ) -> tuple[Projected, Projection]:
        """Query, key and value; queries of all nodes, or only of the `queries`."""

    @abstractmethod
    def combine(
        self, heads: Float[Tensor, "batch query sample heads_dh"], skip: Float[Tensor, "batch query sample d"]
    ) -> tuple[Float[Tensor, "batch query sample d"], Combination]:
        """u, of the heads' outputs side by side and h."""

    @abstractmethod
    def finish(
        self, summed: Float[Tensor, "batch query sample d"], skip: Float[Tensor, "batch query sample d"]
    ) -> tuple[Float[Tensor, "batch query sample d"], Finish]:
        """The layer's output, of u and h."""
