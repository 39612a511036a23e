"""What a model was trained to predict: the one place that tells masked-language models from classifiers.

An objective says where the target is, which words are its sources, how an instance names its answers, how these are
shown in results, what the baseline is by default, and which difference of logits is the quantity of interest.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, cast

import torch
from jaxtyping import Float
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from cypher.errors import InvalidInput
from workers.datasets.instance import MASK, Instance
from workers.datasets.sentiment import LABELS
from workers.influence.blocks.prediction_heads import ClassifierHead, Head, MaskedLMHead
from workers.influence.interest import Interest
from workers.models.answers import word_id
from workers.models.encoded import Encoded
from workers.models.tokenizer import Pieces

UNNAMED = ("LABEL_0", "LABEL_1")
"""What transformers calls two classes that have no names."""


@dataclass(frozen=True, eq=False)
class Objective(ABC):
    """What a model was trained to predict, and how an instance asks for it."""

    head: Head  # from the target's last hidden state to logits

    special: ClassVar[tuple[str, ...]]
    """Roles of the special tokens that its tokenizer must have."""
    noun: ClassVar[str]
    """A model that has it, with its article, as messages call it."""
    baseline: ClassVar[str]
    """What stands at every position of the baseline by default, as settings name it."""
    quantity: ClassVar[str] = "logit_difference"
    """What results call the quantity of interest by default: right minus wrong logit (paper, section 3.2)."""
    names_both: ClassVar[bool] = True
    """Does every instance name the wrong answer?"""
    notices: ClassVar[tuple[str, ...]] = ()
    """What a reader of its results should know."""
    output: ClassVar[str] = "logits"
    """What the library calls that which its model gives."""

    @abstractmethod
    def suits(self, classes: bool) -> bool:
        """Can a task be put to such a model?

        Args:
            classes: does the task ask for the class of a sentence, and not for a masked word?
        """

    @abstractmethod
    def check(self, instance: Instance, model: str) -> None:
        """Has the instance the fields that such a model answers to?

        Args:
            model: its name, for the message.

        Raises:
            InvalidInput: a field is missing, or is for another kind of model.
        """

    @abstractmethod
    def position(self, ids: Sequence[int], tokenizer: PreTrainedTokenizerFast) -> int:
        """Position of the token whose last hidden state the head reads, in a text that has one."""

    @abstractmethod
    def target(self, instance: Instance, pieces: Pieces, tokenizer: PreTrainedTokenizerFast) -> int:
        """`position`, of a text that an instance asks about.

        Args:
            pieces: the text's tokens.

        Raises:
            InvalidInput: the text has none, or more than one, or another token stands there.
        """

    @abstractmethod
    def answers(
        self, instance: Instance, tokenizer: PreTrainedTokenizerFast, model: str
    ) -> tuple[int | None, int | None]:
        """Indices of the right and the wrong logit; the second is None where all others are wrong, both where an
        instance has no answer.

        Raises:
            InvalidInput: an answer that the model cannot give, or two that are one.
        """

    @abstractmethod
    def correct_answer(self, sentence: Encoded) -> str:
        """The right answer, in words."""

    @abstractmethod
    def wrong_answer(self, sentence: Encoded, hidden: Float[Tensor, " d"]) -> str:
        """The wrong answer, in words; where all others are wrong, that of the largest logit.

        Args:
            hidden: the target's last hidden state at the input.
        """

    @abstractmethod
    def ask(self, instance: Instance, correct: str, wrong: str | None) -> Instance:
        """The instance with the answers that `correct_answer` and `wrong_answer` gave.

        Args:
            wrong: None where all others are wrong.
        """

    @abstractmethod
    def interest(self, sentences: Sequence[Encoded], device: torch.device) -> Interest:
        """The quantity of interest that is asked for by default: `quantity` names it."""

    def outputs(self, hidden: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch output"]:
        """What the library's model gives for the target's last hidden state under the name `output`."""
        assert isinstance(self.head, MaskedLMHead | ClassifierHead)
        return self.head.logits(hidden)

    def sources(self, length: int, target: int) -> tuple[int, ...]:
        """Positions of the words whose influence is asked for: all but the target, which is masked in the baseline too.

        Args:
            length: tokens.
        """
        return tuple(position for position in range(length) if position != target)


@dataclass(frozen=True, eq=False)
class MaskedLanguageModelling(Objective):
    """To predict the word at the mask. The target is the mask; the answers are two words of the vocabulary."""

    head: MaskedLMHead

    special = ("mask",)
    noun = "a masked-language model"
    baseline = "mask"

    def suits(self, classes: bool) -> bool:
        return not classes

    def check(self, instance: Instance, model: str) -> None:
        missing = [field for field in ("correct", "wrong") if not (getattr(instance, field) or "").strip()]
        if len(missing) == 2 and (instance.label or "").strip():
            raise InvalidInput(
                "label",
                f"{instance.label!r} is for a classifier, and {model} is {self.noun}",
                "Give correct and wrong, or use a classifier (bundled-sentiment is one).",
            )
        if missing:
            raise InvalidInput(missing[0], "it is missing", f"Give the {missing[0]} word at the mask.")

    def position(self, ids: Sequence[int], tokenizer: PreTrainedTokenizerFast) -> int:
        return ids.index(cast(int, tokenizer.mask_token_id))

    def target(self, instance: Instance, pieces: Pieces, tokenizer: PreTrainedTokenizerFast) -> int:
        masks = pieces.ids.count(cast(int, tokenizer.mask_token_id))
        if masks == 0:
            raise InvalidInput(
                "text",
                f"{instance.text!r} has no mask",
                f"Put {MASK} or {tokenizer.mask_token} in place of the word to predict.",
            )
        if masks > 1:
            raise InvalidInput(
                "text", f"{instance.text!r} has {masks} masks", "Leave one, in place of the word to predict."
            )
        if len(pieces.ids) == 1:
            problem = f"{instance.text!r} is the mask alone, and the tokenizer adds no token to it"
            raise InvalidInput("text", problem, "Give a sentence.")
        return self.position(pieces.ids, tokenizer)

    def answers(self, instance: Instance, tokenizer: PreTrainedTokenizerFast, model: str) -> tuple[int, int]:
        correct = word_id(tokenizer, "correct", instance.correct or "", instance.text, model)
        wrong = word_id(tokenizer, "wrong", instance.wrong or "", instance.text, model)
        if correct == wrong:
            token = tokenizer.convert_ids_to_tokens(correct)
            raise InvalidInput(
                "wrong",
                f"{instance.wrong!r} is the same word as correct {instance.correct!r} (token {token!r})",
                "Give two words that the model tells apart.",
            )
        return correct, wrong

    def correct_answer(self, sentence: Encoded) -> str:
        return sentence.instance.correct or ""

    def wrong_answer(self, sentence: Encoded, hidden: Float[Tensor, " d"]) -> str:
        return sentence.instance.wrong or ""

    def ask(self, instance: Instance, correct: str, wrong: str | None) -> Instance:
        return replace(instance, correct=correct, wrong=wrong)

    def interest(self, sentences: Sequence[Encoded], device: torch.device) -> Interest:
        correct = torch.tensor([sentence.correct for sentence in sentences], device=device)
        wrong = torch.tensor([sentence.wrong for sentence in sentences], device=device)
        return lambda hidden: self.head.difference(hidden, correct, wrong)


@dataclass(frozen=True, eq=False)
class SequenceClassification(Objective):
    """To predict the class of a text. The target is the first token; all classes but one are wrong, or a named one."""

    head: ClassifierHead
    labels: tuple[str, ...]  # names of the classes, by index

    special = ("cls",)
    noun = "a classifier"
    baseline = "mask"
    names_both = False

    def suits(self, classes: bool) -> bool:
        return classes

    def check(self, instance: Instance, model: str) -> None:
        if (instance.label or "").strip():
            return
        for field in ("correct", "wrong"):
            if (getattr(instance, field) or "").strip():
                raise InvalidInput(
                    field,
                    f"{getattr(instance, field)!r} is for a masked-language model, and {model} is {self.noun}",
                    f"Give label, one of: {self._known()}; or use a masked-language model (bundled is one).",
                )
        raise InvalidInput("label", "it is missing", f"Give one of: {self._known()}.")

    def position(self, ids: Sequence[int], tokenizer: PreTrainedTokenizerFast) -> int:
        return 0

    def target(self, instance: Instance, pieces: Pieces, tokenizer: PreTrainedTokenizerFast) -> int:
        if pieces.ids[0] != tokenizer.cls_token_id:
            problem = (
                f"its first token is {tokenizer.convert_ids_to_tokens(pieces.ids[0])!r}, and a classifier reads "
                f"{tokenizer.cls_token} there, which the tokenizer does not add"
            )
            raise InvalidInput(
                "text", problem, "Use the tokenizer.json that the model was trained with (its post_processor)."
            )
        return self.position(pieces.ids, tokenizer)

    def answers(self, instance: Instance, tokenizer: PreTrainedTokenizerFast, model: str) -> tuple[int, int | None]:
        label = self._find("label", instance.label or "")
        if not (instance.wrong or "").strip() or instance.correct is not None:  # it is that of a masked word
            return label, None
        wrong = self._find("wrong", instance.wrong or "")
        if wrong == label:
            raise InvalidInput("wrong", f"{instance.wrong!r} is the label", "Give another class, or leave it out.")
        return label, wrong

    def correct_answer(self, sentence: Encoded) -> str:
        return self.labels[cast(int, sentence.correct)]

    def wrong_answer(self, sentence: Encoded, hidden: Float[Tensor, " d"]) -> str:
        if sentence.wrong is not None:
            return self.labels[sentence.wrong]
        logits = self.head.logits(hidden).clone()
        logits[sentence.correct] = -torch.inf
        return self.labels[int(logits.argmax())]

    def ask(self, instance: Instance, correct: str, wrong: str | None) -> Instance:
        return replace(instance, label=correct, wrong=wrong)

    def interest(self, sentences: Sequence[Encoded], device: torch.device) -> Interest:
        correct = torch.tensor([sentence.correct for sentence in sentences], device=device)
        wrong = torch.tensor([-1 if each.wrong is None else each.wrong for each in sentences], device=device)
        return lambda hidden: self.head.difference(hidden, correct, wrong)

    def _find(self, field: str, label: str) -> int:
        """Index of a class given by its name, its name in other case where that is one class, or its index.

        A sentiment is an index too, where the model has left two classes without names: SST-2 numbers them.
        """
        label = label.strip()
        if self.labels == UNNAMED and label.casefold() in LABELS:
            return LABELS.index(label.casefold())
        exact = [index for index, name in enumerate(self.labels) if name == label]
        folded = [index for index, name in enumerate(self.labels) if name.casefold() == label.casefold()]
        for matches in (exact, folded):
            if len(matches) == 1:
                return matches[0]
        if label.isdecimal() and int(label) < len(self.labels):
            return int(label)
        problem = "is more than one class" if folded else "is not a class"
        raise InvalidInput(field, f"{label!r} {problem} of the model", f"Give one of: {self._known()}.")

    def _known(self) -> str:
        return ", ".join(f"{label} ({index})" for index, label in enumerate(self.labels))


class MultiLabelClassification(SequenceClassification):
    """To predict of each class by itself whether it holds. The quantity of interest is the label's own logit."""

    quantity = "label_logit"
    notices = (
        "the model's classes are independent (problem_type multi_label_classification): the quantity of interest is "
        "the label's own logit, positive where the model says that the label is true",
    )

    def answers(self, instance: Instance, tokenizer: PreTrainedTokenizerFast, model: str) -> tuple[int, None]:
        if (instance.wrong or "").strip() and instance.correct is None:
            problem = f"{instance.wrong!r} is another class, and those of {model} are independent of each other"
            raise InvalidInput("wrong", problem, "Leave it out: the quantity of interest is the label's own logit.")
        return self._find("label", instance.label or ""), None

    def wrong_answer(self, sentence: Encoded, hidden: Float[Tensor, " d"]) -> str:
        return ""  # there is no class that it is told apart from

    def interest(self, sentences: Sequence[Encoded], device: torch.device) -> Interest:
        label = torch.tensor([sentence.correct for sentence in sentences], device=device)

        def logit(hidden: Float[Tensor, "batch sample d"]) -> Float[Tensor, "batch sample"]:
            logits = self.head.logits(hidden)
            return logits.gather(-1, label[:, None, None].expand(*logits.shape[:2], 1)).squeeze(-1)

        return logit
