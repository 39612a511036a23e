"""What computes: models, the influence engine, sentences, and results."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workers.analysis import analyze
    from workers.datasets import read_instances
    from workers.datasets.instance import Instance
    from workers.errors import BadInput
    from workers.models import load_model
    from workers.patterns import Pattern, pattern_influence
    from workers.questions import of_logits
    from workers.results import InstanceResult
    from workers.settings import Settings

__all__ = [
    "BadInput",
    "Instance",
    "InstanceResult",
    "Pattern",
    "Settings",
    "analyze",
    "load_model",
    "of_logits",
    "pattern_influence",
    "read_instances",
]

_MODULES = {
    "BadInput": "workers.errors",
    "Instance": "workers.datasets.instance",
    "InstanceResult": "workers.results",
    "Pattern": "workers.patterns",
    "Settings": "workers.settings",
    "analyze": "workers.analysis",
    "load_model": "workers.models",
    "of_logits": "workers.questions",
    "pattern_influence": "workers.patterns",
    "read_instances": "workers.datasets",
}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    """The package's names, imported when first used: torch and transformers take seconds to load."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
