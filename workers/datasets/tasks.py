"""The tasks by name, and the sentences of each: six of agreement and one of sentiment (Lu et al. 2021, appendix D)."""

import random
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from cypher.errors import InvalidInput
from cypher.suggestions import did_you_mean
from workers.datasets import reflexive, sentiment, subject_verb
from workers.datasets.frames import Frame
from workers.datasets.instance import MASK, Instance

# Of the subject the first letter, of the attractor the second.
NUMBER_CASES = ("SS", "SP", "PS", "PP")
GENDER_CASES = ("MM", "MF", "FF", "FM")

MATCHED = MappingProxyType(
    {"SP": "SS", "PS": "PP", "FM": "FF", "MF": "MM"}
    | {f"contrast-{label}": f"joined-{label}" for label in sentiment.LABELS}
)
"""Each case with an attractor, and the case that is the same but for it. The report `attractors` has them in Cypher."""


Flipped = Literal["subject", "attractor"]

OTHER = MappingProxyType({"S": "P", "P": "S", "M": "F", "F": "M"})


def flipped(case: str, noun: Flipped) -> str:
    """The case that is the same but for one noun's number or gender."""
    subject, attractor = case
    return OTHER[subject] + attractor if noun == "subject" else subject + OTHER[attractor]


@dataclass(frozen=True, slots=True)
class Task:
    """One task: a construction in several cases.

    A masked word is asked for, or, where the task has labels, the class of the sentence.
    """

    name: str
    title: str
    description: str
    cases: tuple[str, ...]
    typical: str  # the case of the example
    frame: Frame
    labels: tuple[str, ...] = ()  # the classes

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that words have, in their order; the meanings are in `workers.datasets.frames.ROLES`.

        Of agreement, every sentence has each in turn; of sentiment, a role can have no word or several.
        """
        return self.frame.roles

    @property
    def example(self) -> str:
        """A sentence with both words in place of the mask, or with its class behind it."""
        sentence = self.generate(self.typical, 1)[0]
        if self.labels:
            return f"{sentence.text} [{sentence.label}]"
        return sentence.text.replace(MASK, f"[{sentence.correct}|{sentence.wrong}]")

    def count(self, case: str) -> int:
        """How many distinct sentences a case has."""
        return self.frame.count(self._known(case))

    def generate(self, case: str, n: int, seed: int = 0, counterfactual: Flipped | None = None) -> list[Instance]:
        """`n` distinct sentences of a case, drawn uniformly from all it has; the same ones for the same seed.

        Args:
            counterfactual: the noun that has the other number or gender in each sentence's other text.

        Raises:
            InvalidInput: an unknown case, `n` below 1, or more sentences than the case has; a counterfactual of a task
                that has no such nouns.
        """
        if counterfactual is not None and self.labels:
            problem = f"sentences of {self.name} have no {counterfactual}"
            raise InvalidInput("counterfactual", problem, f"Use one of {', '.join(MASKED)}.")
        most = self.count(case)
        if not 1 <= n <= most:
            raise InvalidInput("n", f"{n} sentences of {self.name}/{case} cannot be drawn", f"Use 1 to {most}.")
        drawn = random.Random(f"{seed}/{self.name}/{case}").sample(range(most), n)
        return [self._instance(case, order, index, counterfactual) for order, index in enumerate(drawn)]

    def _instance(self, case: str, order: int, index: int, counterfactual: Flipped | None) -> Instance:
        sentence = self.frame.sentence(case, index)
        other = None if counterfactual is None else self.frame.sentence(flipped(case, counterfactual), index)
        return Instance(
            id=f"{self.name}/{case}/{order}",
            text=" ".join(sentence.words),
            task=self.name,
            case=case,
            roles=sentence.roles,
            correct=sentence.answers.get("correct"),
            wrong=sentence.answers.get("wrong"),
            label=sentence.answers.get("label"),
            counterfactual=None if other is None else " ".join(other.words),
        )

    def _known(self, case: str) -> str:
        if case not in self.cases:
            fix = f"{did_you_mean(case, self.cases)}Use one of {', '.join(self.cases)}."
            raise InvalidInput("case", f"{case!r} is not a case of {self.name}", fix)
        return case


_ALL = (
    Task(
        "sva-obj",
        "Agreement across an object relative clause",
        "The verb agrees with the subject; the noun inside the object relative clause stands between.",
        NUMBER_CASES,
        "SP",
        subject_verb.OBJECT_RELATIVE,
    ),
    Task(
        "sva-subj",
        "Agreement across a subject relative clause",
        "The verb agrees with the subject; the object of the relative clause stands between.",
        NUMBER_CASES,
        "SP",
        subject_verb.SUBJECT_RELATIVE,
    ),
    Task(
        "sva-wsc",
        "Agreement within a sentence complement",
        "The verb agrees with the subject of its own clause; the subject of the main clause stands before.",
        NUMBER_CASES,
        "SP",
        subject_verb.COMPLEMENT_CLAUSE,
    ),
    Task(
        "sva-app",
        "Agreement across a prepositional phrase",
        "The verb agrees with the subject; the noun of the prepositional phrase stands between.",
        NUMBER_CASES,
        "SP",
        subject_verb.PREPOSITIONAL_PHRASE,
    ),
    Task(
        "ra-na",
        "Reflexive anaphora: number",
        "himself or themselves, after the subject; the noun inside the object relative clause stands between.",
        NUMBER_CASES,
        "SP",
        reflexive.NUMBER,
    ),
    Task(
        "ra-ga",
        "Reflexive anaphora: gender",
        "himself or herself, after the subject; the object of the relative clause stands between.",
        GENDER_CASES,
        "MF",
        reflexive.GENDER,
    ),
    Task(
        "sa",
        "Sentiment of two classes",
        "The judgement of the last clause decides, whatever the clause before it says; a negation turns it around.",
        sentiment.CASES,
        "contrast-positive",
        sentiment.SENTIMENT,
        sentiment.LABELS,
    ),
)

TASKS = MappingProxyType({task.name: task for task in _ALL})
"""The tasks by name, in the order of the paper."""

MASKED = MappingProxyType({name: task for name, task in TASKS.items() if not task.labels})
"""Those that ask for a masked word."""


def generate(task: str, case: str, n: int, seed: int = 0, counterfactual: Flipped | None = None) -> list[Instance]:
    """`n` distinct sentences of one case of a task (see `Task.generate`).

    Raises:
        InvalidInput: an unknown task or case (the message lists the known), or more sentences than there are.
    """
    if task not in TASKS:
        raise InvalidInput(
            "task", f"{task!r} is not a task", f"{did_you_mean(task, TASKS)}Use one of {', '.join(TASKS)}."
        )
    return TASKS[task].generate(case, n, seed, counterfactual)
