"""Sentences as a job: one run, in chunks that take some seconds each.

1. Every sentence is read with the model's tokenizer, as it will be when it is computed; if one is bad, nothing is made.
   Those that are good wait in a temporary file, so that however many there are, they take little memory.
2. Sentences of one length share chunks, as many as some seconds of computing and one transaction allow.
3. Equal submissions have equal hashes; under one idempotency key they are one run, whoever gives them and how often.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from tempfile import TemporaryFile
from typing import IO, Self
from uuid import uuid4

from cypher.errors import InvalidInput
from cypher.ledger.jobs import Device, Job, PlannedChunk, PlannedInstance
from cypher.store.records import RunRecord, checked_name, chunk_id, instance_id, key
from service.operations.progress import OnNotice, untold
from workers.analysis.analysis import check_baseline, check_counterfactual, check_sources, provenance
from workers.analysis.assemble import VERSIONS
from workers.analysis.notices import NoticeTally
from workers.analysis.settings import Settings
from workers.datasets import Instance
from workers.influence.baselines.methods import METHODS
from workers.influence.blocks.transformer import Transformer
from workers.jobs.inputs import from_input, to_input
from workers.models import Encoded, Model
from workers.records.chunks import INSTANCES, ROWS
from workers.records.to_graph import describe_loaded

WORK = {"cpu": 1.5e10, "any": 1.5e10, "gpu": 3e12}
"""Multiplications by a weight, over all samples and tokens, that take a device some seconds, with all they entail."""
PASSES = 6
"""What these entail, in passes of the samples through the model; conductance takes one for each word besides."""


class Sentences:
    """Sentences in a file, in the order in which they came."""

    def __init__(self, file: IO[str]):
        self._file = file
        self.lengths: Counter[int] = Counter()  # how many there are of each, in tokens

    @classmethod
    @contextmanager
    def temporary(cls) -> Iterator[Self]:
        """None yet, in a file that is gone in the end."""
        with TemporaryFile("w+", encoding="utf-8", newline="\n") as file:
            yield cls(file)

    @property
    def count(self) -> int:
        return self.lengths.total()

    def add(self, length: int, waiting: str) -> None:
        """One more, as `to_input` writes it."""
        self._file.write(f"{length}\t{waiting}\n")
        self.lengths[length] += 1

    def read(self, run: str) -> Iterator[tuple[int, PlannedInstance]]:
        """All of them as instances of a run, each with its length."""
        self._file.seek(0)
        for order, line in enumerate(self._file):
            length, _, waiting = line.removesuffix("\n").partition("\t")
            instance = from_input(waiting)
            name = instance.id
            yield int(length), PlannedInstance(instance_id(run, name), name, order, instance.text, waiting)


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A job, and its chunks, which are made whenever they are wanted."""

    job: Job
    sentences: Sentences
    chunks_of: dict[int, int]  # how many chunks there are of each length

    @property
    def chunks(self) -> int:
        """How many there are."""
        return sum(self.chunks_of.values())

    def __iter__(self) -> Iterator[PlannedChunk]:
        """The chunks, each as soon as its last sentence has come; those of one length have as many, or one more."""
        run = self.job.run.id
        firsts = dict(zip(self.chunks_of, accumulate(self.chunks_of.values(), initial=0), strict=False))
        begun: defaultdict[int, list[PlannedInstance]] = defaultdict(list)
        made = dict.fromkeys(self.chunks_of, 0)
        for length, instance in self.sentences.read(run):
            members = begun[length]
            members.append(instance)
            number, chunks, group = made[length], self.chunks_of[length], self.sentences.lengths[length]
            if len(members) == (number + 1) * group // chunks - number * group // chunks:
                identity = chunk_id(run, [each.id for each in members])
                yield PlannedChunk(identity, firsts[length] + number, length, tuple(members))
                begun[length], made[length] = [], number + 1


@contextmanager
def plan_job(
    model: Model,
    source: str,
    instances: Iterable[Instance],
    settings: Settings,
    *,
    stem: str,
    name: str | None = None,
    idempotency_key: str | None = None,
    owner: str | None = None,
    device: Device = "any",
    priority: int = 0,
    most: int = INSTANCES,
    on_bad: Callable[[InvalidInput], None] | None = None,
    on_notice: OnNotice = untold,
) -> Iterator[PlannedJob]:
    """A job, and its chunks, which can be read until this context ends.

    Args:
        source: what names the model for workers.
        instances: looked at one after the other, once.
        stem: what its name begins with where none is given.
        name: of the run.
        idempotency_key: by which a submission is known again; None for a run of its own.
        owner: id of whoever submits it, by which jobs are counted; None: they are not.
        most: sentences of a chunk, where `chunk_size` allows as many.
        on_bad: called with the problem of a sentence that is left out; None to raise the first.
        on_notice: is told what a reader of the results should know, such as of unknown words.

    Raises:
        InvalidInput: a sentence or a baseline that cannot be put to this model, no sentence is left, or a name that no
            run can have.
    """
    tally, made_by = NoticeTally(model), provenance(model, settings)
    request = sha256()  # of a list of all that makes the run and its chunks, as JSON
    request.update(f"{json.dumps([model.fingerprint, made_by, name, device], sort_keys=True)[:-1]}, [".encode())
    with Sentences.temporary() as sentences:
        for sentence in encode_checked(model, instances, settings, on_bad):
            tally.add(sentence)
            waiting = to_input(sentence.instance)
            request.update(f"{', ' if sentences.count else ''}{json.dumps(waiting)}".encode())
            sentences.add(len(sentence.ids), waiting)
        request.update(b"]]")
        if not sentences.count:
            raise InvalidInput("input", "no sentence of it can be analysed", "Correct those that are left out.")
        for notice in tally.notices():
            on_notice(notice)
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
            request=request.hexdigest(),
            sentences=sentences.count,
            owner=owner,
        )
        chunks_of = {
            length: -(-count // min(most, chunk_size(model.encoder, length, settings, device)))
            for length, count in sentences.lengths.items()
        }
        yield PlannedJob(job, sentences, chunks_of)


def encode_checked(
    model: Model,
    instances: Iterable[Instance],
    settings: Settings,
    on_bad: Callable[[InvalidInput], None] | None = None,
) -> Iterator[Encoded]:
    """The sentences as the model reads them.

    Args:
        on_bad: called with the problem of a sentence that is left out; None to raise the first.

    Raises:
        InvalidInput: a baseline or a sentence that cannot be put to this model.
    """
    check_baseline(model, settings)
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
