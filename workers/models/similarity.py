"""How similar two texts are: the objective of encoders without a head, and a question that any model can be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from cypher.errors import InvalidInput
from workers.datasets.instance import SIMILARITY, Instance
from workers.influence.blocks.prediction_heads import normed
from workers.influence.blocks.transformer import Transformer
from workers.influence.interest import Interest, Line
from workers.influence.passes.forward import Sentences, forward
from workers.models.encoded import Encoded, Reference
from workers.models.objective import Objective
from workers.models.texts import find_word
from workers.models.tokenizer import Pieces


@dataclass(frozen=True, eq=False)
class SentenceSimilarity(Objective):
    """To encode a text: the cosine of its target's last hidden state with that of a reference text.

    The target is the first token, or a word that both texts have. The reference is read once, as it is; the points of
    the distribution of interest are those of the text alone.
    """

    encoder: Transformer  # which reads the references

    special = ()
    noun = "an encoder that compares two texts"
    baseline = "mask"
    quantity = SIMILARITY
    names_both = False
    output = "last_hidden_state"

    def suits(self, classes: bool) -> bool:
        return False

    def check(self, instance: Instance, model: str) -> None:
        if not (instance.reference or "").strip():
            problem = f"it is missing, and {model} is asked how similar two texts are"
            raise InvalidInput("reference", problem, "Give the text to compare with.")

    def position(self, ids: Sequence[int], tokenizer: PreTrainedTokenizerFast) -> int:
        return 0

    def target(self, instance: Instance, pieces: Pieces, tokenizer: PreTrainedTokenizerFast) -> int:
        if instance.target_word is not None:
            return find_word(tokenizer, "target_word", instance.target_word, instance.text, pieces)
        if pieces.ids[0] != tokenizer.cls_token_id:
            token = tokenizer.convert_ids_to_tokens(pieces.ids[0])
            problem = f"it is missing, and the tokenizer puts no token before a text that begins with {token!r}"
            raise InvalidInput("target_word", problem, "Name the word whose hidden states are to be compared.")
        return self.position(pieces.ids, tokenizer)

    def sources(self, length: int, target: int) -> tuple[int, ...]:
        """All words: the target's own has an influence like any other."""
        return tuple(range(length))

    def answers(self, instance: Instance, tokenizer: PreTrainedTokenizerFast, model: str) -> tuple[None, None]:
        return None, None

    def correct_answer(self, sentence: Encoded) -> str:
        return ""

    def wrong_answer(self, sentence: Encoded, hidden: Float[Tensor, " d"]) -> str:
        return ""

    def ask(self, instance: Instance, correct: str, wrong: str | None) -> Instance:
        return instance

    def interest(self, sentences: Sequence[Encoded], device: torch.device) -> Interest:
        read: dict[Reference, Float[Tensor, " d"]] = {}
        for reference in (cast(Reference, sentence.reference) for sentence in sentences):
            if reference not in read:
                read[reference] = self._read(reference, device)
        others = torch.stack([read[cast(Reference, sentence.reference)] for sentence in sentences])

        def cosine(hidden: Float[Tensor, "batch sample d"]) -> Float[Tensor, "batch sample"]:
            return torch.cosine_similarity(self.outputs(hidden), others[:, None], dim=-1)

        return cosine

    def outputs(self, hidden: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        return normed(hidden, self.head.final_norm)

    @torch.no_grad()
    def _read(self, reference: Reference, device: torch.device) -> Float[Tensor, " d"]:
        """The last hidden state of a reference's target; one text at a time, which takes little memory."""
        sentences = Sentences(
            torch.tensor([reference.ids], device=device),
            torch.tensor([reference.target], device=device),
            None,  # which has no part in the point at the text itself
            lambda hidden: hidden.sum(-1),
        )
        point = Line.at(1.0, like=self.encoder.word_embeddings)
        return self.outputs(forward(self.encoder, sentences, point)[0, 0])
