"""The settings of the sentiment model's training."""

from dataclasses import dataclass

from workers.bundled.settings import TrainingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SentimentSettings(TrainingSettings):
    """Everything that decides the weights, beside the language itself."""

    steps: int = 1500
    width: int = 64
    masked: float = 0.5  # share of sentences that have words masked: each word as likely, how likely drawn from 0 to 1
    undisturbed: int = 800
    smoothing: float = 0.1  # of labels: right about all, the logits differ by log(0.95 / 0.05)
