"""The six agreement tasks (Lu et al. 2021, appendix D), by name, and the sentences of each."""

import random
from dataclasses import dataclass
from types import MappingProxyType

from workers.datasets import reflexive, subject_verb
from workers.datasets.frames import Frame
from workers.datasets.instance import MASK, Instance
from workers.errors import BadInput

NUMBER_CASES = ("SS", "SP", "PS", "PP")
GENDER_CASES = ("MM", "MF", "FF", "FM")


@dataclass(frozen=True, slots=True)
class Task:
    """One task: a construction in four cases, sentences of one length.

    A case's first letter is the subject's number or gender, its second the attractor's.
    """

    name: str
    title: str
    description: str
    cases: tuple[str, ...]
    frame: Frame

    @property
    def roles(self) -> tuple[str, ...]:
        """The role of each word of every sentence; the meanings are in `workers.datasets.frames.ROLES`."""
        return self.frame.roles

    @property
    def example(self) -> str:
        """A sentence of the first mismatched case, with the right and the wrong word in place of the mask."""
        sentence = self.generate(self.cases[1], 1)[0]
        return sentence.text.replace(MASK, f"[{sentence.correct}|{sentence.wrong}]")

    def count(self, case: str) -> int:
        """How many distinct sentences a case has."""
        return self.frame.count(self._known(case))

    def generate(self, case: str, n: int, seed: int = 0) -> list[Instance]:
        """`n` distinct sentences of a case, drawn uniformly from all it has; the same ones for the same seed.

        Raises:
            BadInput: an unknown case, `n` below 1, or more sentences than the case has.
        """
        most = self.count(case)
        if not 1 <= n <= most:
            raise BadInput("n", f"{n} sentences of {self.name}/{case} cannot be drawn", f"Use 1 to {most}.")
        drawn = random.Random(f"{seed}/{self.name}/{case}").sample(range(most), n)
        return [self._instance(case, order, index) for order, index in enumerate(drawn)]

    def _instance(self, case: str, order: int, index: int) -> Instance:
        sentence = self.frame.sentence(case, index)
        return Instance(
            id=f"{self.name}/{case}/{order}",
            text=" ".join(sentence.words),
            correct=sentence.correct,
            wrong=sentence.wrong,
            task=self.name,
            case=case,
            roles=self.roles,
        )

    def _known(self, case: str) -> str:
        if case not in self.cases:
            raise BadInput("case", f"{case!r} is no case of {self.name}", f"Use one of {', '.join(self.cases)}.")
        return case


_ALL = (
    Task(
        "sva-obj",
        "Agreement across an object relative clause",
        "The verb agrees with the subject; the noun inside the object relative clause stands between.",
        NUMBER_CASES,
        subject_verb.OBJECT_RELATIVE,
    ),
    Task(
        "sva-subj",
        "Agreement across a subject relative clause",
        "The verb agrees with the subject; the object of the relative clause stands between.",
        NUMBER_CASES,
        subject_verb.SUBJECT_RELATIVE,
    ),
    Task(
        "sva-wsc",
        "Agreement within a sentence complement",
        "The verb agrees with the subject of its own clause; the subject of the main clause stands before.",
        NUMBER_CASES,
        subject_verb.COMPLEMENT_CLAUSE,
    ),
    Task(
        "sva-app",
        "Agreement across a prepositional phrase",
        "The verb agrees with the subject; the noun of the prepositional phrase stands between.",
        NUMBER_CASES,
        subject_verb.PREPOSITIONAL_PHRASE,
    ),
    Task(
        "ra-na",
        "Reflexive anaphora: number",
        "himself or themselves, after the subject; the noun inside the object relative clause stands between.",
        NUMBER_CASES,
        reflexive.NUMBER,
    ),
    Task(
        "ra-ga",
        "Reflexive anaphora: gender",
        "himself or herself, after the subject; the object of the relative clause stands between.",
        GENDER_CASES,
        reflexive.GENDER,
    ),
)

TASKS = MappingProxyType({task.name: task for task in _ALL})
"""The tasks by name, in the order of the paper."""


def generate(task: str, case: str, n: int, seed: int = 0) -> list[Instance]:
    """`n` distinct sentences of one case of a task (see `Task.generate`).

    Raises:
        BadInput: an unknown task or case (the message lists the known), or more sentences than there are.
    """
    if task not in TASKS:
        raise BadInput("task", f"{task!r} is no task", f"Use one of {', '.join(TASKS)}.")
    return TASKS[task].generate(case, n, seed)
