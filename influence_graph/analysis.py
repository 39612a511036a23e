"""Sentences in, results out, computed when they are first looked at.

1. Every sentence is checked before any of them is computed.
2. Sentences of one length are computed together, so that results are ready in another order than that of the sentences.
3. What is ready is kept. After an interruption the rest is planned again, without it.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import overload

from influence_graph.progress import Bar
from influence_graph.results import Result, Results
from workers.analysis.analysis import compute, prepare
from workers.analysis.notices import notices
from workers.analysis.questions import Question, logit_difference
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.models import Model


class Analysis(Results):
    """The results of an analysis, in the order of its sentences; each is computed when it is first looked at, and kept.

    Interrupt it whenever you like: what is computed stays, and looking again computes the rest.
    """

    def __init__(
        self,
        model: Model,
        instances: Iterable[Instance],
        settings: Settings | None = None,
        *,
        question: Question = logit_difference,
        memory: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ):
        """As `analyze`."""
        self._model = model
        self.settings: Settings = settings or Settings()
        self._question = question
        self._memory = memory
        self._progress = progress or Bar("analyzing", "sentence")
        instances = instances if isinstance(instances, Instance | str) else tuple(instances)
        plan = prepare(model, instances, self.settings, memory=memory)
        self._instances = tuple(instances)
        for notice in notices(model, [sentence for batch in plan.batches for sentence in batch.sentences]):
            warnings.warn(notice, stacklevel=3)
        self._done: dict[str, Result] = {}
        self._computing: Iterator[InstanceResult] = compute(model, plan, self.settings, question=question)

    def __len__(self) -> int:
        return len(self._instances)

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> Results: ...
    def __getitem__(self, index: int | slice) -> Result | Results:
        if isinstance(index, slice):
            return Results(self[each] for each in range(len(self))[index])
        wanted = self._instances[index].id
        while wanted not in self._done:
            self._compute_one()
        return self._done[wanted]

    @property
    def model(self) -> Model:
        """The model that makes them."""
        return self._model

    @property
    def computed(self) -> Results:
        """The results that are there already, as they became ready."""
        return Results(self._done.values())

    def stream(self) -> Iterator[Result]:
        """Each result as soon as it is ready, those of one length together; for more sentences than memory holds.

        What it computes is not kept.
        """
        done = dict(self._done)
        yield from done.values()
        for number, result in enumerate(self._compute(done), start=len(done) + 1):
            self._progress(number, len(self))
            yield Result.of(result)

    def _compute_one(self) -> None:
        try:
            result = next(self._computing)
        except BaseException:
            self._computing = self._compute(self._done)
            raise
        self._done[result.id] = Result.of(result)
        self._progress(len(self._done), len(self))

    def _compute(self, done: dict[str, Result]) -> Iterator[InstanceResult]:
        """The results that are not there yet."""
        rest = [instance for instance in self._instances if instance.id not in done]
        plan = prepare(self._model, rest, self.settings, memory=self._memory)
        yield from compute(self._model, plan, self.settings, question=self._question)

    def __repr__(self) -> str:
        return f"<Analysis of {len(self)} sentences, {len(self._done)} computed>"


def analyze(
    model: Model,
    instances: Iterable[Instance],
    settings: Settings | None = None,
    *,
    question: Question = logit_difference,
    memory: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Analysis:
    """Influence of every word of every sentence, and the patterns that carry it (paper, sections 3 and 4).

    Nothing is computed before a result is looked at: by index, in a loop, or by a notebook that shows them all.

    Args:
        model: from `load_model`.
        instances: masked sentences with two answers, or sentences with a label, as the model is.
        settings: what is computed and kept; by default `Settings()`.
        question: the quantity of interest: a function of logits (see `of_logits`), or any of the target's last
            hidden state.
        memory: bytes that a batch may take on the model's device; by default half of what is free.
        progress: called after each result with how many there are and will be; by default a bar, where someone
            watches.

    Raises:
        InvalidInput: an instance that cannot be put to this model, one that does not fit into `memory`, two of one id,
            or a baseline of a token that the model has not; later, numbers of a sentence that are not finite.

    Warns of what a reader of the results should know, such as of words that the vocabulary lacks.
    """
    return Analysis(model, instances, settings, question=question, memory=memory, progress=progress)
