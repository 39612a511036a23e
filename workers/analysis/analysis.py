"""Instances in, results out: what the engine computes of whole sentences, with what made it.

1. `prepare` reads every instance with the model's tokenizer, before any computing, and plans the batches.
2. `compute` runs one batch after the other and yields results as they are ready.
`analyze` is both.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch

from cypher.errors import InvalidInput
from workers.analysis.assemble import assemble
from workers.analysis.memory import Batch, Plan, fit, half_of_free_memory, halves, make_plan, positions
from workers.analysis.questions import Question, logit_difference, name_of
from workers.analysis.results import InstanceResult
from workers.analysis.settings import COUNTERFACTUAL, Settings
from workers.datasets.instance import Instance
from workers.influence.blocks.transformer import Transformer
from workers.influence.engine import Influence, influence_of_sampled
from workers.influence.interest import Around, Distribution, Line
from workers.influence.passes.forward import Sentences
from workers.influence.passes.sampled import Sampled, sample
from workers.influence.tolerance import Tolerance
from workers.models import Encoded, Model
from workers.models.devices import is_out_of_memory


def analyze(
    model: Model,
    instances: Iterable[Instance],
    settings: Settings | None = None,
    *,
    question: Question = logit_difference,
    memory: int | None = None,
) -> Iterator[InstanceResult]:
    """Influence of every word of every instance, and the patterns that carry it; results as they are ready.

    Sentences of one length are computed together, so that results come grouped by length.

    Args:
        model: from `load_model`.
        instances: masked sentences with two answers, or sentences with a label, as the model is.
        settings: what is computed and kept; by default `Settings()`.
        question: the quantity of interest: a function of logits (see `of_logits`), or any of the target's last
            hidden state.
        memory: bytes that a batch may take on the model's device; by default half of what is free.

    Raises:
        InvalidInput: an instance that cannot be put to this model, one that does not fit into `memory`, two of one id,
            or a baseline of a token that the model has not; before anything is computed. Later one of which something
            computed is not finite.
    """
    settings = settings or Settings()
    return compute(model, prepare(model, instances, settings, memory=memory), settings, question=question)


def prepare(
    model: Model,
    instances: Iterable[Instance],
    settings: Settings,
    *,
    memory: int | None = None,
    on_bad: Callable[[InvalidInput], None] | None = None,
) -> Plan:
    """Every instance as the model reads it, in batches that fit into memory.

    Args:
        on_bad: called with the problem of an instance that is left out; None to raise the first.

    Raises:
        InvalidInput: as `analyze`.
    """
    budget = half_of_free_memory(model.device) if memory is None else memory
    check_baseline(model, settings)
    if isinstance(instances, Instance | str):
        raise InvalidInput("instances", f"{instances!r} is one of them", "Give a list of instances.")
    sentences: list[Encoded] = []
    for sentence in model.encode_all(_distinct(instances)):
        try:
            if isinstance(sentence, InvalidInput):
                raise sentence
            check_sources(sentence, settings)
            check_counterfactual(sentence, settings)
            fit(model.encoder, sentence, settings, budget)
        except InvalidInput as error:
            if on_bad is None:
                raise
            on_bad(error)
        else:
            sentences.append(sentence)
    return make_plan(model.encoder, sentences, settings, budget)


def check_baseline(model: Model, settings: Settings) -> None:
    """Has the model the baseline's token?

    Raises:
        InvalidInput: it has not.
    """
    if settings.baseline != COUNTERFACTUAL:
        model.baseline(settings.baseline)


def check_counterfactual(sentence: Encoded, settings: Settings) -> None:
    """Has the sentence the other text that is to be its baseline?

    Raises:
        InvalidInput: it has not.
    """
    if settings.baseline == COUNTERFACTUAL and sentence.counterfactual is None:
        fix = "Give every sentence another text of as many tokens, or choose another baseline."
        raise InvalidInput("counterfactual", f"{sentence.instance.id!r} has none", fix, sentence.instance.origin)


def _distinct(instances: Iterable[Instance]) -> Iterator[Instance]:
    ids: set[str] = set()
    for instance in instances:
        if instance.id in ids:
            raise InvalidInput("id", f"{instance.id!r} appears twice", "Give every instance its own.", instance.origin)
        ids.add(instance.id)
        yield instance


def check_sources(sentence: Encoded, settings: Settings) -> None:
    """Has the sentence words at the settings' sources?

    Raises:
        InvalidInput: a source is beyond its end, or its target.
    """
    for source in settings.sources or ():
        if source not in sentence.sources:
            problem = "is the target" if source == sentence.target else f"is beyond its {len(sentence.ids)} tokens"
            raise InvalidInput(
                "sources",
                f"position {source} of {sentence.instance.id!r} {problem}",
                "Name positions of other tokens.",
                where=sentence.instance.origin,
            )


def compute(
    model: Model,
    plan: Plan,
    settings: Settings,
    *,
    question: Question = logit_difference,
    on_bad: Callable[[InvalidInput], None] | None = None,
) -> Iterator[InstanceResult]:
    """The results of a plan's batches, in order.

    Args:
        on_bad: called with the problem of a sentence that is left out; None to raise the first.

    Raises:
        InvalidInput: what was computed of a sentence is not finite.
    """
    made_by = provenance(model, settings, question)
    for batch in plan.batches:
        for sentences, found in run_batch(model, batch, settings, question):
            yield from assemble(model, sentences, found, settings, made_by, on_bad)


def provenance(model: Model, settings: Settings, question: Question = logit_difference) -> dict[str, Any]:
    """The settings as results hold them: all that can change a number, besides the model itself."""
    return settings.to_dict() | {
        "dtype": str(model.dtype).removeprefix("torch."),
        "question": name_of(question, model),
    }


def run_batch(
    model: Model, batch: Batch, settings: Settings, question: Question
) -> Iterator[tuple[Sequence[Encoded], Influence]]:
    """The engine on a batch; in smaller parts where the device has less memory left than was planned with.

    Of adaptive sampling, so are the sentences whose points have become too many to be held together.
    """
    try:
        found = run_engine(model, batch, settings, question)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        found = []
    yield from found
    done = {sentence.instance.id for sentences, _ in found for sentence in sentences}
    rest = tuple(sentence for sentence in batch.sentences if sentence.instance.id not in done)
    if not rest:
        return
    del found
    if model.device.type == "cuda":
        torch.cuda.empty_cache()
    for smaller in [replace(batch, sentences=rest)] if done else halves(batch, settings):
        yield from run_batch(model, smaller, settings, question)


def run_engine(
    model: Model, batch: Batch, settings: Settings, question: Question
) -> list[tuple[Sequence[Encoded], Influence]]:
    """The engine on a batch, as planned: sentences that are worked on together, and what is found of them."""
    return [
        (
            sentences,
            influence_of_sampled(
                sampled,
                torch.tensor([positions(each, settings) for each in sentences], device=model.device, dtype=torch.long),
                words=settings.word_selection(),
                beam=settings.beam,
                refine=settings.refine,
                edges=settings.edges != "none",
                methods=settings.methods,
            ),
        )
        for sentences, sampled in sample_batch(model, batch, settings, question)
    ]


def sample_batch(
    model: Model, batch: Batch, settings: Settings, question: Question
) -> Iterator[tuple[Sequence[Encoded], Sampled]]:
    """A batch's sentences at the settings' points: those of as many points together, without those that do not fit."""
    transformer, sentences = model.encoder, sentences_of(model, batch.sentences, settings, question)
    if settings.error is None:
        distribution = distribution_of(settings, transformer)
        yield batch.sentences, Sampled.at(transformer, sentences, distribution, batch.slice_size)
        return
    most = settings.points if batch.slice_size is None or batch.most is None else batch.most
    room = batch.room if batch.slice_size is None else None
    tolerance = Tolerance(settings.error, most)
    for rows, sampled in sample(transformer, sentences, tolerance, slice_size=batch.slice_size, room=room):
        yield [batch.sentences[row] for row in rows], sampled


def sample_alone(model: Model, sentence: Encoded, settings: Settings, question: Question, budget: int) -> Sampled:
    """One sentence at the settings' points.

    Args:
        budget: bytes that the passes over them may take.

    Raises:
        OutOfMemory: not even one sample at a time fits.
    """
    (batch,) = make_plan(model.encoder, [sentence], settings, budget).batches
    while True:
        for _, sampled in sample_batch(model, batch, settings, question):
            return sampled
        (batch,) = halves(batch, settings)


def distribution_of(settings: Settings, transformer: Transformer) -> Distribution:
    """The settings' distribution of interest, for a transformer; where each sentence has the same points.

    Scales are shares of the standard deviation of the transformer's word embeddings, over all words and coordinates.
    """
    kind, amount = settings.distribution_of_interest()
    if settings.sampling_of_line is not None:
        return Line.of(settings.sampling_of_line, settings.points, transformer.word_embeddings)
    if kind == "point":
        return Line.at(amount, like=transformer.word_embeddings)
    assert kind != "line"
    return Around.of(
        kind, amount * transformer.word_embeddings.std().item(), settings.points, transformer.word_embeddings
    )


def sentences_of(model: Model, sentences: Sequence[Encoded], settings: Settings, question: Question) -> Sentences:
    """Sentences of one length with the question that is put to the model about them, as the engine takes them."""
    ids = torch.tensor([sentence.ids for sentence in sentences], device=model.device)
    target = torch.tensor([sentence.target for sentence in sentences], device=model.device)
    if settings.baseline == COUNTERFACTUAL:
        others = torch.tensor([sentence.counterfactual for sentence in sentences], device=model.device)
        return Sentences(ids, target, others, question(model, sentences))
    return Sentences(ids, target, model.baseline(settings.baseline), question(model, sentences))
