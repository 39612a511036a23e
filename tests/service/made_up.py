"""Made-up results of any size, for what only shows or stores results."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from workers.analysis.results import InstanceResult, PatternResult, WordResult
from workers.analysis.settings import Settings
from workers.influence.baselines.methods import METHODS, Level
from workers.influence.component import SKIP

SENTENCE = "[CLS] the pilot that the guards admire [MASK] young . [SEP]".split()


def make_result(
    tokens: Sequence[str] = SENTENCE,
    *,
    name: str = "sva-obj/SP/17",
    text: str | None = None,
    target: int = 7,
    layers: int = 6,
    heads: int = 8,
    model: str = "0123456789abcdef",
    settings: Settings | None = None,
    question: str = "logit_difference",
    completeness_error: float | None = 1.3e-4,
    sampling_error: float = 2.1e-3,
    seed: int = 0,
) -> InstanceResult:
    """A result with a random path for every word but the target, and of every baseline method in the settings."""
    random = np.random.default_rng(seed)
    settings = settings or Settings()
    words = tuple(
        _word(random, position, token, target, len(tokens), layers, heads)
        for position, token in enumerate(tokens)
        if position != target
    )
    return InstanceResult(
        id=name,
        task="sva-obj",
        case="SP",
        text=" ".join(tokens[1:-1]) if text is None else text,
        tokens=tuple(tokens),
        roles=None,
        target=target,
        correct="is",
        wrong="are",
        qoi=3.21,
        baseline_qoi=-0.12,
        completeness_error=completeness_error,
        samples=21 if settings.is_adaptive else settings.points,
        sampling_error=sampling_error if settings.is_adaptive else None,
        within_tolerance=None if settings.error is None else sampling_error <= settings.error,
        target_influence=0.0,
        model=model,
        settings={**settings.to_dict(), "dtype": "float32", "question": question},
        versions={},
        words=words,
        edges=None,
        patterns=tuple(
            _pattern(random, method, level, word.position, target, len(tokens), layers, heads)
            for method in settings.methods
            for level in METHODS[method]
            for word in words
        ),
    )


def _word(
    random: np.random.Generator, position: int, token: str, target: int, length: int, layers: int, heads: int
) -> WordResult:
    influence = float(random.normal())
    path = _path(random, position, target, length, layers)
    components = _components(random, path, heads)
    share = float(random.uniform(0.1, 0.9))
    return WordResult(
        position=position,
        token=token,
        influence=influence,
        sign=-1 if influence < 0 else 1,
        path=path,
        components=components,
        embedding_influence=0.8 * influence,
        attention_influence=0.8 * share * influence,
        embedding_trace=(influence,) * layers,
        attention_trace=(influence,) * layers,
    )


def _pattern(
    random: np.random.Generator,
    method: str,
    level: Level,
    position: int,
    target: int,
    length: int,
    layers: int,
    heads: int,
) -> PatternResult:
    path = _path(random, position, target, length, layers)
    components = None if level == "embedding" else _components(random, path, heads)
    return PatternResult(method, position, path, components, influence=float(random.normal()))


def _path(random: np.random.Generator, position: int, target: int, length: int, layers: int) -> tuple[int, ...]:
    path = [position]
    for _ in range(layers - 1):
        path.append(int(random.choice(np.array([path[-1], target, random.integers(length)]), p=[0.55, 0.3, 0.15])))
    return (*path, target)


def _components(random: np.random.Generator, path: Sequence[int], heads: int) -> tuple[int, ...]:
    return tuple(
        SKIP if here == there and random.random() < 0.7 else int(random.integers(heads))
        for here, there in pairwise(path)
    )
