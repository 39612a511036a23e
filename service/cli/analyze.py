"""`influence analyze`: sentences in, results out, resumable."""

import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cypher.errors import InvalidInput
from service.cli import console, options
from service.cli.errors import on_interrupt
from service.cli.installation import check_here, is_elsewhere, open_service
from workers.analysis.settings import Settings

if TYPE_CHECKING:
    from service.operations.analyses import PlannedAnalysis
    from workers.analysis.results import InstanceResult

ONE = "One sentence instead of INPUT"
WORTH_SAYING = 10.0  # seconds that one sentence takes


@options.takes_settings()
def analyze(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="INPUT", help="Sentences: JSON lines, CSV, or a public data set's file.", show_default=False
        ),
    ] = None,
    model: options.ModelName = "bundled",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write results to this file, as JSON lines; an existing file is resumed."),
    ] = None,
    text: Annotated[
        str | None, typer.Option(help="A sentence with ***mask*** or the model's mask token.", rich_help_panel=ONE)
    ] = None,
    correct: Annotated[str | None, typer.Option(help="The right word at the mask.", rich_help_panel=ONE)] = None,
    wrong: Annotated[
        str | None,
        typer.Option(help="The wrong word at the mask, or the class to compare --label with.", rich_help_panel=ONE),
    ] = None,
    label: Annotated[str | None, typer.Option(help="For a classifier: the right class.", rich_help_panel=ONE)] = None,
    reference: Annotated[
        str | None, typer.Option(help="For --question similarity: the text to compare with.", rich_help_panel=ONE)
    ] = None,
    target_word: Annotated[
        str | None,
        typer.Option(
            help="Compare this word, which both texts have.", show_default="the first token", rich_help_panel=ONE
        ),
    ] = None,
    *,
    settings: Settings,
    question: options.Question = None,
    dtype: options.Dtype = "float32",
    device: options.Device = "auto",
    memory: options.Memory = None,
    limit: options.Limit = None,
    skip_bad: options.SkipBad = False,
    store: Annotated[bool, typer.Option("--store", help="Write results into the graph as they come.")] = False,
    name: Annotated[
        str | None,
        typer.Option(help="Name of the run in the graph.", show_default="the name of the output or input file"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON on stdout: each result, or with --output or --store the summary.")
    ] = False,
    raw_tokens: options.RawTokens = False,
) -> None:
    """Find which path, through which heads, carries each word's effect to the prediction."""
    from service.cli import analysis_display
    from service.cli.sizes import parse_bytes
    from service.operations.analyses import check_output, plan_analysis, read_sentences, run_analysis
    from service.operations.connections import open_store
    from workers.datasets import Instance, file_stem

    for name_of_option, given in (("store", store), ("device", device != "auto"), ("memory", memory is not None)):
        if given:
            check_here(f"analyze --{name_of_option}")
    budget = None if memory is None else parse_bytes(memory)
    if output is not None:
        check_output(output, source)
    if name is not None and not store:
        raise InvalidInput("name", "it is given without --store", "Give --store, or leave it out.")
    answers = {"correct": correct, "wrong": wrong, "label": label, "reference": reference, "target_word": target_word}
    _check_source(source, text, answers)
    bad = _BadSentences()
    on_bad = bad.add if skip_bad else None
    if source is None:
        instances = [Instance("text", text or "", correct, wrong, label, reference=reference, target_word=target_word)]
    else:
        instances = read_sentences(source, limit=limit, on_bad=on_bad, on_notice=console.notice)

    to_stdout = output is None and not store
    bar = console.progress("analyzing", quiet=to_stdout and sys.stdout.isatty())
    deliver = _print_each(as_json, raw_tokens) if to_stdout else lambda result: None
    if is_elsewhere():
        with open_service() as service, on_interrupt(_interrupted(output, store)), bar as progress:
            summary = service.analyse(
                instances,
                settings,
                model=model,
                question=question,
                dtype=dtype,
                output=output,
                on_result=deliver,
                progress=progress,
                left_out=bad.count,
                on_bad=on_bad,
                on_notice=console.notice,
            )
    else:
        from workers.models import load_model  # torch and transformers take seconds to import

        with open_store(migrate=True) if store else nullcontext() as graph:
            planned = plan_analysis(
                load_model(model, device, dtype).with_question(question),
                instances,
                settings,
                output=output,
                store=graph,
                name=file_stem(output or source or Path("text")) if name is None else name,
                memory=budget,
                on_bad=on_bad,
                on_notice=console.notice,
            )
            _print_plan(planned)
            with on_interrupt(_interrupted(output, store)), bar as progress:
                summary = run_analysis(planned, on_result=deliver, progress=progress, left_out=bad.count, on_bad=on_bad)
    if to_stdout:
        analysis_display.print_summary(console.stderr(), summary)
    elif as_json:
        console.write_json(json.dumps(summary.to_dict()))
    else:
        analysis_display.print_summary(console.stdout(), summary)
    analysis_display.print_warnings(summary)


class _BadSentences:
    """Counts the bad sentences that are left out, and names each on stderr."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, error: InvalidInput) -> None:
        self.count += 1
        console.stderr().print(f"left out: {error}")


def _check_source(source: Path | None, text: str | None, answers: dict[str, str | None]) -> None:
    """Is there a file or one sentence, and not both?"""
    if text is not None:
        if source is not None:
            raise InvalidInput("text", f"it is given together with the file {source}", "Give one of the two.")
        return
    for name, answer in answers.items():
        if answer is not None:
            raise InvalidInput(name, "it is given without --text", "Give --text, or leave it to the file's rows.")
    if source is None:
        raise InvalidInput("source", "there is none", "Name a file of sentences, or give one with --text.")


def _print_plan(planned: "PlannedAnalysis") -> None:
    from rich.filesize import decimal

    from service.cli.sizes import duration

    plan = planned.plan
    if plan.sentences > 1 or planned.seconds >= WORTH_SAYING:
        slices = f", {plan.sliced} sentences in slices" if plan.sliced else ""
        console.stderr().print(
            f"{plan.sentences} sentences on {planned.model.device} in {len(plan.batches)} batches{slices}: "
            f"{'up to' if planned.settings.is_adaptive else 'about'} {decimal(plan.bytes)} of memory, "
            f"{decimal(plan.budget)} allowed, and about {duration(planned.seconds)}"
        )


def _print_each(as_json: bool, raw_tokens: bool) -> "Callable[[InstanceResult], None]":
    """Prints results as they come."""
    if as_json:
        return lambda result: console.write_json(result.to_json())
    from service.cli.analysis_display import print_result

    out = console.stdout()
    return lambda result: print_result(out, result.as_spelled() if raw_tokens else result)


def _interrupted(output: Path | None, store: bool) -> str:
    if output is not None:
        stored = ", and stores what the graph lacks of them" if store else ""
        return f"interrupted: the results so far are in {output}; the same command resumes there{stored}"
    return f"interrupted{': the results so far are in the graph; the same command resumes there' if store else ''}"
