"""A loaded model: its weights, its tokenizer, and how an instance becomes token ids for it.

1. The text's mask becomes the model's mask token, and the text becomes word pieces between [CLS] and [SEP].
2. Every token takes the role of the space-separated word that its characters lie in.
3. The target and the answers: the mask's position and two vocabulary ids, or position 0 and a class.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import cast

import torch
from transformers import PreTrainedTokenizerFast

from cypher.errors import InvalidInput
from workers.datasets.instance import MASK, Instance
from workers.datasets.sentiment import LABELS
from workers.influence.blocks.prediction_heads import ClassifierHead, MaskedLMHead
from workers.influence.blocks.transformer import Transformer

UNNAMED = ("LABEL_0", "LABEL_1")
"""What transformers calls two classes that have no names."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An instance as one model reads it."""

    instance: Instance
    ids: tuple[int, ...]  # of the tokens, [CLS] first and [SEP] last
    tokens: tuple[str, ...]  # as the vocabulary spells them
    roles: tuple[str, ...] | None  # one for each token; "cls" and "sep" at the ends
    target: int  # position that reaches the quantity of interest: the mask's, or 0 ([CLS]) for a classifier
    correct: int  # vocabulary id of the right word, or index of the right class
    wrong: int | None  # vocabulary id of the wrong word; None for a classifier


