"""Checks of config.json that many families share; each error names the entry, its value and the fix."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

from transformers import PreTrainedConfig

from cypher.errors import ModelError
from workers.influence.blocks.feed_forward import Activation

Config = TypeVar("Config", bound=PreTrainedConfig)

RUNNING = frozenset(
    {"attn_implementation", "_attn_implementation", "_attn_implementation_autoset", "_attn_implementation_internal"}
)
"""Entries about how the library runs a model, which change no number."""

MULTI_LABEL = "multi_label_classification"
AGAIN = "Mend or fetch the file again."

ACTIVATIONS: dict[str, Activation] = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_python": "gelu",
    "relu": "relu",
}
"""By their names in config.json."""


def require(raw: Mapping[str, Any], field: str, value: Any, fix: str, where: str) -> None:
    """Has an entry, if it is there, the one value that is covered?"""
    if raw.get(field, value) != value:
        raise ModelError(field, f"{raw[field]!r} is not supported", fix, where)


def refuse_decoders(raw: Mapping[str, Any], where: str) -> None:
    """Of a family that may be trained either way: is it an encoder?"""
    for field in ("is_decoder", "add_cross_attention"):
        if raw.get(field):
            raise ModelError(field, "decoders are not supported", "Use a model trained as an encoder.", where)


def refuse_quantised(raw: Mapping[str, Any], where: str) -> None:
    """Are the weights plain numbers?"""
    if raw.get("quantization_config") is not None:
        raise ModelError("quantization_config", "quantised weights are not supported", "Use the full model.", where)


def parse(kind: type[Config], raw: Mapping[str, Any], where: str) -> Config:
    """The config as the library reads it, defaults filled in."""
    try:
        return cast(Config, kind.from_dict(_read(raw)))
    except Exception as error:  # each kind of wrong value raises its own kind
        reason = " ".join(str(error).split())
        raise ModelError("model", f"the config is not valid ({reason})", AGAIN, where) from error


def _read(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The entries that say what the model computes; names of classes are text, also where they are numbers."""
    values = {name: value for name, value in raw.items() if name not in RUNNING}
    if values.get("quantization_config", ...) is None:
        del values["quantization_config"]
    if isinstance(labels := values.get("id2label"), Mapping):
        values["id2label"] = {index: str(name) for index, name in labels.items()}
        values.pop("label2id", None)
    return values


def check_sizes(config: PreTrainedConfig, fields: Iterable[str], where: str) -> None:
    """Are they all 1 or more?"""
    for field in fields:
        if getattr(config, field) < 1:
            raise ModelError(field, f"{getattr(config, field)} is not a size", AGAIN, where)


def check_heads(config: PreTrainedConfig, where: str) -> None:
    """Is the width shared out among the heads without a rest?"""
    width, heads = config.hidden_size, config.num_attention_heads
    if width % heads:
        problem = f"{heads} heads do not divide hidden_size {width}"
        raise ModelError("num_attention_heads", problem, "Use the config.json that was saved with the weights.", where)


def check_activation(name: str, where: str, field: str = "hidden_act") -> None:
    """Is the feed-forward block's activation one of those that have rules?"""
    if name not in ACTIVATIONS:
        raise ModelError(field, f"{name!r} is not supported", f"Use one of: {', '.join(ACTIVATIONS)}.", where)


def check_classes(config: PreTrainedConfig, where: str) -> None:
    """Are there classes, two or more of them, numbered without gaps?"""
    names = _names(config)
    if config.problem_type == "regression" or len(names) == 1:
        problem = "it has a regression head, whose outputs are no classes with a right and a wrong one"
        raise ModelError("problem_type", problem, "Use a classifier of two classes or more.", where)
    if sorted(names) != list(range(len(names))) or len(names) < 2:
        raise ModelError("id2label", f"{names} are not classes 0, 1 and up", "Use a classifier of two or more.", where)


def classes(config: PreTrainedConfig) -> tuple[str, ...]:
    """The classes' names by index."""
    names = _names(config)
    return tuple(names[index] for index in range(len(names)))


def _names(config: PreTrainedConfig) -> dict[int, str]:
    return cast("dict[int, str]", config.id2label or {})  # transformers has made the keys numbers
