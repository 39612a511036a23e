"""What the cards of the bundled models share."""

from collections.abc import Sequence
from dataclasses import asdict

from workers.bundled.settings import TrainingSettings


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, ("---",) * len(header), *rows))


def settings_table(settings: TrainingSettings) -> str:
    """Every setting with its value."""
    return table(("setting", "value"), [(key, f"{value}") for key, value in asdict(settings).items()])