@dataclass(frozen=True, eq=False)
class Model:
    """A pretrained encoder with its prediction head and tokenizer, on one device in one dtype."""

    name: str  # of its directory or on the hub
    architecture: str  # the class's name in its config, such as "BertForMaskedLM"
    fingerprint: str  # sha256 (hex) of the weights as stored, the config and the tokenizer
    encoder: Transformer
    head: MaskedLMHead | ClassifierHead
    tokenizer: PreTrainedTokenizerFast
    labels: tuple[str, ...] | None  # names of the classes, by index; None for a masked-language model
    max_length: int  # tokens, [CLS] and [SEP] included
    baseline_id: int  # of the mask token, whose embedding is every position's baseline by default (paper, section 4)

    @property
    def device(self) -> torch.device:
        return self.encoder.device

    @property
    def dtype(self) -> torch.dtype:
        return self.encoder.dtype

    def baseline(self, name: str) -> int | None:
        """Vocabulary id of the word that stands at every position of a baseline; None for the zero vector.

        Args:
            name: as settings name it: `mask`, `zero`, or `token:` and a token as the vocabulary spells it.

        Raises:
            InvalidInput: the vocabulary has no such token.
        """
        if name == "mask":
            return self.baseline_id
        if name == "zero":
            return None
        token = name.removeprefix("token:")
        if token not in self.tokenizer.get_vocab():
            problem = f"{token!r} is not a token of {self.name}"
            raise InvalidInput("baseline", problem, "Name one as its vocabulary spells it, such as token:[PAD].")
        return cast(int, self.tokenizer.convert_tokens_to_ids(token))

    def encode(self, instance: Instance) -> Encoded:
        """Token ids, roles, target and answers of one instance.

        Raises:
            InvalidInput: the instance cannot be put to this model; the message names the field, the value and the fix,
                and `where` is the instance's origin.
        """
        try:
            self._check_kind(instance)
            ids, roles = self._read(instance)
            if self.labels is None:
                target = self._find_mask(instance, ids)
                correct, wrong = self._answers(instance)
            else:
                target, correct, wrong = 0, _find_class(self.labels, instance.label or ""), None
        except InvalidInput as error:
            raise error.at(instance.origin) from None
        tokens = tuple(self.tokenizer.convert_ids_to_tokens(list(ids)))
        return Encoded(instance, ids, tokens, roles, target, correct, wrong)

    def _check_kind(self, instance: Instance) -> None:
        """Has the instance the fields that this kind of model answers to?"""
        answers = {"correct": instance.correct, "wrong": instance.wrong}
        missing = [name for name, answer in answers.items() if not (answer or "").strip()]
        has_label = bool((instance.label or "").strip())
        if self.labels is None and missing:
            if has_label and len(missing) == 2:
                raise InvalidInput(
                    "label",
                    f"{instance.label!r} is for a classifier, and {self.name} is a masked-language model",
                    "Give correct and wrong, or use a classifier (bundled-sentiment is one).",
                )
            raise InvalidInput(missing[0], "it is missing", f"Give the {missing[0]} word at the mask.")
        if self.labels is not None and not has_label:
            if len(missing) < 2:
                field = "wrong" if "correct" in missing else "correct"
                raise InvalidInput(
                    field,
                    f"{answers[field]!r} is for a masked-language model, and {self.name} is a classifier",
                    f"Give label, one of: {_known(self.labels)}; or use a masked-language model (bundled is one).",
                )
            raise InvalidInput("label", "it is missing", f"Give one of: {_known(self.labels)}.")

    def _read(self, instance: Instance) -> tuple[tuple[int, ...], tuple[str, ...] | None]:
        """The ids, special tokens at both ends, and each token's role."""
        text = instance.text.replace(MASK, str(self.tokenizer.mask_token))
        pieces = self.tokenizer(
            text,
            add_special_tokens=False,
            return_offsets_mapping=True,
            padding=False,
            truncation=False,
            verbose=False,
        )
        cls, sep = (self._special_id(role) for role in ("cls", "sep"))
        if not pieces["input_ids"]:
            raise InvalidInput("text", f"{instance.text!r} has no words", "Give a sentence.")
        if added := {cls, sep}.intersection(pieces["input_ids"]):
            token = self.tokenizer.convert_ids_to_tokens(min(added))
            raise InvalidInput("text", f"{instance.text!r} holds {token}", "Take it out: it is put around every text.")
        ids = (cls, *pieces["input_ids"], sep)
        if len(ids) > self.max_length:
            raise InvalidInput(
                "text",
                f"it has {len(ids)} tokens with [CLS] and [SEP], and {self.name} takes at most {self.max_length}",
                "Shorten the sentence.",
            )
        if instance.roles is None:
            return ids, None
        starts = [word.start() for word in re.finditer(r"\S+", text)]
        if len(instance.roles) != len(starts):
            raise InvalidInput(
                "roles",
                f"there are {len(instance.roles)} of them for {len(starts)} words",
                "Give one for each space-separated word of text.",
            )
        # A token's last character decides: some tokenizers count the space before the mask as the mask's.
        words = [bisect_right(starts, end - 1) - 1 for _, end in pieces["offset_mapping"]]
        return ids, ("cls", *(instance.roles[word] for word in words), "sep")

    def _special_id(self, role: str) -> int:
        return cast(int, getattr(self.tokenizer, f"{role}_token_id"))

    def _find_mask(self, instance: Instance, ids: tuple[int, ...]) -> int:
        """Position of the one mask."""
        masks = ids.count(self.baseline_id)
        if masks == 0:
            raise InvalidInput(
                "text",
                f"{instance.text!r} has no mask",
                f"Put {MASK} or {self.tokenizer.mask_token} in place of the word to predict.",
            )
        if masks > 1:
            raise InvalidInput(
                "text", f"{instance.text!r} has {masks} masks", "Leave one, in place of the word to predict."
            )
        return ids.index(self.baseline_id)

    def _answers(self, instance: Instance) -> tuple[int, int]:
        """Vocabulary ids of the right and the wrong word."""
        correct = self._find_word("correct", instance.correct or "")
        wrong = self._find_word("wrong", instance.wrong or "")
        if correct == wrong:
            token = self.tokenizer.convert_ids_to_tokens(correct)
            raise InvalidInput(
                "wrong",
                f"{instance.wrong!r} is the same word as correct {instance.correct!r} (token {token!r})",
                "Give two words that the model tells apart.",
            )
        return correct, wrong

    def _find_word(self, field: str, word: str) -> int:
        """Vocabulary id of a word that is one token."""
        ids = self.tokenizer(word, add_special_tokens=False, padding=False, truncation=False)["input_ids"]
        if not ids or set(ids) & set(self.tokenizer.all_special_ids):
            raise InvalidInput(
                field, f"{word!r} is not in the vocabulary of {self.name}", "Give a word that the model knows."
            )
        if len(ids) > 1:
            pieces = " ".join(self.tokenizer.convert_ids_to_tokens(ids))
            raise InvalidInput(
                field,
                f"{word!r} is {len(ids)} tokens of {self.name} ({pieces})",
                "Give a word that is one token.",
            )
        return ids[0]


def _known(labels: tuple[str, ...]) -> str:
    return ", ".join(f"{label} ({index})" for index, label in enumerate(labels))


def _find_class(labels: tuple[str, ...], label: str) -> int:
    """Index of a class given by its name, its name in other case where that is one class, or its index.

    A sentiment is an index too, where the model has left two classes without names: SST-2 numbers them.
    """
    label = label.strip()
    if labels == UNNAMED and label.casefold() in LABELS:
        return LABELS.index(label.casefold())
    exact = [index for index, name in enumerate(labels) if name == label]
    folded = [index for index, name in enumerate(labels) if name.casefold() == label.casefold()]
    for matches in (exact, folded):
        if len(matches) == 1:
            return matches[0]
    if label.isdecimal() and int(label) < len(labels):
        return int(label)
    problem = "is more than one class" if folded else "is not a class"
    raise InvalidInput("label", f"{label!r} {problem} of the model", f"Give one of: {_known(labels)}.")
