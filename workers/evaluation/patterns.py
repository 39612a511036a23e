"""The influence of patterns of one's own: from a word through chosen nodes and components to the quantity of interest.

1. Every pattern is checked against the sentence and the model, before any computing.
2. One forward and one backward pass of the sentence (`prepared`).
3. Patterns that leave the same layers open are computed together.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import overload

import torch

from cypher.errors import InvalidInput
from workers.analysis.questions import Question, logit_difference
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.evaluation.prepared import PreparedSentence
from workers.influence.component import ALL, SKIP
from workers.influence.passes.pattern_influence import Patterns
from workers.models import Encoded, Model


@dataclass(frozen=True, slots=True)
class Pattern:
    """A set of paths from one word to the quantity of interest (paper, section 3.1): those through what is named here.

    Complete, a pattern is one path of the embedding-level graph, or with all `components` one of the
    attention-level graph.
    """

    path: tuple[int | None, ...]  # L + 1 positions: the word's, then one for each layer, the last the target; None: any
    components: tuple[int | None, ...] | None = None  # L of them: head or SKIP, None for any; without them all are any


@overload
def pattern_influence(
    model: Model,
    instance: Instance,
    pattern: Pattern,
    settings: Settings | None = None,
    *,
    question: Question = logit_difference,
) -> float: ...


@overload
def pattern_influence(
    model: Model,
    instance: Instance,
    pattern: Sequence[Pattern],
    settings: Settings | None = None,
    *,
    question: Question = logit_difference,
) -> list[float]: ...


def pattern_influence(
    model: Model,
    instance: Instance,
    pattern: Pattern | Sequence[Pattern],
    settings: Settings | None = None,
    *,
    question: Question = logit_difference,
) -> float | list[float]:
    """The influence of a pattern of an instance (paper, Definition 2), or of each of several.

    `E_z[∏ ∂π_i/∂π_(i-1)]` applied to the word's displacement from the baseline: in units of the quantity of interest.
    Over all nodes of an open layer, or all components of an open step, influences add up to the pattern's.
    Patterns that begin or end alike share their work: give many at once.

    Args:
        model: from `load_model`.
        instance: a masked sentence with two answers, or a sentence with a label, as the model is.
        pattern: one, or a sequence of them.
        settings: sampling and samples count; by default `Settings()`.
        question: the quantity of interest, as of `analyze`.

    Returns:
        A number, or for a sequence a list of them.

    Raises:
        InvalidInput: the instance cannot be put to this model, or a pattern is not of it.
    """
    sentence = model.encode(instance)
    several = (pattern,) if isinstance(pattern, Pattern) else tuple(pattern)
    for one in several:
        check(one, sentence, model)
    prepared = PreparedSentence.of(model, sentence, settings or Settings(), question)
    found = [0.0] * len(several)
    for indices in alike(several):
        chosen = [several[index] for index in indices]
        for index, value in zip(indices, prepared.influences(tensors(chosen, sentence.target)), strict=True):
            found[index] = value
    return found[0] if isinstance(pattern, Pattern) else found


def check(pattern: Pattern, sentence: Encoded, model: Model) -> None:
    """Is the pattern one of this sentence and model?

    Raises:
        InvalidInput: it is not.
    """
    layers, heads, where = len(model.encoder.layers), model.encoder.heads, sentence.instance.origin
    path, last = pattern.path, len(sentence.ids) - 1
    if len(path) != layers + 1:
        fix = f"Give {layers + 1}: the word's, and one for each of the {layers} layers, None where any will do."
        raise InvalidInput("path", f"{path} has {len(path)} positions", fix, where)
    if path[0] is None:
        raise InvalidInput("path", f"{path} does not start from a word", "Name the word's position first.", where)
    for position in path:
        if position is not None and not 0 <= position <= last:
            problem = f"position {position} is not in the sentence {sentence.instance.id!r}"
            raise InvalidInput("path", problem, f"Name positions from 0 to {last}.", where)
    if path[-1] not in (None, sentence.target):
        problem = f"{path} ends at {path[-1]}, and only the target reaches the quantity of interest"
        raise InvalidInput("path", problem, f"End it at {sentence.target} or None.", where)
    components = pattern.components
    if components is None:
        return
    if len(components) != layers:
        fix = f"Give {layers}, one for each step, None where any will do."
        raise InvalidInput("components", f"there are {len(components)} of them", fix, where)
    for layer, (component, (start, end)) in enumerate(zip(components, pairwise(path), strict=True)):
        if component is not None and component != SKIP and not 0 <= component < heads:
            problem = f"{component} in layer {layer} is not a head of {model.name}"
            raise InvalidInput(
                "components", problem, f"Name heads from 0 to {heads - 1}, or {SKIP} for the skip.", where
            )
        end = sentence.target if layer == layers - 1 else end
        if component == SKIP and None not in (start, end) and start != end:
            problem = f"in layer {layer} the skip connection does not lead from {start} to {end}"
            raise InvalidInput("components", problem, "Name a head where the path moves.", where)


def alike(patterns: Sequence[Pattern]) -> Iterable[list[int]]:
    """Indices of patterns that leave the same layers open, together."""
    by_shape: defaultdict[tuple[bool, ...], list[int]] = defaultdict(list)
    for index, pattern in enumerate(patterns):
        by_shape[tuple(node is None for node in pattern.path[:-1])].append(index)
    return by_shape.values()


def tensors(patterns: Sequence[Pattern], target: int) -> Patterns:
    """Patterns of one sentence that leave the same layers open, as the engine takes them."""
    columns = zip(*((*pattern.path[:-1], target) for pattern in patterns), strict=True)
    nodes = [None if column[0] is None else torch.tensor([column]) for column in columns]
    anything = (None,) * (len(nodes) - 1)
    component = [
        [ALL if component is None else component for component in pattern.components or anything]
        for pattern in patterns
    ]
    return Patterns(nodes, torch.tensor([component]))
