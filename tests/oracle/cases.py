"""One sentence put to a random encoder, as the engine and as the brute force take it; and drawn by hypothesis."""

from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor

from tests.oracle.brute_force import BruteForce
from tests.oracle.random_transformer import BLOCKS, random_classifier_head, random_masked_lm_head, random_transformer
from workers.influence.blocks.feed_forward import Activation
from workers.influence.blocks.transformer import Transformer
from workers.influence.engine import Influence, influence
from workers.influence.interest import Around, Distribution, Interest, Line
from workers.influence.passes.forward import Sentences

BASELINE = 0
VOCAB = 20
INTERESTS = ("masked-lm", "two-classes", "four-classes", "cosine", "custom")


def interest_of(transformer: Transformer, kind: str, activation: Activation = "gelu") -> Interest:
    """A quantity of interest of each kind; the same one for every sentence of a batch."""
    if kind == "masked-lm":
        masked_lm = random_masked_lm_head(transformer, activation)

        def difference(hidden: Tensor) -> Tensor:
            batch = len(hidden)
            return masked_lm.difference(hidden, torch.full((batch,), 5), torch.full((batch,), 6))

        return difference
    if kind == "cosine":
        generator = torch.Generator().manual_seed(len(transformer.layers))
        reference = torch.randn(transformer.width, generator=generator, dtype=transformer.dtype)
        return lambda hidden: torch.cosine_similarity(hidden, reference, dim=-1)
    if kind == "custom":
        return lambda hidden: (hidden**2).sum(-1) * torch.tanh(hidden[..., 0])
    classifier = random_classifier_head(transformer, 2 if kind == "two-classes" else 4)
    return lambda hidden: classifier.difference(hidden, torch.ones(len(hidden), dtype=torch.long))


@dataclass(frozen=True)
class Case:
    """One sentence, its quantity and its distribution of interest."""

    transformer: Transformer
    ids: tuple[int, ...]
    target: int
    interest: Interest
    sampling: str = "trapezoid"
    samples: int = 4
    distribution: str = "line"
    amount: float = 0.0  # alpha of a point, or a scale
    baseline: int | None = BASELINE

    @property
    def brute_force(self) -> BruteForce:
        return BruteForce(
            self.transformer,
            self.ids,
            self.target,
            self.interest,
            self.baseline,
            self.sampling,
            self.samples,
            self.distribution,
            self.amount,
        )

    @property
    def engine_input(self) -> tuple[Sentences, Distribution]:
        sentences = Sentences(torch.tensor([self.ids]), torch.tensor([self.target]), self.baseline, self.interest)
        return sentences, self.points()

    def points(self) -> Distribution:
        """The distribution of interest, as the engine takes it."""
        if self.distribution == "line":
            return Line.of(self.sampling, self.samples, self.transformer.word_embeddings)
        if self.distribution == "point":
            return Line.at(self.amount, like=self.transformer.word_embeddings)
        assert self.distribution in ("gaussian", "uniform")
        return Around.of(self.distribution, self.amount, self.samples, self.transformer.word_embeddings)

    def influence(self, sources: tuple[int, ...] | None = None, **options: Any) -> dict[str, Tensor]:
        """What the engine computes of this sentence alone; `sources` None: every position."""
        sources = tuple(range(len(self.ids))) if sources is None else sources
        chosen = torch.tensor([sources], dtype=torch.long)
        return tensors_of(influence(self.transformer, *self.engine_input, chosen, **options))


def tensors_of(found: Influence) -> dict[str, Tensor]:
    """Every tensor of a result but its sources by its dotted name, such as `edges.skip`, where it was computed."""
    tensors: dict[str, Tensor] = {}
    for name, value in vars(found).items():
        if name in ("sources", "wanted"):
            continue
        if isinstance(value, Tensor):
            tensors[name] = value
        elif isinstance(value, tuple):
            for baseline in value:
                level = "embedding" if baseline.components is None else "attention"
                inner = {name: each for name, each in vars(baseline).items() if isinstance(each, Tensor)}
                tensors |= {f"baselines.{baseline.method}.{level}.{name}": each for name, each in inner.items()}
        elif value is not None and not isinstance(value, int):
            tensors |= {f"{name}.{inner}": tensor for inner, tensor in vars(value).items()}
    return tensors


def random_case(
    layers: int = 2,
    heads: int = 2,
    head_width: int = 3,
    ids: tuple[int, ...] = (5, 3, 0, 5),
    target: int = 2,
    *,
    block: str = "post-ln",
    activation: Activation = "gelu",
    scale: float = 0.5,
    seed: int = 0,
    kind: str = "masked-lm",
    sampling: str = "trapezoid",
    samples: int = 4,
    distribution: str = "line",
    amount: float = 0.0,
    baseline: int | None = BASELINE,
) -> Case:
    """A sentence for a transformer drawn from `seed`."""
    sizes = (layers, heads, head_width)
    transformer = random_transformer(*sizes, block=block, vocab=VOCAB, activation=activation, scale=scale, seed=seed)
    interest = interest_of(transformer, kind, activation)
    return Case(transformer, ids, target, interest, sampling, samples, distribution, amount, baseline)


@st.composite
def shapes(
    draw: st.DrawFn, max_layers: int = 6, max_heads: int = 8, max_length: int = 12, max_samples: int = 4
) -> dict[str, Any]:
    """Arguments of `random_case`: repeated words, targets first, last and between, every block, activation,
    distribution, sampling and kind of baseline.
    """
    length = draw(st.integers(1, max_length))
    target = draw(st.sampled_from([0, length - 1, length // 2]))
    kind = draw(st.sampled_from(INTERESTS))
    few_words = st.integers(1, draw(st.sampled_from([2, VOCAB - 1])))
    ids = draw(st.lists(few_words, min_size=length, max_size=length))
    if kind == "masked-lm":
        ids[target] = BASELINE
    sampling = draw(st.sampled_from(["trapezoid", "paper", "gauss-legendre"]))
    distribution = draw(st.sampled_from(["line", "point", "gaussian", "uniform"]))
    return {
        "layers": draw(st.integers(1, max_layers)),
        "heads": draw(st.integers(1, max_heads)),
        "head_width": draw(st.integers(2, 4)),
        "ids": tuple(ids),
        "target": target,
        "block": draw(st.sampled_from(BLOCKS)),
        "activation": draw(st.sampled_from(["gelu", "gelu_tanh", "relu"])),
        "scale": draw(st.sampled_from([0.3, 0.6, 1.0])),
        "seed": draw(st.integers(0, 10**6)),
        "kind": kind,
        "sampling": sampling,
        "samples": draw(st.integers(1 if sampling == "gauss-legendre" else 2, max_samples)),
        "distribution": distribution,
        "amount": draw(st.sampled_from([0.0, 0.3, 1.0] if distribution == "point" else [0.1, 1.0])),
        "baseline": draw(st.sampled_from([BASELINE, None, VOCAB - 1])),
    }
