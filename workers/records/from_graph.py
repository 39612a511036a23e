"""Results rebuilt from what the graph holds of them: the inverse of `workers.records.to_graph`.

Edges come strongest first, and those of equal strength in the order in which the engine gives them: heads before skip
connections, then by layer, component, target and source.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from cypher.store.records import ActivationRecord, FlowRecord, InstanceRecord, PatternRecord
from workers.analysis.found_patterns import METHOD
from workers.analysis.results import Edges, InstanceResult, PatternResult, WordResult
from workers.influence.baselines.methods import METHODS
from workers.influence.component import SKIP


def restore(
    record: InstanceRecord,
    *,
    task: str,
    case: str,
    model: str,
    settings: dict[str, Any],
    versions: dict[str, str],
) -> InstanceResult:
    """The result that `to_record` made this record of.

    Args:
        case: its name.
        model: fingerprint.
        settings, versions: of the run.
    """
    words = _words(record, settings.get("sources"))
    return InstanceResult(
        id=record.name,
        task=task,
        case=case,
        text=record.text,
        tokens=record.tokens,
        roles=record.roles,
        target=record.target,
        correct=record.correct,
        wrong=record.wrong,
        qoi=record.qoi,
        baseline_qoi=record.baseline_qoi,
        completeness_error=record.completeness_error,
        samples=record.samples,
        sampling_error=record.sampling_error,
        within_tolerance=record.within_tolerance,
        target_influence=record.target_influence,
        model=model,
        settings=settings,
        versions=versions if record.versions is None else json.loads(record.versions),
        words=words,
        edges=None if record.edge_mass is None else _edges(record),
        patterns=tuple(_baselines(record, words, settings.get("methods", ()))),
        wrong_is_given=record.wrong_is_given,
        left_out=record.left_out,
        left_out_share=record.left_out_share,
        texts=record.texts,
        counterfactual=record.counterfactual,
        reference=record.reference,
        target_word=record.target_word,
    )


def _words(record: InstanceRecord, chosen: Sequence[int] | None) -> tuple[WordResult, ...]:
    """Each word's two patterns as one; in the order in which the settings ask for them, or else of the sentence."""
    patterns = {(each.source, each.level): each for each in record.patterns if each.method == METHOD}
    kept = {source for source, _ in patterns}
    sources = [source for source in chosen if source in kept] if chosen else sorted(kept)
    return tuple(_word(patterns[source, "embedding"], patterns[source, "attention"]) for source in sources)


def _baselines(record: InstanceRecord, words: Sequence[WordResult], methods: Sequence[str]) -> Iterator[PatternResult]:
    """The patterns of the baseline methods: by method as the settings name them, level, and word."""
    patterns = {(each.method, each.level, each.source): each for each in record.patterns}
    for method in methods:
        for level, word in product(METHODS[method], words):
            each = patterns[method, level, word.position]
            yield PatternResult(method, word.position, each.path, each.components, each.influence)


def _word(embedding: PatternRecord, attention: PatternRecord) -> WordResult:
    assert attention.components is not None
    assert embedding.trace is not None and attention.trace is not None
    return WordResult(
        position=embedding.source,
        token=embedding.token,
        influence=embedding.total_influence,
        sign=embedding.sign,
        path=embedding.path,
        components=attention.components,
        embedding_influence=embedding.influence,
        attention_influence=attention.influence,
        embedding_trace=embedding.trace,
        attention_trace=attention.trace,
    )


def _edges(record: InstanceRecord) -> Edges:
    def place(flow: FlowRecord) -> tuple[ActivationRecord, ActivationRecord]:
        return record.activations[flow.source], record.activations[flow.target]

    rows = [
        (source.layer, source.position, target.position, flow.component, flow.influence)
        for flow in record.flows
        for source, target in [place(flow)]
    ]
    layer, source, target, component = np.array([row[:4] for row in rows], dtype=np.int64).reshape(-1, 4).T
    influence = np.array([row[4] for row in rows], dtype=np.float64)
    order = np.lexsort((source, target, component, layer, component == SKIP, -np.abs(influence)))
    return Edges(layer[order], source[order], target[order], component[order], influence[order])
