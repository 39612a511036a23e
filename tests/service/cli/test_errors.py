"""Errors as the command line tells them: fields as flags and arguments, advice with commands, and exit codes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cypher import errors as domain
from cypher.errors import (
    AccessDenied,
    Conflict,
    InvalidInput,
    InvalidQuery,
    NotFound,
    QueryLimitExceeded,
    ServerError,
    ServerUnavailable,
)
from service.cli.app import app
from service.cli.errors import HINTS, describe, exit_code, on_interrupt

ROOT = Path(__file__).parents[3]
KINDS = {name for name, kind in vars(domain).items() if isinstance(kind, type)}

THINGS = {
    *("graph", "schema", "broker", "server", "service", "worker", "workers", "keys"),  # servers and processes
    *("jobs", "keep"),  # of a request
    *("key", "plain_http"),  # of a service elsewhere
    *(
        "instances",
        "line",
        "roles",
        "spans",
        "question",
        "sources",
        "text",
        "id",
        "correct",
        "wrong",
        "label",
        "counterfactual",
        "reference",
        "target_word",
    ),  # of sentences
    *("class", "len_prefix", "correct_number", "sentid"),  # columns of public data sets
    *("report", "query", "parameters", "path", "components", "beams"),  # of reports, queries and patterns
    *("cursor", "sentences", "jobs", "component"),  # of what programs ask for
    *("model", "architectures", "position_embedding_type", "quantization_config", "num_attention_heads"),  # of models
    *("hidden_act", "id2label", "problem_type", "model_type", "classifier_activation", "classifier_pooling"),
    *("layer_types", "rope_parameters", "conv_kernel_size", "attention_head_size", "pooler_hidden_act"),
    *("relative_attention_num_buckets",),
    *("INFLUENCE_NEO4J_PASSWORD", "INFLUENCE_SECRETS_DIR"),  # the environment's own names
}
"""Fields that are no parameter of a command, or not of each that meets them."""


def commands(group: Any = None) -> Iterator[Any]:
    """Every command, those of groups included."""
    root: Any = typer.main.get_command(app)
    for command in (group or root).commands.values():
        if hasattr(command, "commands"):
            yield from commands(command)
        else:
            yield command


def parameters(name: str) -> list[Any]:
    (found,) = (command for command in commands() if command.name == name)
    return found.params


def raised(*folders: str) -> Iterator[tuple[str, ast.Call]]:
    """Every error that is made in these folders, with its place."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", None) in KINDS and len(node.args) >= 3:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


@pytest.mark.parametrize(
    ("command", "field", "told"),
    [
        ("submit", "samples", "--samples"),
        ("submit", "input", "INPUT"),
        ("submit", "idempotency_key", "--idempotency-key"),
        ("worker", "metrics_port", "--metrics-port"),
        ("load", "results", "RESULTS"),
        ("load", "replace", "--force"),
        ("load", "samples", "samples"),  # which this command has not
    ],
)
def test_a_field_is_told_as_the_flag_or_argument_of_the_command(command, field, told):
    error = InvalidInput(field, "'x' cannot be", "Give another.")
    assert describe(error, parameters(command)) == f"{told}: 'x' cannot be. Give another."


def test_a_field_of_a_file_is_a_column():
    error = InvalidInput("label", "'x' is not a class", "Give another.", "sentences.jsonl:3")
    assert describe(error, parameters("analyze")) == "sentences.jsonl:3: label: 'x' is not a class. Give another."


def test_a_query_error_is_neo4js_own():
    assert describe(InvalidQuery("query", "Invalid input 'RETRUN'", "Correct it."), parameters("query")) == (
        "Invalid input 'RETRUN'"
    )


@pytest.mark.parametrize(
    ("command", "error", "hint"),
    [
        ("runs", ServerUnavailable("graph", "no Neo4j answers", "Start it."), "`influence up` starts a local one."),
        (
            "runs",
            AccessDenied("graph", "no entry", "Set it."),
            "`influence doctor` checks everything that the servers need.",
        ),
        ("runs", Conflict("schema", "it is an older one", "Migrate it."), "`influence up` migrates it."),
        ("status", NotFound("run", "there is no run 'x'", "Name another."), "`influence runs` lists them."),
        ("up", ServerError("workers", "one runs already", "Stop it first."), "`influence down` stops it."),
        ("export", Conflict("output", "it is there", "Name another."), "--force replaces it."),
        (
            "query",
            domain.QueryLimitExceeded("timeout", "it takes too long", "Ask for less."),
            "--timeout sets how much.",
        ),
    ],
)
def test_advice_names_commands_and_flags(command, error, hint):
    assert describe(error, parameters(command)) == f"{error} {hint}"


def test_advice_on_this_machines_servers_is_not_given_about_a_service():
    error = ServerUnavailable("graph", "the graph does not answer", "Try again.")
    assert describe(error, [], elsewhere=True) == str(error)


def test_advice_for_other_commands_is_not_given():
    error = QueryLimitExceeded("timeout", "it takes long", "Ask for less.")
    assert describe(error, parameters("report")) == "it takes long. Ask for less."


def test_advice_that_an_error_gives_itself_is_not_repeated():
    error = ServerUnavailable("graph", "no Neo4j answers", "Start it: influence up")
    assert describe(error, []) == str(error)


def test_every_hint_is_of_an_error_that_there_is_and_names_what_there_is():
    names = {command.name for command in commands()} | set(typer.main.get_command(app).commands)  # pyright: ignore[reportAttributeAccessIssue]
    root: Any = typer.main.get_command(app)
    options = [parameter for command in (root, *commands()) for parameter in command.params]
    flags = {flag for each in options for flag in (*each.opts, *each.secondary_opts)}
    codes = {vars(domain)[kind].code for kind in KINDS if hasattr(vars(domain)[kind], "code")}
    for (code, _), hints in HINTS.items():
        assert code in codes
        for hint in hints:
            assert set(re.findall(r"`influence (\w+)", hint.text)) <= names
            assert set(re.findall(r"--[a-z-]+", hint.text)) <= flags


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInput("samples", "few", "More."), 2),
        (Conflict("run", "there", "Another."), 2),
        (ServerUnavailable("graph", "away", "Start it."), 1),
        (OSError(28, "No space left on device"), 1),
    ],
)
def test_exit_codes(error, code):
    assert exit_code(error) == code


def test_an_interruption_is_told_with_its_exit_code(capsys):
    with pytest.raises(typer.Exit) as ended, on_interrupt("interrupted: all is well"):
        raise KeyboardInterrupt
    assert ended.value.exit_code == 130 and capsys.readouterr().err == "interrupted: all is well\n"


def test_every_field_is_a_parameter_of_a_command_or_a_thing():
    known = set(THINGS)
    for command in commands():
        for parameter in command.params:
            known |= {parameter.name, (parameter.metavar or "").strip("[]").partition(".")[0].lower()}
            known |= {flag.lstrip("-").replace("-", "_") for flag in parameter.opts}
    unknown = {
        place: node.args[0].value
        for place, node in raised("cypher", "workers", "service/operations", "service/export", "service/client")
        if isinstance(node.args[0], ast.Constant) and node.args[0].value not in known
    }
    assert unknown == {}


def test_no_use_case_names_a_flag_or_command():
    told = {
        place: text.value
        for place, node in raised("service/operations", "service/export")
        for argument in node.args
        for text in ast.walk(argument)
        if isinstance(text, ast.Constant)
        and re.search(r"(^|\s|`)--[a-z]|influence [a-z]+ ?`|`influence", str(text.value))
    }
    assert told == {}
