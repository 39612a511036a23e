"""One sentence put to a random encoder: as the engine takes it, as the brute force takes it, and drawn by hypothesis."""

from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from torch import Tensor

from tests.oracle.brute_force import BruteForce
from tests.oracle.random_encoder import random_classifier_head, random_encoder, random_masked_lm_head
from workers.influence.encoder import Activation, Encoder
from workers.influence.engine import Influence, influence
from workers.influence.forward import Sentences
from workers.influence.interest import Interest, Line

BASELINE = 0
VOCAB = 20
INTERESTS = ("masked-lm", "two-classes", "four-classes", "custom")


def interest_of(encoder: Encoder, kind: str) -> Interest:
    """A quantity of interest of each kind; the same one for every sentence of a batch."""
    if kind == "masked-lm":
        masked_lm = random_masked_lm_head(encoder)

        def difference(hidden: Tensor) -> Tensor:
            batch = len(hidden)
            return masked_lm.difference(hidden, torch.full((batch,), 5), torch.full((batch,), 6))

        return difference
    if kind == "custom":
        return lambda hidden: (hidden**2).sum(-1) * torch.tanh(hidden[..., 0])
    classifier = random_classifier_head(encoder, 2 if kind == "two-classes" else 4)
    return lambda hidden: classifier.difference(hidden, torch.ones(len(hidden), dtype=torch.long))


@dataclass(frozen=True)
class Case:
    """One sentence, its quantity of interest and the sampling."""

    encoder: Encoder
    ids: tuple[int, ...]
    target: int
    interest: Interest
    sampling: str = "trapezoid"
    samples: int = 4

    @property
    def brute_force(self) -> BruteForce:
        return BruteForce(
            self.encoder, self.ids, self.target, self.interest, BASELINE, self.sampling, self.samples
        )

    def influence(self, sources: tuple[int, ...] | None = None, **options) -> Influence:
        """What the engine computes of this sentence alone; `sources` None: every position."""
        sources = tuple(range(len(self.ids))) if sources is None else sources
        return influence(
            self.encoder,
            Sentences(torch.tensor([self.ids]), torch.tensor([self.target]), BASELINE, self.interest),
            Line.of(self.sampling, self.samples, self.encoder.words),
            torch.tensor([sources], dtype=torch.long),
            **options,
        )


def random_case(
    layers: int = 2,
    heads: int = 2,
    head_width: int = 3,
    ids: tuple[int, ...] = (5, 3, 0, 5),
    target: int = 2,
    *,
    activation: Activation = "gelu",
    scale: float = 0.5,
    seed: int = 0,
    kind: str = "masked-lm",
    sampling: str = "trapezoid",
    samples: int = 4,
) -> Case:
    """A sentence for an encoder drawn from `seed`."""
    encoder = random_encoder(
        layers, heads, head_width, vocab=VOCAB, activation=activation, scale=scale, seed=seed
    )
    return Case(encoder, ids, target, interest_of(encoder, kind), sampling, samples)


@st.composite
def cases(
    draw: st.DrawFn, max_layers: int = 6, max_heads: int = 8, max_length: int = 12, max_samples: int = 4
) -> Case:
    """Shapes, repeated words, targets first, last and between, every activation, quantity of interest and sampling."""
    length = draw(st.integers(1, max_length))
    target = draw(st.sampled_from([0, length - 1, length // 2]))
    kind = draw(st.sampled_from(INTERESTS))
    few_words = st.integers(1, draw(st.sampled_from([2, VOCAB - 1])))
    ids = draw(st.lists(few_words, min_size=length, max_size=length))
    if kind == "masked-lm":
        ids[target] = BASELINE
    sampling = draw(st.sampled_from(["trapezoid", "paper", "gauss-legendre"]))
    return random_case(
        draw(st.integers(1, max_layers)),
        draw(st.integers(1, max_heads)),
        draw(st.integers(1, 4)),
        tuple(ids),
        target,
        activation=draw(st.sampled_from(["gelu", "gelu_tanh", "relu"])),
        scale=draw(st.sampled_from([0.3, 0.6, 1.0])),
        seed=draw(st.integers(0, 10**6)),
        kind=kind,
        sampling=sampling,
        samples=draw(st.integers(1 if sampling == "gauss-legendre" else 2, max_samples)),
    )
