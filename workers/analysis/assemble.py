"""The engine's tensors of a batch, made into one result a sentence."""

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from cypher.errors import InvalidInput
from workers.analysis.finite import not_finite
from workers.analysis.memory import positions
from workers.analysis.results import Edges, InstanceResult, PatternResult, WordResult
from workers.analysis.settings import COUNTERFACTUAL, Settings
from workers.influence.component import SKIP
from workers.influence.engine import Influence
from workers.influence.search.refinement import AttentionPatterns, EmbeddingPatterns
from workers.models import Encoded, Model

VERSIONS = {"influence-graph": version("influence-graph"), "torch": torch.__version__}


def assemble(
    model: Model,
    sentences: Sequence[Encoded],
    found: Influence,
    settings: Settings,
    made_by: dict[str, Any],
    on_bad: Callable[[InvalidInput], None] | None = None,
) -> Iterator[InstanceResult]:
    """A result for each sentence of a batch.

    Args:
        made_by: the settings as results hold them.
        on_bad: called with the problem of a sentence that is left out; None to raise the first.

    Raises:
        InvalidInput: what was computed of a sentence is not finite.
    """
    problems = not_finite(model, sentences, found)
    quantity, baseline = found.quantity.tolist(), found.baseline_quantity.tolist()
    error = [None] * len(sentences) if found.completeness_error is None else found.completeness_error.tolist()
    sampling = [None] * len(sentences) if found.sampling_error is None else found.sampling_error.tolist()
    totals = found.total.tolist()
    words = list(words_of(sentences, totals, found))
    edges = edges_of(sentences, found, settings)
    patterns = patterns_of(sentences, found)
    for index, sentence in enumerate(sentences):
        if problem := problems[index]:
            if on_bad is None:
                raise problem
            on_bad(problem)
            continue
        instance = sentence.instance
        left_out, left_out_share = left_out_of(totals[index], positions(sentence, settings), words[index])
        yield InstanceResult(
            id=instance.id,
            task=instance.task,
            case=instance.case,
            text=instance.text,
            tokens=sentence.tokens,
            roles=sentence.roles,
            target=sentence.target,
            correct=model.objective.correct_answer(sentence),
            wrong=model.objective.wrong_answer(sentence, found.hidden[index]),
            qoi=quantity[index],
            baseline_qoi=baseline[index],
            completeness_error=error[index],
            samples=found.samples,
            sampling_error=sampling[index],
            within_tolerance=within(sampling[index], settings.error),
            target_influence=totals[index][sentence.target],
            model=model.fingerprint,
            settings=made_by,
            versions=VERSIONS,
            words=words[index],
            edges=edges[index],
            patterns=tuple(patterns[index]),
            wrong_is_given=instance.label is not None and sentence.wrong is not None,
            left_out=left_out,
            left_out_share=left_out_share,
            texts=sentence.texts,
            counterfactual=instance.counterfactual if settings.baseline == COUNTERFACTUAL else None,
            reference=None if sentence.reference is None else instance.reference,
            target_word=None if sentence.reference is None else instance.target_word,
        )


def within(error: float | None, tolerance: float | None) -> bool | None:
    """Is the error what is tolerated? None where there is no such thing."""
    return None if error is None or tolerance is None else error <= tolerance


def left_out_of(total: Sequence[float], sources: Sequence[int], words: Sequence[WordResult]) -> tuple[int, float]:
    """How many of the sources are not among the words, and their share of the sources' absolute influence."""
    whole = sum(abs(total[source]) for source in sources)
    kept = sum(abs(word.influence) for word in words)
    left_out = len(sources) - len(words)
    return left_out, max(0.0, 1 - kept / whole) if left_out and whole else 0.0


