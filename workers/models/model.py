"""A loaded model: its weights, its tokenizer, and how an instance becomes token ids for it.

1. The objective checks that the instance has what it asks for.
2. The text's mask becomes the model's mask token; the tokenizer makes tokens of the text, its special ones included.
3. Every token takes the role of the space-separated word that its characters lie in.
4. The objective finds the target, its sources and the answers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from sys import intern
from typing import cast

import torch
from transformers import PreTrainedTokenizerFast

from cypher.errors import InvalidInput
from workers.datasets.instance import SIMILARITY, Instance
from workers.influence.blocks.prediction_heads import Head
from workers.influence.blocks.transformer import Transformer
from workers.models.encoded import Encoded, Reference
from workers.models.objective import Objective
from workers.models.similarity import SentenceSimilarity
from workers.models.spelling import spelling_of
from workers.models.texts import TextTokens, read_text, with_mask
from workers.models.tokenizer import Pieces, pieces_of, pieces_of_all

TEXTS = 1000
"""Texts that the tokenizer gets at once."""


@dataclass(frozen=True, eq=False)
class Model:
    """A pretrained encoder with its prediction head and tokenizer, on one device in one dtype."""

    name: str  # of its directory or on the hub
    architecture: str  # the class's name in its config, such as "BertForMaskedLM"
    fingerprint: str  # sha256 (hex) of the weights as stored, the config and the tokenizer
    encoder: Transformer
    objective: Objective
    tokenizer: PreTrainedTokenizerFast
    max_length: int  # tokens, the special ones included
    unused: tuple[str, ...] = ()  # names of stored weights that no part of the model is made of
    skips_padding: bool = False  # are positions counted without the tokens that fill up texts?
    pooled: bool = False  # are its own sentence embeddings made of all positions?

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader of its results should know."""
        left_out = ", ".join(self.unused[:5]) + (f" and {len(self.unused) - 5} more" if len(self.unused) > 5 else "")
        unused = f"stored weights that {self.architecture} does not use are left out: {left_out}"
        pooled = f"{self.name} makes its sentence embeddings of all positions, and here one position is compared"
        similar = self.objective.quantity == SIMILARITY
        told = ((unused, bool(self.unused)), (pooled, self.pooled and similar))
        return (*self.objective.notices, *(notice for notice, holds in told if holds))

    def with_question(self, question: str | None) -> "Model":
        """The same model, asked a question by name.

        Args:
            question: `similarity`, of any encoder; None, or the name of what it was trained to predict: that.

        Raises:
            InvalidInput: a question that it cannot be asked.
        """
        if question in (None, self.objective.quantity):
            return self
        if question != SIMILARITY:
            problem = f"{question!r} cannot be asked of {self.name}"
            raise InvalidInput("question", problem, f"Use {self.objective.quantity} or {SIMILARITY}.")
        return replace(self, objective=SentenceSimilarity(self.head, self.encoder))

    @property
    def head(self) -> Head:
        """From the target's last hidden state to logits."""
        return self.objective.head

    @property
    def device(self) -> torch.device:
        return self.encoder.device

    @property
    def dtype(self) -> torch.dtype:
        return self.encoder.dtype

    @property
    def baseline_id(self) -> int | None:
        """Vocabulary id of the word at every position of the objective's default baseline (paper, section 4)."""
        return self.baseline(self.objective.baseline)

    def baseline(self, name: str) -> int | None:
        """Vocabulary id of the word that stands at every position of a baseline; None for the zero vector.

        Args:
            name: as settings name it: `mask`, `zero`, or `token:` and a token as the vocabulary spells it. (Of
                `counterfactual` each sentence brings its own words.)

        Raises:
            InvalidInput: the vocabulary has no such token.
        """
        if name == "mask" and self.tokenizer.mask_token is None:
            problem = f"the tokenizer of {self.name} has no mask token"
            raise InvalidInput("baseline", problem, "Give zero, or a token of its vocabulary, such as token:[PAD].")
        if name == "mask":
            return cast(int, self.tokenizer.mask_token_id)
        if name == "zero":
            return None
        token = name.removeprefix("token:")
        if token not in self.tokenizer.get_vocab():
            problem = f"{token!r} is not a token of {self.name}"
            raise InvalidInput("baseline", problem, "Name one as its vocabulary spells it, such as token:[PAD].")
        return cast(int, self.tokenizer.convert_tokens_to_ids(token))

    def encode(self, instance: Instance) -> Encoded:
        """Token ids, roles, target, sources and answers of one instance.

        Raises:
            InvalidInput: the instance cannot be put to this model; the message names the field, the value and the fix,
                and `where` is the instance's origin.
        """
        (found,) = self.encode_all([instance])
        if isinstance(found, InvalidInput):
            raise found
        return found

    def encode_all(self, instances: Iterable[Instance]) -> Iterator[Encoded | InvalidInput]:
        """What `encode` gives of each instance, or raises; many together take a fraction of the time."""
        remaining = iter(instances)
        while batch := list(islice(remaining, TEXTS)):
            texts = [with_mask(self.tokenizer, instance.text) for instance in batch]
            for instance, pieces in zip(batch, pieces_of_all(self.tokenizer, texts), strict=True):
                try:
                    found = self._encode(instance, pieces)
                except InvalidInput as error:
                    found = error.at(instance.origin)
                yield found

    def _encode(self, instance: Instance, pieces: Pieces) -> Encoded:
        """As `encode`, given the tokens of the text with the model's mask."""
        to_compare = instance.reference is not None and instance.correct is None and instance.label is None
        if to_compare and self.objective.quantity != SIMILARITY:
            problem = f"it is missing, and {instance.id!r} has a reference to compare with"
            raise InvalidInput("question", problem, f"Ask for {SIMILARITY}, or give the sentence an answer.")
        self.objective.check(instance, self.name)
        text = read_text(self.tokenizer, instance, pieces, self.name, self.max_length, self.skips_padding)
        target = self.objective.target(instance, pieces, self.tokenizer)
        correct, wrong = self.objective.answers(instance, self.tokenizer, self.name)
        other = self._counterfactual(instance, text.ids, target)
        reference, compared = self._reference(instance)
        tokens = tuple(map(intern, self.tokenizer.convert_ids_to_tokens(list(text.ids))))  # few, of many sentences
        texts = spelling_of(self.tokenizer).read(tokens)
        return Encoded(
            instance=instance,
            ids=text.ids,
            tokens=tokens,
            roles=text.roles,
            target=target,
            sources=self.objective.sources(len(text.ids), target),
            correct=correct,
            wrong=wrong,
            unknown=tuple(part for each in (text, other, reference) if each is not None for part in each.unknown),
            texts=None if texts == tokens else texts,
            counterfactual=None if other is None else other.ids,
            reference=None if reference is None else Reference(reference.ids, compared),
        )

    def _read(self, instance: Instance, field: str, text: str) -> tuple[Instance, Pieces, TextTokens]:
        """Another text of an instance, which is that of a field of its own."""
        alone = replace(instance, text=text, roles=None, spans=None)
        pieces = pieces_of(self.tokenizer, with_mask(self.tokenizer, text))
        try:
            return (
                alone,
                pieces,
                read_text(self.tokenizer, alone, pieces, self.name, self.max_length, self.skips_padding),
            )
        except InvalidInput as error:
            raise InvalidInput(field, error.problem, error.fix) from None

    def _reference(self, instance: Instance) -> tuple[TextTokens | None, int]:
        """The text that an instance is compared with, where that is asked, and the position of its target."""
        if instance.reference is None or self.objective.quantity != SIMILARITY:
            return None, 0
        alone, pieces, other = self._read(instance, "reference", instance.reference)
        return other, self.objective.target(alone, pieces, self.tokenizer)

    def _counterfactual(self, instance: Instance, ids: tuple[int, ...], target: int) -> TextTokens | None:
        """An instance's other text, which must have as many tokens, and the same one at the target."""
        if instance.counterfactual is None:
            return None
        _, _, other = self._read(instance, "counterfactual", instance.counterfactual)
        if len(other.ids) != len(ids):
            problem = f"{instance.counterfactual!r} has {len(other.ids)} tokens, and text has {len(ids)}"
            raise InvalidInput("counterfactual", problem, "Give a text of as many tokens.")
        if other.ids[target] != ids[target]:
            token = self.tokenizer.convert_ids_to_tokens(ids[target])
            problem = f"{instance.counterfactual!r} has no {token} where text has it"
            raise InvalidInput("counterfactual", problem, "Change other words.")
        return other
