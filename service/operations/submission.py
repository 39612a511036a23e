"""Sentences as a job: one run, in chunks that take some seconds each.

1. Every sentence is read with the model's tokenizer, as it will be when it is computed; if one is bad, nothing is made.
2. Sentences of one length share chunks, as many as some seconds of computing and one transaction allow.
3. Equal submissions have equal hashes; under one idempotency key they are one run, whoever gives them and how often.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import count
from uuid import uuid4

from cypher.errors import InvalidInput
from cypher.ledger.jobs import Device, Job, PlannedChunk, PlannedInstance
from cypher.store.records import RunRecord, checked_name, chunk_id, instance_id, key
from service.operations.progress import OnNotice, untold
from workers.analysis.analysis import check_baseline, check_counterfactual, check_sources, provenance
from workers.analysis.assemble import VERSIONS
from workers.analysis.notices import notices
from workers.analysis.settings import Settings
from workers.datasets import Instance
from workers.influence.baselines.methods import METHODS
from workers.influence.blocks.transformer import Transformer
from workers.jobs.inputs import to_input
from workers.models import Encoded, Model
from workers.records.chunks import INSTANCES, ROWS
from workers.records.to_graph import describe_loaded

WORK = {"cpu": 1.5e10, "any": 1.5e10, "gpu": 3e12}
"""Multiplications by a weight, over all samples and tokens, that take a device some seconds, with all they entail."""
PASSES = 6
"""What these entail, in passes of the samples through the model; conductance takes one for each word besides."""


def plan_job(
    model: Model,
    source: str,
    instances: Iterable[Instance],
    settings: Settings,
    *,
    stem: str,
    name: str | None = None,
    idempotency_key: str | None = None,
    device: Device = "any",
    priority: int = 0,
    most: int = INSTANCES,
    on_bad: Callable[[InvalidInput], None] | None = None,
    on_notice: OnNotice = untold,
) -> tuple[Job, list[PlannedChunk]]:
    """A job, and its chunks.

    Args:
        source: what names the model for workers.
        stem: what its name begins with where none is given.
        name: of the run.
        idempotency_key: by which a submission is known again; None for a run of its own.
        most: sentences of a chunk, where `chunk_size` allows as many.
        on_bad: called with the problem of a sentence that is left out; None to raise the first.
        on_notice: is told what a reader of the results should know, such as of unknown words.

    Raises:
        InvalidInput: a sentence or a baseline that cannot be put to this model, no sentence is left, or a name that no
            run can have.
    """
    check_baseline(model, settings)
    sentences = list(_encode(model, instances, settings, on_bad))
    if not sentences:
        raise InvalidInput("input", "no sentence of it can be analysed", "Correct those that are left out.")
    for notice in notices(model, sentences):
        on_notice(notice)
    made_by = provenance(model, settings)
    inputs = [to_input(sentence.instance) for sentence in sentences]
    request = [model.fingerprint, made_by, name, device, inputs]  # all that makes the run and its chunks
    run = key("job", uuid4().hex if idempotency_key is None else idempotency_key)
    job = Job(
        run=RunRecord(
            id=run,
            name=checked_name(f"{stem}-{run[:6]}" if name is None else name),
            model=model.fingerprint,
            settings=json.dumps(made_by),
            versions=json.dumps(VERSIONS),
        ),
        model=describe_loaded(model),
        source=source,
        dtype=made_by["dtype"],
        device=device,
        priority=priority,
        request=sha256(json.dumps(request, sort_keys=True).encode()).hexdigest(),
        sentences=len(sentences),
    )
    return job, list(_chunks(run, model.encoder, sentences, inputs, settings, device, most))


def _encode(
    model: Model, instances: Iterable[Instance], settings: Settings, on_bad: Callable[[InvalidInput], None] | None
) -> Iterator[Encoded]:
    for sentence in model.encode_all(instances):
        try:
            if isinstance(sentence, InvalidInput):
                raise sentence
            check_sources(sentence, settings)
            check_counterfactual(sentence, settings)
        except InvalidInput as error:
            if on_bad is None:
                raise
            on_bad(error)
        else:
            yield sentence


def _chunks(
    run: str,
    transformer: Transformer,
    sentences: Sequence[Encoded],
    inputs: Sequence[str],
    settings: Settings,
    device: Device,
    most: int,
) -> Iterator[PlannedChunk]:
    by_length: defaultdict[int, list[PlannedInstance]] = defaultdict(list)
    for order, (sentence, waiting) in enumerate(zip(sentences, inputs, strict=True)):
        instance = sentence.instance
        pending = PlannedInstance(instance_id(run, instance.id), instance.id, order, instance.text, waiting)
        by_length[len(sentence.ids)].append(pending)
    indices = count()
    for length, group in by_length.items():
        size = min(most, chunk_size(transformer, length, settings, device))
        chunks = -(-len(group) // size)
        for number in range(chunks):
            members = tuple(group[number * len(group) // chunks : (number + 1) * len(group) // chunks])
            yield PlannedChunk(chunk_id(run, [each.id for each in members]), next(indices), length, members)


def chunk_size(transformer: Transformer, length: int, settings: Settings, device: Device) -> int:
    """How many sentences of a length a chunk has at most.

    Args:
        length: tokens.
    """
    weights = sum(layer.sizes.multiplications for layer in transformer.layers)
    nodes = length * len(transformer.layers)
    patterns = 2 + sum(len(METHODS[method]) for method in settings.methods)  # a word
    words = settings.word_selection().most(length)
    steps = words * len(transformer.layers) * patterns
    rows = nodes + steps + _edges(transformer, length, settings)  # activations, steps and edges
    passes = 1 + ("conductance" in settings.methods) * length / PASSES
    by_time = WORK[device] / (weights * length * settings.usual_points * passes)
    return max(1, min(INSTANCES, int(by_time), int(ROWS / rows)))


def _edges(transformer: Transformer, length: int, settings: Settings) -> float:
    """Edges that are kept of a sentence, at most."""
    everything = len(transformer.layers) * length * (length * transformer.heads + 1)
    return settings.edge_selection().most(everything)