def words_of(
    sentences: Sequence[Encoded], totals: list[list[float]], found: Influence
) -> Iterator[tuple[WordResult, ...]]:
    """The source words of each sentence whose patterns were sought."""
    if found.embedding is None or found.attention is None:
        yield from (() for _ in sentences)
        return
    columns = zip(
        found.sources.tolist(), found.wanted.tolist(), *columns_of(found.embedding, found.attention), strict=True
    )
    for sentence, total, patterns in zip(sentences, totals, columns, strict=True):
        yield tuple(
            WordResult(
                position=source,
                token=sentence.tokens[source],
                influence=total[source],
                sign=-1 if total[source] < 0 else 1,
                path=tuple(path),
                components=tuple(components),
                embedding_influence=embedding_trace[-1],
                attention_influence=influence,
                embedding_trace=tuple(embedding_trace),
                attention_trace=tuple(attention_trace),
            )
            for source, wanted, path, embedding_trace, components, attention_trace, influence in zip(
                *patterns, strict=True
            )
            if wanted
        )


def patterns_of(sentences: Sequence[Encoded], found: Influence) -> list[list[PatternResult]]:
    """The baseline patterns of each sentence."""
    each: list[list[PatternResult]] = [[] for _ in sentences]
    sources, wanted = found.sources.tolist(), found.wanted.tolist()
    for baseline in found.baselines:
        paths, influences = baseline.path.tolist(), baseline.influence.tolist()
        components = None if baseline.components is None else baseline.components.tolist()
        for index, patterns in enumerate(each):
            patterns += (
                PatternResult(
                    method=baseline.method,
                    position=source,
                    path=tuple(paths[index][row]),
                    components=None if components is None else tuple(components[index][row]),
                    influence=influences[index][row],
                )
                for row, source in enumerate(sources[index])
                if wanted[index][row]
            )
    return each


def columns_of(embedding: EmbeddingPatterns, attention: AttentionPatterns) -> tuple[list[Any], ...]:
    """Path, its trace, components, their trace, influence: each a list over sentences of lists over sources."""
    tensors = (embedding.path, embedding.trace, attention.components, attention.trace, attention.influence)
    return tuple(tensor.tolist() for tensor in tensors)


def edges_of(sentences: Sequence[Encoded], found: Influence, settings: Settings) -> list[Edges | None]:
    """The edges that the settings keep of each sentence."""
    if found.edges is None:
        return [None] * len(sentences)
    heads, skip = found.edges.heads.cpu().numpy(), found.edges.skip.cpu().numpy()
    return [
        select_edges(heads[index], skip[index], sentence.target, settings) for index, sentence in enumerate(sentences)
    ]


def select_edges(
    heads: Float[np.ndarray, "layer head target source"],
    skip: Float[np.ndarray, "layer pos"],
    target: int,
    settings: Settings,
) -> Edges:
    """The edges of largest absolute influence, as many as the settings keep, strongest first.

    Only edges that exist: in the last layer those to the target.
    """
    influence = np.concatenate([heads.ravel(), skip.ravel()])
    exists = np.ones(len(influence), dtype=bool)
    to_head, to_skip = exists[: heads.size].reshape(heads.shape), exists[heads.size :].reshape(skip.shape)
    to_head[-1] = to_skip[-1] = False
    to_head[-1, :, target] = to_skip[-1, target] = True
    chosen = strongest(np.where(exists, np.abs(influence), -1.0), int(exists.sum()), settings)
    is_skip = chosen >= heads.size
    layer, component, to, source = np.unravel_index(np.where(is_skip, 0, chosen), heads.shape)
    skip_layer, skip_at = np.unravel_index(np.where(is_skip, chosen - heads.size, 0), skip.shape)
    return Edges(
        layer=np.where(is_skip, skip_layer, layer),
        source=np.where(is_skip, skip_at, source),
        target=np.where(is_skip, skip_at, to),
        component=np.where(is_skip, SKIP, component),
        influence=influence[chosen],
    )


def strongest(strength: Float[np.ndarray, " edge"], count: int, settings: Settings) -> Int[np.ndarray, " kept"]:
    """Indices of what the settings keep of the `count` largest strengths, in falling order."""
    selection = settings.edge_selection()
    count = selection.most(count)
    among = np.argpartition(-strength, count - 1)[:count]
    order = among[np.lexsort((among, -strength[among]))]
    if selection.kind == "mass":
        mass = strength[order].cumsum(dtype=np.float64)
        order = order[: int(np.searchsorted(mass, selection.amount * mass[-1])) + 1]
    return order
