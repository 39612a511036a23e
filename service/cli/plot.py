"""`influence plot`: the figure of one instance of a results file."""

from pathlib import Path
from typing import Annotated

import typer

from service.results_file import read_results
from workers.errors import BadInput
from workers.results import InstanceResult


def plot(
    results: Annotated[Path, typer.Argument(metavar="RESULTS.jsonl", help="A file that `influence analyze` wrote.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The figure: .svg, .pdf or .png.")],
    instance: Annotated[str | None, typer.Option("--id", help="Which instance.", show_default="the first")] = None,
    words: Annotated[
        list[str] | None,
        typer.Option(
            "--words",
            help="Source words by token or position; separate several by spaces in quotes, or repeat the option.",
            show_default="the strongest four",
        ),
    ] = None,
) -> None:
    """Draw the paths that carry the words of one instance."""
    from service import figures  # matplotlib takes its time

    figures.check_format(output)
    result = _find(results, instance)
    chosen = figures.named(result, " ".join(words).split()) if words is not None else figures.strongest(result, 4)
    figures.save(figures.draw(result, chosen), output)
    print(output)


def _find(path: Path, wanted: str | None) -> InstanceResult:
    """The instance of that id, or the first."""
    seen: list[str] = []
    for result in read_results(path):
        if wanted in (None, result.id):
            return result
        seen.append(result.id)
    if not seen:
        raise BadInput("results", f"{path} holds no results", "Run `influence analyze` again.")
    some = ", ".join(seen[:8]) + (f" and {len(seen) - 8} more" if len(seen) > 8 else "")
    raise BadInput("--id", f"{wanted!r} is not in {path}", f"It holds {some}.")
