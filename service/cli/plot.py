"""`influence plot`: the figure of one instance of a results file, and the group of all figures."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from service.cli import console, errors, options, run_figures
from service.cli.installation import LocalCommand


class _Figures(TyperGroup):
    """Where no command is named, it is `instance`, so that `plot results.jsonl` does what it says."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        if first not in (*self.commands, *ctx.help_option_names) and not self._is_misspelt(first):
            args = ["instance", *args]
        return super().parse_args(ctx, args)

    def _is_misspelt(self, word: str) -> bool:
        from difflib import get_close_matches

        return bool(get_close_matches(word, self.commands)) and not Path(word).exists()


app = typer.Typer(cls=_Figures, subcommand_metavar="RESULTS.jsonl | COMMAND [ARGS]...")


@app.callback()
def figures() -> None:
    """Draw figures of one instance, or of a whole run.

    `influence plot RESULTS.jsonl` draws one instance of a results file; `instance --help` lists its options. The other
    commands draw a run in the graph. The output's extension chooses SVG, PDF or PNG.
    """


@app.command(cls=LocalCommand)
def instance(
    results: Annotated[Path, typer.Argument(metavar="RESULTS.jsonl", help="A file that `influence analyze` wrote.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The figure: .svg, .pdf or .png.")],
    instance: Annotated[str | None, typer.Option("--id", help="Which instance.", show_default="the first")] = None,
    words: run_figures.WordsOption = None,
    raw_tokens: options.RawTokens = False,
) -> None:
    """Draw the paths that carry the words of one instance; the word `instance` can be left out."""
    from service.operations.figures import check_format, draw_result, find_result

    check_format(output)
    result = find_result(results, instance)
    figure = draw_result(result.as_spelled() if raw_tokens else result, run_figures.chosen_words(words))
    figure.save(output)
    for notice in figure.notices:
        console.notice(notice)
    if instance is None:
        console.stderr().print(f"notice: this is {result.id}, the first; --id names another")
    console.write(str(output))


app.command(cls=errors.Command)(run_figures.sentence)
app.command(cls=errors.Command)(run_figures.aggregated)
app.command(cls=errors.Command)(run_figures.difference)
app.command(cls=errors.Command)(run_figures.entropy)
app.command(cls=errors.Command)(run_figures.attractors)
