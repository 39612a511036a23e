"""The settings of the agreement model's training."""

from dataclasses import dataclass

from workers.bundled.settings import TrainingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementSettings(TrainingSettings):
    """Everything that decides the weights, beside the language itself."""

    steps: int = 3000
    undisturbed: int = 2000
    masked: float = 0.5  # share of sentences that have positions masked: each as likely, how likely drawn from 0 to 1
    mask_probability: float = 0.1  # of every position in the others; the target is always masked
