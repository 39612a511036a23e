"""Use cases know no front end: neither its words, nor its libraries, nor what only some of them need."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import service
from service.cli import app

ROOT = Path(service.__file__).parent
MODULES = sorted(path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] not in ("cli", "__main__.py"))
OPERATIONS = ("ablation", "analyses", "experiments", "figures", "queries", "reports", "tasks")
COMMANDS = "|".join(command.__name__ for command in app.COMMANDS)
FRONT_ENDS = re.compile(rf"\s[`'\"(]?--[a-z]|--[a-z-]+\s|\binfluence ({COMMANDS}|plot|tasks)\b")


def texts(path: Path) -> Iterator[str]:
    """The texts in a module, without its docstrings."""
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    notes = {
        id(statement.value)
        for node in ast.walk(tree)
        if isinstance(node, documented)
        for statement in node.body
        if isinstance(statement, ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
            yield node.value


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_names_a_flag_or_a_command(path):
    assert [text for text in texts(path) if FRONT_ENDS.search(text)] == []


def test_a_flag_or_a_command_would_be_seen(tmp_path):
    module = tmp_path / "module.py"
    module.write_text('"""About --this."""\nraise ValueError(f"use --that", "`influence up`", "a -- b, influence")\n')
    assert {text for text in texts(module) if FRONT_ENDS.search(text)} == {"use --that", "`influence up`"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_prints_or_exits(path):
    names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
    imported = {
        name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    }
    assert not names & {"print", "input"} and not imported & {"typer", "rich.console", "rich.progress", "rich.table"}


def test_what_is_heavy_waits_for_the_use_case_that_needs_it():
    modules = ", ".join(f"service.operations.{name}" for name in OPERATIONS)
    script = (
        f"import sys, {modules}\n"
        "sys.exit([n for n in ('torch', 'transformers', 'matplotlib', 'celery') if n in sys.modules] or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
