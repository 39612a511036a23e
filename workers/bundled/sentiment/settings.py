"""The settings of the sentiment model's training."""

from dataclasses import dataclass

from workers.bundled.settings import TrainingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SentimentSettings(TrainingSettings):
    """Everything that decides the weights, beside the language itself."""

    steps: int = 2000
    threads: int = 2
