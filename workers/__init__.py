"""What computes: models, the influence engine, sentences, and results."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cypher.errors import InvalidInput
    from workers.analysis.analysis import analyze
    from workers.analysis.questions import of_logits
    from workers.analysis.results import InstanceResult
    from workers.analysis.settings import Settings
    from workers.datasets import read_instances
    from workers.datasets.instance import Instance
    from workers.evaluation.patterns import Pattern, pattern_influence
    from workers.models import load_model

__all__ = [
    "Instance",
    "InstanceResult",
    "InvalidInput",
    "Pattern",
    "Settings",
    "analyze",
    "load_model",
    "of_logits",
    "pattern_influence",
    "read_instances",
]

_MODULES = {
    "InvalidInput": "cypher.errors",
    "Instance": "workers.datasets.instance",
    "InstanceResult": "workers.analysis.results",
    "Pattern": "workers.evaluation.patterns",
    "Settings": "workers.analysis.settings",
    "analyze": "workers.analysis.analysis",
    "load_model": "workers.models",
    "of_logits": "workers.analysis.questions",
    "pattern_influence": "workers.evaluation.patterns",
    "read_instances": "workers.datasets",
}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    """The package's names, imported when first used: torch and transformers take seconds to load."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
