"""How often the model is right, case by case (paper, Table 3)."""

from dataclasses import dataclass

from service.experiments.findings import Findings, Sheet
from service.experiments.material import Material
from service.experiments.paper import ACCURACY, BASE_LAYERS
from workers.evaluation.ablation.accuracy import wilson

TITLE = "Accuracy by case"
ABOUT = (
    "The share of sentences whose quantity of interest is above 0. An attractor is a noun that disagrees with the "
    "subject (cases SP and PS; FM and MF): if the model falls for it, these cases have a lower accuracy."
)
CHOICES = ()
NOTE = (
    "low and high: Wilson interval of 95 %. paper_small and paper_base: the paper's Table 3, of BERT L6 H512 A8 and "
    "BERT-base. inside: our interval meets the number of the paper's model that is as deep as ours (12 layers: base, "
    "else small)."
)


@dataclass(frozen=True, slots=True)
class CaseAccuracy:
    """One case."""

    task: str
    case: str
    instances: int
    correct: int
    accuracy: float
    low: float
    high: float
    paper_small: float | None
    paper_base: float | None
    inside: bool | None


def make(material: Material) -> Findings:
    """The table of all cases."""
    rows = []
    for case in material.cases:
        share = case.correct / case.instances
        low, high = wilson(share, case.instances)
        small, base = ACCURACY.get((case.task, case.name), (None, None))
        paper = base if material.layers[case.task] == BASE_LAYERS else small
        rows.append(
            CaseAccuracy(
                task=case.task,
                case=case.name,
                instances=case.instances,
                correct=case.correct,
                accuracy=share,
                low=low,
                high=high,
                paper_small=None if small is None else small.value,
                paper_base=None if base is None else base.value,
                inside=None if paper is None else paper.meets(low, high),
            )
        )
    return Findings([Sheet.from_rows("accuracy", "Accuracy, beside the paper's Table 3", NOTE, CaseAccuracy, rows)])
