"""`influence plot`: the figure of one instance of a results file, and the group of all figures."""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cypher.errors import InvalidInput
from cypher.suggestions import did_you_mean
from service.cli import console, run_figures
from service.results_file import read_results
from workers.analysis.results import InstanceResult


class _Figures(TyperGroup):
    """Where no command is named, it is `instance`, so that `plot results.jsonl` does what it says."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        if first not in (*self.commands, *ctx.help_option_names) and not self._is_misspelt(first):
            args = ["instance", *args]
        return super().parse_args(ctx, args)

    def _is_misspelt(self, word: str) -> bool:
        return bool(get_close_matches(word, self.commands)) and not Path(word).exists()


app = typer.Typer(cls=_Figures, subcommand_metavar="RESULTS.jsonl | COMMAND [ARGS]...")


@app.callback()
def figures() -> None:
    """Draw figures: of one instance, or of a whole run.

    `influence plot RESULTS.jsonl` draws one instance of a results file; `instance --help` tells its options. The other
    commands draw a run in the graph. The file's extension makes it SVG, PDF or PNG.
    """


@app.command()
def instance(
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
    """Draw the paths that carry the words of one instance; the word `instance` can be left out."""
    from service import figures  # matplotlib takes its time

    figures.check_format(output)
    result = _find(results, instance)
    chosen = figures.named(result, " ".join(words).split()) if words is not None else figures.strongest(result, 4)
    figures.save(figures.draw(result, chosen), output)
    if instance is None:
        console.stderr().print(f"notice: this is {result.id}, the first; --id names another")
    print(output)


app.command()(run_figures.aggregated)
app.command()(run_figures.difference)
app.command()(run_figures.entropy)
app.command()(run_figures.attractors)


def _find(path: Path, wanted: str | None) -> InstanceResult:
    """The instance of that id, or the first."""
    seen: list[str] = []
    for result in read_results(path):
        if wanted in (None, result.id):
            return result
        seen.append(result.id)
    if not seen:
        raise InvalidInput("results", f"{path} holds no results", "Run `influence analyze` again.")
    some = ", ".join(seen[:8]) + (f" and {len(seen) - 8} more" if len(seen) > 8 else "")
    raise InvalidInput("--id", f"{wanted!r} is not in {path}", f"{did_you_mean(wanted or '', seen)}It holds {some}.")
