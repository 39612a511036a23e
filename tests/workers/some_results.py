"""Made-up results with roles, cases and edges, as many as wanted."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tests.service.made_up import SENTENCE, make_result
from workers.analysis.results import Edges, InstanceResult
from workers.analysis.settings import Settings
from workers.influence.component import SKIP
from workers.records.chunks import INSTANCES

CASES = (("sva-obj", "SS"), ("sva-obj", "SP"), ("ra-na", "PS"))
ROLES = ("cls", "det", "subject", "that", "det", "attractor", "verb", "target", "complement", "period", "sep")
LAYERS, HEADS = 3, 4
TWO_CHUNKS = INSTANCES + 8
"""Results that are stored in two chunks."""


def some_results(
    count: int, *, seed: int = 0, edges: int = 30, model: str = "0123456789abcdef", methods: Sequence[str] = ()
) -> list[InstanceResult]:
    """Results of three cases in turn; sentences of one case differ in their second word, and every third is wrong."""
    return [_one(index, seed, edges, model, Settings(methods=tuple(methods))) for index in range(count)]


def seen_by(result: InstanceResult, method: str, level: str) -> InstanceResult:
    """The result as if a baseline method's patterns at one level were the words' own."""
    patterns = {each.position: each for each in result.patterns if (each.method, each.level) == (method, level)}
    words = tuple(
        replace(
            word,
            path=patterns[word.position].path,
            components=patterns[word.position].components or (0,) * len(word.components),
            embedding_influence=patterns[word.position].influence,
            attention_influence=patterns[word.position].influence,
        )
        for word in result.words
    )
    return replace(result, words=words)


def _one(index: int, seed: int, edges: int, model: str, settings: Settings) -> InstanceResult:
    task, case = CASES[index % len(CASES)]
    tokens = [*SENTENCE[:2], f"noun{index % 5}", *SENTENCE[3:]]
    result = make_result(
        tokens,
        name=f"{task}/{case}/{index}",
        target=7,
        layers=LAYERS,
        heads=HEADS,
        model=model,
        settings=settings,
        seed=1000 * seed + index,
    )
    random = np.random.default_rng([seed, index])
    layer = random.integers(LAYERS, size=edges)
    source = random.integers(len(tokens), size=edges)
    target = np.where(layer == LAYERS - 1, 7, random.integers(len(tokens), size=edges))
    component = np.where((source == target) & (random.random(edges) < 0.5), SKIP, random.integers(HEADS, size=edges))
    kept = Edges(layer, source, target, component, random.normal(size=edges))
    return replace(
        result, task=task, case=case, roles=ROLES, qoi=-1.5 if index % 3 == 2 else 2.5, edges=kept if edges else None
    )
