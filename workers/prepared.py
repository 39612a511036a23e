"""One sentence put to a model, ready to be asked for patterns: its forward and backward pass, within memory."""

from dataclasses import dataclass

import torch

from workers.analysis import Question, sentences_of
from workers.influence.footprint import pattern_bytes
from workers.influence.forward import Samples
from workers.influence.interest import Line
from workers.influence.patterns import Patterns, influence_of
from workers.memory import fit, half_of_free_memory
from workers.models import Encoded, Model
from workers.settings import Settings


@dataclass(frozen=True, eq=False)
class Prepared:
    """A sentence's samples, in slices where memory asks for it, and how many complete patterns fit beside them."""

    parts: list[Samples]
    at_a_time: int

    @classmethod
    @torch.no_grad()
    def of(cls, model: Model, sentence: Encoded, settings: Settings, question: Question) -> "Prepared":
        """One forward and one backward pass of the sentence. Samples and patterns take a quarter of free memory each.

        Raises:
            BadInput: not even one sample of the sentence fits.
        """
        encoder, budget = model.encoder, half_of_free_memory(model.device) // 2
        _, slice_size, _ = fit(encoder, sentence, settings, budget)
        line = Line.of(settings.sampling, settings.samples, encoder.words)
        lines = [line] if slice_size is None else line.slices(slice_size)
        sentences = sentences_of(model, [sentence], question)
        parts = [Samples(encoder, sentences, part, keep=slice_size is None) for part in lines]
        each = pattern_bytes(encoder, len(sentence.ids), len(lines[0].alphas))
        return cls(parts, budget // each)

    @torch.no_grad()
    def influences(self, patterns: Patterns) -> list[float]:
        """The influence of each pattern of the sentence, whatever device they are on."""
        length = self.parts[0].tangent.shape[1]
        patterns = patterns.to(self.parts[0].tangent.device)
        size = self.at_a_time // length if any(nodes is None for nodes in patterns.nodes) else self.at_a_time
        runs = patterns.split(max(1, size))
        return [value for run in runs for value in influence_of(self.parts, run)[0].tolist()]
