"""One sentence put to a model and ready to be asked for patterns: its forward and backward pass, within memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from cypher.errors import ModelError
from workers.analysis.analysis import sample_alone
from workers.analysis.memory import half_of_free_memory
from workers.analysis.questions import Question
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance
from workers.influence.footprint import pattern_bytes
from workers.influence.passes.forward_backward import ForwardBackward
from workers.influence.passes.pattern_influence import Patterns, influence_of
from workers.influence.search.exhaustive import Choices, best_of
from workers.models import Encoded, Model


def sentence_of(model: Model, result: InstanceResult) -> Encoded:
    """The sentence that a result is of, as the model reads it.

    Raises:
        ModelError: the result is of another model.
    """
    if result.model != model.fingerprint:
        problem = f"{model.name} is {model.fingerprint[:12]}, and {result.id!r} was made by {result.model[:12]}"
        raise ModelError("model", f"{problem} (fingerprints)", "Name the model that made the results.")
    sentence = Instance(
        result.id,
        result.text,
        task=result.task,
        case=result.case,
        counterfactual=result.counterfactual,
        reference=result.reference,
        target_word=result.target_word,
    )
    wrong = result.wrong if model.objective.names_both or result.wrong_is_given else None
    return model.encode(model.objective.ask(sentence, result.correct, wrong))


@dataclass(frozen=True, eq=False)
class PreparedSentence:
    """A sentence's samples, in slices where memory asks for it, and how many complete patterns fit beside them."""

    slices: list[ForwardBackward]
    at_a_time: int

    @classmethod
    @torch.no_grad()
    def of(cls, model: Model, sentence: Encoded, settings: Settings, question: Question) -> "PreparedSentence":
        """The forward and backward passes of the sentence. Samples and patterns take a quarter of free memory each.

        Raises:
            OutOfMemory: not even one sample of the sentence fits.
        """
        transformer, budget = model.encoder, half_of_free_memory(model.device) // 2
        slices = list(sample_alone(model, sentence, settings, question, budget).slices)
        most = max(one.hidden.shape[1] for one in slices)
        return cls(slices, budget // pattern_bytes(transformer, len(sentence.ids), most))

    @torch.no_grad()
    def influences(self, patterns: Patterns) -> list[float]:
        """The influence of each pattern of the sentence, whatever device they are on."""
        length = self.slices[0].graph.length
        patterns = patterns.to(self.slices[0].tangent.device)
        size = self.at_a_time // length if any(nodes is None for nodes in patterns.nodes) else self.at_a_time
        runs = patterns.split(max(1, size))
        return [value for run in runs for value in influence_of(self.slices, run)[0].tolist()]

    @torch.no_grad()
    def best(self, choices: Choices, sign: Sequence[int]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Path and components of the best pattern of each of the choices' words, as many words at a time as fit."""
        words, *others = choices.nodes
        if len(words) > 1 and choices.carried(choices.cut()) > self.at_a_time:
            middle = len(words) // 2
            halves = [replace(choices, nodes=[half, *others]) for half in (words[:middle], words[middle:])]
            return self.best(halves[0], sign[:middle]) + self.best(halves[1], sign[middle:])
        best = best_of(self.slices, choices, self.slices[0].tangent.new_tensor(sign))
        return [
            (tuple(path), tuple(some)) for path, some in zip(best.path.tolist(), best.components.tolist(), strict=True)
        ]
