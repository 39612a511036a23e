"""An instance: one sentence with the question that is put to the model about it."""

from dataclasses import dataclass, field

from cypher.errors import InvalidInput

MASK = "***mask***"
"""How a text marks the masked word, whatever the mask token of the model that reads it."""


SIMILARITY = "similarity"
"""The question of instances with a `reference`, which any encoder answers: how similar are the two texts?"""

TEXTS = ("id", "text", "correct", "wrong", "label", "task", "case", "counterfactual", "reference", "target_word")
"""Fields that are texts."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One sentence and its quantity of interest, before any model has seen it.

    A masked-language-model instance has `correct` and `wrong`, and a `text` that holds one mask;
    a classifier instance has `label`, and `wrong` where one other class is meant; an instance that is compared with
    another text has `reference`.

    Raises:
        InvalidInput: a text of it holds half a character (a lone surrogate), which no file, server or tokenizer takes.
    """

    id: str
    text: str  # words separated by spaces; the mask as MASK or as the model's own mask token
    correct: str | None = None  # the right word at the mask
    wrong: str | None = None  # the wrong word at the mask; or a wrong class, as label: None for the best other one
    label: str | None = None  # the right class, by its name in the model's config or its index
    task: str = ""  # such as "sva-obj"
    case: str = ""  # such as "SP"
    roles: tuple[str, ...] | None = None  # one for each space-separated word of `text`, or for each of its tokens
    spans: tuple[tuple[int, int, str], ...] | None = None  # roles instead by characters of `text`: start, end, role
    counterfactual: str | None = None  # another text of as many tokens, whose words may be the baseline
    reference: str | None = None  # another text, which this one is compared with
    target_word: str | None = None  # a word of both whose hidden states are compared; None: the first token
    origin: str | None = field(default=None, compare=False)  # "file:line" it was read from

    def __post_init__(self) -> None:
        for name in TEXTS:
            self._check(name, getattr(self, name))
        for role in (*(self.roles or ()), *(role for *_, role in self.spans or ())):
            self._check("roles", role)

    def _check(self, name: str, value: str | None) -> None:
        try:
            (value or "").encode()
        except UnicodeEncodeError:
            problem = f"{value!r} holds a lone surrogate, such as bytes that are not UTF-8 become"
            raise InvalidInput(name, problem, "Write it as UTF-8.", self.origin) from None
