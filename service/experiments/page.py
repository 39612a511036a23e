"""All finished experiments as one HTML page that needs nothing else: figures are in it, and it asks no network."""

import base64
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cypher.bulk.totals import worst
from service.experiments import paper
from service.experiments.findings import ExperimentReport
from service.experiments.folder import Folder
from service.experiments.material import Material
from workers.analysis.settings import LEFT_OUT


@dataclass(frozen=True, slots=True)
class Column:
    """What one task's numbers come from."""

    task: str
    model: str  # name
    fingerprint: str
    paper_model: str | None  # None of a task that the paper does not have
    sentences: int
    source: str  # of the sentences
    distribution: str
    baseline: str
    sampling: str | None  # None where there is no line
    samples: int | None  # None of a single point
    dtype: str
    worst_error: float | None  # largest completeness error


def write_page(folder: Folder, material: Material, reports: Sequence[ExperimentReport]) -> None:
    """The page of the reports that the folder holds."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    page = environment.get_template("page.html").render(
        reports=[(report, list(_figures(folder, report))) for report in reports],
        columns=list(_columns(folder, material)),
        versions=_versions(material),
        citation=paper.CITATION,
    )
    folder.page.write_text(page, encoding="utf-8")


def shown(value: Any) -> str:
    """A cell as people read it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}" if value and abs(value) < 0.001 else f"{value:.3f}".rstrip("0").rstrip(".")
    return str(value)


def _columns(folder: Folder, material: Material) -> Iterator[Column]:
    for task, results in material.results.items():
        origin = folder.origins[task]
        settings = {**LEFT_OUT, **origin.settings}
        yield Column(
            task=task,
            model=origin.model,
            fingerprint=origin.fingerprint[:12],
            paper_model=paper.model_of(task, material.layers[task]),
            sentences=len(results),
            source=origin.sentences,
            distribution=settings["distribution"],
            baseline=settings["baseline"],
            sampling=settings.get("sampling"),
            samples=settings.get("samples"),
            dtype=settings["dtype"],
            worst_error=worst(result.completeness_error for result in results),
        )


def _versions(material: Material) -> list[tuple[str, str]]:
    """The versions that results were made with, and of which tasks."""
    tasks: defaultdict[str, list[str]] = defaultdict(list)
    for task, results in material.results.items():
        for versions in dict.fromkeys(", ".join(map(" ".join, each.versions.items())) for each in results):
            tasks[versions].append(task)
    return [(", ".join(some), versions) for versions, some in tasks.items()]


def _figures(folder: Folder, report: ExperimentReport) -> Iterator[tuple[str, str]]:
    """Titles, and the figures as addresses that hold them."""
    for name, title in report.figures:
        content = base64.b64encode(folder.figure(report.experiment, name).read_bytes()).decode()
        yield title, f"data:image/svg+xml;base64,{content}"
