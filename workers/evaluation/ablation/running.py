"""Results in, the quantity of interest under every ablation out.

1. `prepare` checks every result against the model and puts its sentence to it again, before any computing.
2. For mean replacement, one pass over the sentences gives each task's mean activations.
3. `compute` ablates batches of sentences of one task and length, as many sets at a time as fit into memory.
`ablate` is all of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from cypher.errors import InvalidInput
from workers.analysis.memory import fit_sets, half_of_free_memory
from workers.analysis.questions import Question, logit_difference, name_of
from workers.analysis.results import InstanceResult
from workers.evaluation.ablation.keeping import PositivePatterns, Subject, ablations, kept_by, positive_patterns
from workers.evaluation.ablation.settings import Ablation, AblationSettings
from workers.evaluation.prepared import sentence_of
from workers.influence.passes import masked_forward as engine
from workers.influence.passes.forward import Sentences
from workers.influence.passes.masked_forward import KeepMask
from workers.models import Encoded, Model


@dataclass(frozen=True, slots=True)
class Ablated:
    """The quantity of interest of one instance under each ablation."""

    id: str
    task: str
    case: str
    quantities: Mapping[Ablation, tuple[float, ...]]  # one; of random patterns one for each draw


@dataclass(frozen=True, slots=True)
class PreparedAblation:
    """Instances to ablate, all in the same ways."""

    subjects: tuple[Subject, ...]
    ablations: tuple[Ablation, ...]


def ablate(
    model: Model,
    results: Iterable[InstanceResult],
    settings: AblationSettings | None = None,
    *,
    question: Question = logit_difference,
    memory: int | None = None,
) -> Iterator[Ablated]:
    """The quantity of interest of every instance with all but its positive patterns ablated (paper, Table 2).

    Instances of one task and length are computed together, so that they come grouped by both. What is computed of one
    does not depend on the others, except by the task's mean activation.

    Args:
        model: that which made the results.
        results: as `analyze` yields them.
        settings: by default `AblationSettings()`.
        question: that which the results answer.
        memory: bytes that a batch may take on the model's device; by default half of what is free.

    Raises:
        InvalidInput: results of another model or question, one that does not hold together, a method that they have no
            patterns of, or too little memory; before anything is computed.
    """
    settings = settings or AblationSettings()
    prepared = prepare(model, results, settings, question=question)
    return compute(model, prepared, settings, question=question, memory=memory)


def prepare(
    model: Model,
    results: Iterable[InstanceResult],
    settings: AblationSettings,
    *,
    question: Question = logit_difference,
) -> PreparedAblation:
    """Every result as an instance to ablate, and the ablations that the settings choose.

    Raises:
        InvalidInput: as `ablate`.
    """
    subjects = tuple(_subject(model, result, question) for result in results)
    if not subjects:
        raise InvalidInput("results", "there are none", "Give results of an analysis.")
    found = [each for each in subjects[0].found if all(each in subject.found for subject in subjects)]
    chosen = ablations(found, settings)
    if settings.replace == "mean":
        _check_means(subjects)
    return PreparedAblation(subjects, chosen)


def compute(
    model: Model,
    prepared: PreparedAblation,
    settings: AblationSettings,
    *,
    question: Question = logit_difference,
    memory: int | None = None,
) -> Iterator[Ablated]:
    """The instances, batch by batch."""
    budget = half_of_free_memory(model.device) if memory is None else memory
    counts = [each.sets(settings.draws) for each in prepared.ablations]
    groups: defaultdict[tuple[str, int], list[Subject]] = defaultdict(list)
    for subject in prepared.subjects:
        groups[subject.sentence.instance.task, len(subject.sentence.ids)].append(subject)
    sizes = {length: fit_sets(model.encoder, length, sum(counts), budget) for _, length in groups}
    means = _means(model, groups, budget) if settings.replace == "mean" else {}
    for (task, length), group in groups.items():
        size, sets_at_once = sizes[length]
        replacement = means[task].expand(-1, length, -1) if means else None
        for first in range(0, len(group), size):
            batch = group[first : first + size]
            kept = _kept(batch, prepared.ablations, settings, model)
            sentences = _sentences(model, [subject.sentence for subject in batch], question)
            found = engine.ablate(model.encoder, sentences, kept, replacement, sets_at_once=sets_at_once)
            yield from _ablated(batch, prepared.ablations, counts, found)


def _subject(model: Model, result: InstanceResult, question: Question) -> Subject:
    """The instance that a result is of.

    Raises:
        InvalidInput: it is of another model or question, or does not hold together.
    """
    sentence = sentence_of(model, result)
    answered = result.settings.get("question")
    asked = name_of(question, model)
    if answered != asked:
        problem = f"{result.id!r} answers {answered!r}, and this is {asked!r}"
        raise InvalidInput("question", problem, "Give the question that the results answer.")
    layers, heads = len(model.encoder.layers), model.encoder.heads
    try:
        found = positive_patterns(result)
    except LookupError:
        found = {}
    same = sentence.tokens == result.tokens and sentence.target == result.target
    if not (found and same and all(_fits(each, sentence, layers, heads) for each in found.values())):
        raise InvalidInput(
            "results", f"the result {result.id!r} does not hold together", "Analyse this sentence again."
        )
    return Subject(sentence, found)


def _fits(patterns: PositivePatterns, sentence: Encoded, layers: int, heads: int) -> bool:
    """Do the patterns run through nodes and components that there are?"""
    length, components = len(sentence.ids), patterns.components or ()
    return all(
        len(path) == layers + 1 and min(path) >= 0 and max(path) < length and path[-1] == sentence.target
        for path in patterns.paths
    ) and all(len(each) == layers and min(each) >= -1 and max(each) < heads for each in components)


def _kept(batch: Sequence[Subject], chosen: Sequence[Ablation], settings: AblationSettings, model: Model) -> KeepMask:
    """The sets of all ablations, one behind the other, of every sentence of a batch."""
    graph = model.encoder.graph(len(batch[0].sentence.ids))
    masks = [[kept_by(subject, ablation, settings, graph) for ablation in chosen] for subject in batch]
    nodes = torch.cat([torch.cat([mask.nodes for mask in row], 1) for row in masks])
    components = torch.cat([torch.cat([mask.components for mask in row], 1) for row in masks])
    return KeepMask(nodes.to(model.device), components.to(model.device))


def _sentences(model: Model, sentences: Sequence[Encoded], question: Question) -> Sentences:
    ids = torch.tensor([sentence.ids for sentence in sentences], device=model.device)
    target = torch.tensor([sentence.target for sentence in sentences], device=model.device)
    return Sentences(ids, target, model.baseline_id, question(model, sentences))


def _ablated(
    batch: Sequence[Subject], chosen: Sequence[Ablation], counts: Sequence[int], found: Float[Tensor, "batch set"]
) -> Iterator[Ablated]:
    ends = list(accumulate(counts, initial=0))
    for subject, row in zip(batch, found.tolist(), strict=True):
        instance = subject.sentence.instance
        quantities = {
            ablation: tuple(row[first:last]) for ablation, (first, last) in zip(chosen, pairwise(ends), strict=True)
        }
        yield Ablated(instance.id, instance.task, instance.case, quantities)


def _check_means(subjects: Sequence[Subject]) -> None:
    """Has every task sentences enough for a mean?

    Raises:
        InvalidInput: one has a single sentence, whose mean is that sentence.
    """
    sentences: defaultdict[str, int] = defaultdict(int)
    for subject in subjects:
        sentences[subject.sentence.instance.task] += 1
    for task, count in sentences.items():
        if count == 1:
            problem = f"the task {task!r} has one sentence, and its mean activation is that sentence's own"
            raise InvalidInput("replace", problem, "Use zeros, or give more sentences.")


def _means(
    model: Model, groups: Mapping[tuple[str, int], Sequence[Subject]], budget: int
) -> dict[str, Float[Tensor, "layer pos d"]]:
    """Each task's mean activation: of every position where its sentences have one length, else of all together.

    Equal positions do the same in sentences of one shape, and a mean over all of them would put the mask's activation
    into words. Sentences of different lengths have no positions in common; then `pos` is 1.
    """
    lengths: defaultdict[str, list[int]] = defaultdict(list)
    for task, length in groups:
        lengths[task].append(length)
    return {
        task: _mean(model, [groups[task, length] for length in several], budget) for task, several in lengths.items()
    }


def _mean(model: Model, groups: Sequence[Sequence[Subject]], budget: int) -> Float[Tensor, "layer pos d"]:
    """The mean activation of sentences, grouped by length."""
    total, count = 0.0, 0
    for group in groups:
        length = len(group[0].sentence.ids)
        size, _ = fit_sets(model.encoder, length, 1, budget)
        for first in range(0, len(group), size):
            batch = [subject.sentence for subject in group[first : first + size]]
            sums = engine.activation_sums(model.encoder, _sentences(model, batch, logit_difference))
            total = total + (sums if len(groups) == 1 else sums.sum(1, keepdim=True))
            count += len(batch) if len(groups) == 1 else len(batch) * length
    assert isinstance(total, Tensor)
    return (total / count).to(model.dtype)
