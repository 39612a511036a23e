"""Ratios of the engine's time to integrated gradients, family by family, on the CPU.

Integrated gradients are the library's own model's, which is as fast as the library makes it; the prediction head reads
the target alone.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from tests.benchmarks.speed import EVERYTHING, GRADIENTS, PATTERNS, Row
from tests.benchmarks.timing import interleaved, ratio
from tests.benchmarks.workload import BASELINE, CORRECT, VOCAB, WRONG, Shape
from tests.workers.models.test_families import KINDS, Loaded, load
from workers.influence.engine import Influence, influence
from workers.influence.interest import Line
from workers.influence.passes.forward import Sentences

BERT = "bert"
FAMILIES = (BERT, "roberta", "distilbert", "electra", "albert", "mpnet", "modernbert", "deberta, version 3")
"""Of `KINDS`, one for each arithmetic."""

SCALE = 0.05
"""Standard deviation of the weights: small enough for float32 to tell the influences."""
WORSE = 1.15
"""Times BERT's ratio that another family's may be."""


@dataclass(frozen=True)
class FamilyWork:
    """A masked-LM sentence put to a random model of a family in float32."""

    loaded: Loaded
    sentences: Sentences
    line: Line
    words: Tensor  # positions of its sources

    @classmethod
    def of(cls, name: str, shape: Shape, folder: Path) -> "FamilyWork":
        loaded = load(
            replace(KINDS[name], config=_config(KINDS[name].config, shape)), True, folder, 0, torch.float32, SCALE
        )
        target = shape.length // 2
        ids = torch.randint(10, VOCAB, (1, shape.length), generator=torch.Generator().manual_seed(1))
        ids[0, target] = BASELINE
        head: Any = loaded.objective.head
        sentences = Sentences(
            ids,
            torch.tensor([target]),
            BASELINE,
            lambda hidden: head.difference(hidden, torch.tensor([CORRECT]), torch.tensor([WRONG])),
        )
        line = Line.of("paper", shape.samples, loaded.transformer.word_embeddings)
        words = torch.tensor([[position for position in range(shape.length) if position != target]])
        return cls(loaded, sentences, line, words)

    def integrated_gradients(self) -> Float[Tensor, " pos"]:
        """One forward and one backward pass of the library's model over all samples."""
        table = self.loaded.peer.get_input_embeddings().weight
        baseline = table[BASELINE]
        displacement = table[self.sentences.ids[0]] - baseline
        points = (baseline + self.line.alphas[0, :, None, None] * displacement).requires_grad_()
        hidden = self.loaded.peer.base_model(inputs_embeds=points).last_hidden_state
        head: Any = replace(self.loaded.objective.head, final_norm=None)  # which the library's encoder has applied
        last = hidden[None, :, int(self.sentences.target[0])]
        quantity = head.difference(last, torch.tensor([CORRECT]), torch.tensor([WRONG]))
        (gradient,) = torch.autograd.grad(quantity.sum(), points)
        return self.line.weights[0] @ (gradient * displacement).sum(-1)

    def patterns(self) -> Influence:
        """GPR at both levels, all words."""
        return influence(self.loaded.transformer, self.sentences, self.line, self.words)

    def everything(self) -> Influence:
        return influence(self.loaded.transformer, self.sentences, self.line, self.words, edges=True)


def measure(shape: Shape, rounds: int, families: tuple[str, ...] = FAMILIES) -> list[Row]:
    """Patterns, and everything, over the library's integrated gradients; all families in turn.

    Raises:
        AssertionError: the total influences are not the library's integrated gradients.
    """
    with tempfile.TemporaryDirectory() as folder:
        works = {name: FamilyWork.of(name, shape, Path(folder, str(order))) for order, name in enumerate(families)}
    functions: dict[str, Callable[[], object]] = {}
    for name, work in works.items():
        torch.testing.assert_close(work.everything().total[0], work.integrated_gradients(), rtol=1e-2, atol=1e-3)
        functions |= {
            f"{name} {GRADIENTS}": work.integrated_gradients,
            f"{name} {PATTERNS}": work.patterns,
            f"{name} {EVERYTHING}": work.everything,
        }
    measured = interleaved(functions, rounds, "cpu")
    over = partial(ratio, measured)
    rows = []
    for what in (PATTERNS, EVERYTHING):
        bert = over(f"{BERT} {what}", f"{BERT} {GRADIENTS}")
        for name in families:
            found = over(f"{name} {what}", f"{name} {GRADIENTS}")
            rows.append(Row(f"{name}: {what}", GRADIENTS, found, None if name == BERT else round(WORSE * bert, 2)))
    return rows


def _config(small: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """A family's config at another size."""
    sizes = {
        "hidden_size": shape.width,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": 4 * shape.width,
        "max_position_embeddings": 128,
        "dim": shape.width,
        "n_layers": shape.layers,
        "n_heads": shape.heads,
        "hidden_dim": 4 * shape.width,
        "embedding_size": shape.width // 4,
        "position_buckets": 32,
        "local_attention": 16,
    }
    return {name: sizes.get(name, value) for name, value in small.items()} | {"vocab_size": VOCAB}
