"""Results as the chunks that the graph stores, each in one transaction.

1. Consecutive results make a chunk until it holds a bounded number of rows; those of a job were planned.
2. A chunk brings along what it adds to the superposition of each case (`workers.records.superposition`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from cypher.bulk.totals import worst
from cypher.ledger.jobs import ClaimedChunk
from cypher.store.records import CaseRecord, ChunkRecord, InstanceRecord, RunRecord, chunk_id
from workers.analysis.found_patterns import METHOD
from workers.analysis.results import InstanceResult
from workers.records.exact_sums import rounded
from workers.records.superposition import superpose
from workers.records.to_graph import layers_of, to_record

INSTANCES = 64
"""The most in a chunk."""

ROWS = 32_000
"""Relationships after which a chunk is closed: some 15 MB in the server's transaction."""


def in_chunks(
    run: RunRecord, results: Iterable[InstanceResult], first: int = 0, before: int = 0
) -> Iterator[ChunkRecord]:
    """Results, in order, as chunks whose indices count from `first`.

    Args:
        before: how many results of the run were stored before these.

    Raises:
        InvalidInput: a result that does not hold together, such as a path to a position beyond its sentence.
    """
    index, rows, end = first, 0, before
    results_of_chunk: list[InstanceResult] = []
    records: list[InstanceRecord] = []
    for result in results:
        end += 1
        record = to_record(run, result)
        results_of_chunk.append(result)
        records.append(record)
        rows += len(record.activations) + len(record.flows) + sum(1 + len(p.steps) for p in record.patterns)
        if len(records) == INSTANCES or rows >= ROWS:
            yield _next_chunk(run, index, results_of_chunk, records, end)
            index, rows = index + 1, 0
            results_of_chunk, records = [], []
    if records:
        yield _next_chunk(run, index, results_of_chunk, records, end)


def _next_chunk(
    run: RunRecord, index: int, results: Sequence[InstanceResult], records: Sequence[InstanceRecord], end: int
) -> ChunkRecord:
    """Consecutive results as a chunk; `end`: the place behind the last of them."""
    name = chunk_id(run.id, [record.id for record in records])
    return to_chunk(run, name, index, results, records, range(end - len(records), end))


def planned_chunk(claimed: ClaimedChunk, results: Sequence[InstanceResult]) -> ChunkRecord:
    """The results of a planned chunk, each in the place that it was planned for.

    Raises:
        InvalidInput: as `in_chunks`.
    """
    places = {instance.name: instance.order for instance in claimed.instances}
    records = [to_record(claimed.run, result) for result in results]
    order = [places[result.id] for result in results]
    return to_chunk(claimed.run, claimed.chunk, claimed.index, results, records, order)


def to_chunk(
    run: RunRecord,
    name: str,
    index: int,
    results: Sequence[InstanceResult],
    records: Sequence[InstanceRecord],
    places: Sequence[int],
) -> ChunkRecord:
    """Records with what they add to their cases; all sorted by id, so that two writers never wait for each other.

    Args:
        name: the chunk's id.
        places: of the results in the whole run's input.
    """
    cases: dict[str, list[tuple[InstanceResult, InstanceRecord]]] = defaultdict(list)
    for result, record in zip(results, records, strict=True):
        cases[record.case].append((result, record))
    methods = dict.fromkeys([METHOD, *(pattern.method for result in results for pattern in result.patterns)])
    laid = [
        superpose(case, method, [result for result, _ in members])
        for case, members in sorted(cases.items())
        for method in methods
    ]
    by_id = sorted(zip(records, places, strict=True), key=lambda each: each[0].id)
    return ChunkRecord(
        id=name,
        run=run.id,
        index=index,
        instances=tuple(record for record, _ in by_id),
        order=tuple(place for _, place in by_id),
        cases=tuple(_case(case, *zip(*members, strict=True)) for case, members in sorted(cases.items())),
        sites=tuple(sorted((site for each in laid for site in each.sites), key=lambda site: site.id)),
        traffic=tuple(sorted((step for each in laid for step in each.traffic), key=lambda step: step.id)),
        routes=tuple(sorted((route for each in laid for route in each.routes), key=lambda route: route.id)),
    )


def _case(case: str, results: Sequence[InstanceResult], records: Sequence[InstanceRecord]) -> CaseRecord:
    """What instances of one case add to it."""
    at_embeddings = [rounded(x) for r in records if (x := r.embedding_concentration) is not None]
    at_heads = [rounded(x) for r in records if (x := r.attention_concentration) is not None]
    return CaseRecord(
        id=case,
        task=results[0].task,
        name=results[0].case,
        instances=len(records),
        correct=sum(record.predicted_correctly for record in records),
        qoi=sum(rounded(record.qoi) for record in records),
        completeness_error=worst(record.completeness_error for record in records),
        concentrated=len(at_embeddings),
        embedding_concentration=sum(at_embeddings),
        embedding_concentration_squared=sum(rounded(share * share) for share in at_embeddings),
        attention_concentration=sum(at_heads),
        attention_concentration_squared=sum(rounded(share * share) for share in at_heads),
        edge_mass=_by_layer([record.edge_mass for record in records], layers_of(results[0])),
        skip_mass=_by_layer([record.skip_mass for record in records], layers_of(results[0])),
    )


def _by_layer(masses: Iterable[tuple[float, ...] | None], layers: int) -> tuple[float, ...]:
    known = [mass for mass in masses if mass is not None]
    return tuple(float(sum(rounded(mass[layer]) for mass in known)) for layer in range(layers))
