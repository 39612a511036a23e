"""The settings of a bundled model's training."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """Everything that decides a bundled model's weights, beside its language."""

    seed: int = 0
    steps: int
    batch: int = 64  # sentences a step
    learning_rate: float = 1e-3  # at its peak
    warmup: int = 300  # steps of linear rise; a linear fall to zero follows
    weight_decay: float = 0.01
    clip: float = 1.0  # largest norm of a step's gradient
    dropout: float = 0.1  # of hidden states and of attention weights, as BERT was trained
    undisturbed: int  # steps before states of the target are dropped
    drop: float = 0.3  # share of sentences in which they are, in each layer but the last
    threads: int = 1  # one, so that the order of sums does not hang on the number of cores
    layers: int = 6
    heads: int = 8
    width: int = 128
    max_length: int = 64  # tokens

    def rate(self, step: int) -> float:
        """The learning rate of a step, as a share of its peak."""
        return min((step + 1) / self.warmup, (self.steps - step) / max(self.steps - self.warmup, 1))

    def dropped(self, step: int) -> float:
        """The share of sentences whose state of the target is dropped in a step."""
        return 0.0 if step < self.undisturbed else self.drop
