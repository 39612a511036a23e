"""Results as the records that the graph stores.

1. A run is its model, its settings and its name; everything in it has an id made of the run's and its own place.
2. A result is an instance with its activations, flows and patterns. `workers.records.chunks` puts them together.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int

from cypher.errors import InvalidInput
from cypher.store.records import (
    ActivationRecord,
    FlowRecord,
    InstanceRecord,
    Level,
    ModelRecord,
    PatternRecord,
    RunRecord,
    StepRecord,
    checked_name,
    instance_id,
    key,
)
from workers.analysis.found_patterns import FoundPattern, patterns_of
from workers.analysis.results import Edges, InstanceResult
from workers.influence.component import SKIP
from workers.records.superposition import roles_of, signature

if TYPE_CHECKING:
    from workers.models import Model  # which takes seconds to import


def describe_model(result: InstanceResult) -> ModelRecord:
    """What a result tells of its model."""
    return ModelRecord(fingerprint=result.model, layers=layers_of(result))


def describe_loaded(model: "Model") -> ModelRecord:
    """All that there is to tell of a model."""
    encoder = model.encoder
    return ModelRecord(
        fingerprint=model.fingerprint,
        layers=len(encoder.layers),
        heads=encoder.heads,
        width=encoder.width,
        name=model.name,
        architecture=model.architecture,
    )


def describe_run(model: str, settings: Mapping[str, Any], versions: Mapping[str, str], name: str) -> RunRecord:
    """The run of that name.

    Args:
        model: fingerprint.
        settings: as results hold them.
        versions: of the packages that make its first result.

    Raises:
        InvalidInput: a name that a run cannot have.
    """
    as_text = json.dumps(settings, sort_keys=True)
    name = checked_name(name)
    return RunRecord(key(model, as_text, name), name, model, json.dumps(settings), json.dumps(versions))


def to_record(run: RunRecord, result: InstanceResult) -> InstanceRecord:
    """A result as the node of an instance and all that hangs on it.

    Raises:
        InvalidInput: the result does not hold together, such as a path to a position beyond its sentence.
    """
    name = instance_id(run.id, result.id)
    try:
        _check_numbers(result)
        places = _Places(result)
        patterns = tuple(_patterns(name, list(patterns_of(result)), places))
        flows = () if result.edges is None else tuple(_flows(result.edges, places))
    except (LookupError, ValueError) as error:
        problem = f"the result {result.id!r} does not hold together ({error})"
        raise InvalidInput("results", problem, "Analyse this sentence again.") from error
    edge_mass, skip_mass = (None, None) if result.edges is None else _mass(result.edges, places.layers)
    versions = json.dumps(result.versions)
    return InstanceRecord(
        id=name,
        case=case_id(run.id, result),
        name=result.id,
        text=result.text,
        tokens=result.tokens,
        roles=result.roles,
        target=result.target,
        correct=result.correct,
        wrong=result.wrong,
        qoi=result.qoi,
        baseline_qoi=result.baseline_qoi,
        completeness_error=result.completeness_error,
        samples=result.samples,
        sampling_error=result.sampling_error,
        within_tolerance=result.within_tolerance,
        target_influence=result.target_influence,
        wrong_is_given=result.wrong_is_given,
        left_out=result.left_out,
        left_out_share=result.left_out_share,
        texts=result.texts,
        counterfactual=result.counterfactual,
        reference=result.reference,
        target_word=result.target_word,
        predicted_correctly=result.qoi > 0,
        embedding_concentration=_concentration(result, "embedding"),
        attention_concentration=_concentration(result, "attention"),
        edge_mass=edge_mass,
        skip_mass=skip_mass,
        versions=None if versions == run.versions else versions,
        activations=tuple(_activations(name, result, places)),
        flows=flows,
        patterns=patterns,
    )


def case_id(run: str, result: InstanceResult) -> str:
    """The id of a result's case within a run."""
    return key(run, "case", result.task, result.case)


def _check_numbers(result: InstanceResult) -> None:
    if len({word.position for word in result.words}) < len(result.words):
        raise ValueError("two of its words have the same position")
    if len({(each.method, each.level, each.position) for each in result.patterns}) < len(result.patterns):
        raise ValueError("a method has two patterns of one word")
    if field := result.not_finite():
        raise ValueError(f"its {field} is not finite")


