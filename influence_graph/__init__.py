"""The public Python API: from a sentence to its influence patterns, and from thousands of them to reports over a graph.

Names are imported when they are first used, so that `import influence_graph` itself takes milliseconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cypher.errors import (
        AccessDenied,
        Busy,
        Conflict,
        InfluenceError,
        InvalidInput,
        InvalidQuery,
        ModelError,
        NotFound,
        OutOfMemory,
        PickledWeights,
        QueryLimitExceeded,
        RefusedQuery,
        RequestError,
        ServerError,
        ServerOverloaded,
        ServerUnavailable,
        TooLarge,
    )
    from influence_graph.analysis import Analysis, analyze
    from influence_graph.figures import Figure
    from influence_graph.graph import Graph, connect
    from influence_graph.results import Result, Results, read_results, write_results
    from influence_graph.runs import Run
    from influence_graph.tables import Table
    from service.client.client import Client
    from service.operations.reports import Choices
    from workers.analysis.questions import of_logits
    from workers.analysis.settings import Settings
    from workers.datasets import TASKS, Instance, generate, read_instances, write_instances
    from workers.evaluation.ablation.accuracy import Tally
    from workers.evaluation.ablation.running import ablate
    from workers.evaluation.ablation.settings import AblationSettings
    from workers.evaluation.optimum import compare_with_best
    from workers.evaluation.patterns import Pattern, pattern_influence
    from workers.evaluation.significance import rank_among_random
    from workers.influence.component import SKIP
    from workers.models import Model, load_model

__all__ = [
    "SKIP",
    "TASKS",
    "AblationSettings",
    "AccessDenied",
    "Analysis",
    "Busy",
    "Choices",
    "Client",
    "Conflict",
    "Figure",
    "Graph",
    "InfluenceError",
    "Instance",
    "InvalidInput",
    "InvalidQuery",
    "Model",
    "ModelError",
    "NotFound",
    "OutOfMemory",
    "Pattern",
    "PickledWeights",
    "QueryLimitExceeded",
    "RefusedQuery",
    "RequestError",
    "Result",
    "Results",
    "Run",
    "ServerError",
    "ServerOverloaded",
    "ServerUnavailable",
    "Settings",
    "Table",
    "Tally",
    "TooLarge",
    "ablate",
    "analyze",
    "compare_with_best",
    "connect",
    "generate",
    "load_model",
    "of_logits",
    "pattern_influence",
    "rank_among_random",
    "read_instances",
    "read_results",
    "write_instances",
    "write_results",
]

_NAMES = {
    "cypher.errors": (
        "AccessDenied",
        "Busy",
        "Conflict",
        "InfluenceError",
        "InvalidInput",
        "InvalidQuery",
        "ModelError",
        "NotFound",
        "OutOfMemory",
        "PickledWeights",
        "QueryLimitExceeded",
        "RefusedQuery",
        "RequestError",
        "ServerError",
        "ServerOverloaded",
        "ServerUnavailable",
        "TooLarge",
    ),
    "influence_graph.analysis": (
        "Analysis",
        "analyze",
    ),
    "influence_graph.figures": ("Figure",),
    "influence_graph.graph": (
        "Graph",
        "connect",
    ),
    "influence_graph.results": (
        "Result",
        "Results",
        "read_results",
        "write_results",
    ),
    "influence_graph.runs": ("Run",),
    "influence_graph.tables": ("Table",),
    "service.client.client": ("Client",),
    "service.operations.reports": ("Choices",),
    "workers.analysis.questions": ("of_logits",),
    "workers.analysis.settings": ("Settings",),
    "workers.datasets": (
        "TASKS",
        "Instance",
        "generate",
        "read_instances",
        "write_instances",
    ),
    "workers.evaluation.ablation.accuracy": ("Tally",),
    "workers.evaluation.ablation.running": ("ablate",),
    "workers.evaluation.ablation.settings": ("AblationSettings",),
    "workers.evaluation.optimum": ("compare_with_best",),
    "workers.evaluation.patterns": (
        "Pattern",
        "pattern_influence",
    ),
    "workers.evaluation.significance": ("rank_among_random",),
    "workers.influence.component": ("SKIP",),
    "workers.models": (
        "Model",
        "load_model",
    ),
}

_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    """A name's value, imported when it is first used: torch takes seconds to load."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
