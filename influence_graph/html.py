"""HTML that a notebook shows: templates that escape every value, without scripts, in the notebook's own colours."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_TEMPLATES = Environment(
    loader=PackageLoader("influence_graph"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **values: Any) -> str:
    """The HTML of a template of `templates/`."""
    return _TEMPLATES.get_template(f"{template}.html").render(values)


def signed(value: float) -> str:
    """A number of logits for people: with its sign, and three decimals."""
    return f"{value:+.3f}".replace("-", "−")


def percent(share: float | None, digits: int = 2) -> str:
    """A share for people; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.{digits}g} %"


_TEMPLATES.filters |= {"signed": signed, "percent": percent}