class _Places:
    """Where a result's activations are: layer by layer, position by position, then the target of the last layer."""

    def __init__(self, result: InstanceResult):
        self.layers = layers_of(result)
        self.length = len(result.tokens)
        self.target = result.target

    def __iter__(self) -> Iterator[tuple[int, int]]:
        for layer in range(self.layers):
            for position in range(self.length):
                yield layer, position
        yield self.layers, self.target

    def of(self, layer: Int[np.ndarray, "*node"], position: Int[np.ndarray, "*node"]) -> Int[np.ndarray, "*node"]:
        """The places, in that order, of nodes.

        Raises:
            LookupError: a node that is not there.
        """
        last = layer == self.layers
        there = np.where(last, position == self.target, (layer >= 0) & (layer < self.layers))
        there &= (position >= 0) & (position < self.length)
        if not there.all():
            missing = np.argmin(there)
            raise LookupError(f"there is no node at layer {layer.flat[missing]}, position {position.flat[missing]}")
        return layer * self.length + np.where(last, 0, position)


def layers_of(result: InstanceResult) -> int:
    """How many layers its model has.

    Raises:
        InvalidInput: it has no words.
    """
    if not result.words:
        raise InvalidInput("results", f"the result {result.id!r} has no words", "Analyse this sentence again.")
    return len(result.words[0].components)


def _activations(instance: str, result: InstanceResult, places: _Places) -> Iterator[ActivationRecord]:
    roles = roles_of(result)
    for layer, position in places:
        role = None if roles is None else roles[position]
        yield ActivationRecord(f"{instance}_{layer}_{position}", layer, position, result.tokens[position], role)


def _flows(edges: Edges, places: _Places) -> Iterator[FlowRecord]:
    ends = places.of(edges.layer, edges.source), places.of(edges.layer + 1, edges.target)
    return map(FlowRecord, *(column.tolist() for column in (*ends, edges.component, edges.influence)))


def _mass(edges: Edges, layers: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Sum of |influence| of each layer's edges, and of its skip connections alone."""
    strength = np.abs(edges.influence)
    skips = np.where(edges.component == SKIP, strength, 0.0)
    whole, part = (np.bincount(edges.layer, weights=weights, minlength=layers) for weights in (strength, skips))
    return tuple(whole.tolist()), tuple(part.tolist())


def _patterns(instance: str, patterns: Sequence[FoundPattern], places: _Places) -> Iterator[PatternRecord]:
    for found in patterns:
        length = len(found.path), len(found.components or found.path[1:])
        if length != (places.layers + 1, places.layers):
            raise ValueError(f"the path of {found.word.token!r} has {length[0]} nodes for {places.layers} layers")
        if found.path[0] != found.word.position:
            raise ValueError(f"a path of {found.word.token!r} begins elsewhere")
    paths = np.array([found.path for found in patterns]).reshape(-1, places.layers + 1)
    layers = np.broadcast_to(np.arange(places.layers + 1), paths.shape)
    for found, nodes in zip(patterns, places.of(layers, paths).tolist(), strict=True):
        word, path, components = found.word, found.path, found.components
        leaving = (None,) * len(path) if components is None else (*components, None)
        yield PatternRecord(
            id=f"{instance}_{found.method}_{found.level[0]}_{word.position}",
            method=found.method,
            level=found.level,
            source=word.position,
            token=word.token,
            sign=word.sign,
            influence=found.influence,
            total_influence=word.influence,
            path=path,
            components=components,
            signature=signature(path, components),
            trace=found.trace,
            steps=tuple(map(StepRecord, nodes, range(len(path)), leaving)),
        )


def _concentration(result: InstanceResult, level: Level) -> float | None:
    """Share of the positive words' influence that flows through their patterns."""
    positive = [word for word in result.words if word.influence > 0]
    through = (word.embedding_influence if level == "embedding" else word.attention_influence for word in positive)
    return sum(through) / sum(word.influence for word in positive) if positive else None
