"""The settings of the agreement model's training."""

from dataclasses import dataclass

from workers.bundled.settings import TrainingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementSettings(TrainingSettings):
    """Everything that decides the weights, beside the language itself."""

    steps: int = 3000
    mask_probability: float = 0.1  # of every word but the target, which is always masked
