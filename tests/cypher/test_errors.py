"""The hierarchy of errors, which front ends rely on, and the words of all that is below them."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cypher import errors
from cypher.errors import Conflict, InfluenceError, InvalidInput
from cypher.store.chunks import RunDeleted
from cypher.store.driver_errors import ConcurrentWrite

ROOT = Path(__file__).parents[2]

HIERARCHY = """
InfluenceError error
  RequestError bad-request
    InvalidInput invalid-input
      InvalidQuery invalid-query
      ModelError unusable-model
        PickledWeights pickled-weights
      OutOfMemory out-of-memory
    NotFound not-found
    Conflict conflict
    RefusedQuery refused-query
    TooLarge too-large
  QueryLimitExceeded query-limit-exceeded
  Busy too-many-requests
  ServerError server-error
    ServerUnavailable server-unavailable
    ServerOverloaded server-overloaded
    AccessDenied access-denied
"""


def tree(kind: type[InfluenceError], depth: int = 0) -> Iterator[str]:
    yield f"{'  ' * depth}{kind.__name__} {kind.code}"
    for below in sorted((k for k in kind.__subclasses__() if k.__module__ == errors.__name__), key=place):
        yield from tree(below, depth + 1)


def place(kind: type[InfluenceError]) -> int:
    return inspect.getsource(errors).index(f"class {kind.__name__}(")


def test_the_hierarchy_and_its_codes_stay_as_they_are():
    assert sorted("\n".join(tree(InfluenceError)).splitlines()) == sorted(HIERARCHY.strip().splitlines())
    listed = re.findall(r"^ *- (\w+)", errors.__doc__ or "", flags=re.MULTILINE)
    assert sorted(listed) == sorted(line.split()[0] for line in HIERARCHY.strip().splitlines())


def test_kinds_that_a_package_needs_for_itself_keep_the_code_of_theirs():
    for kind in (RunDeleted, ConcurrentWrite):
        assert kind.__bases__ == (Conflict,) and kind.code == "conflict"


def test_an_error_tells_its_place_its_field_and_what_to_do():
    error = InvalidInput("samples", "1 is too few", "Use 2 or more.")
    assert str(error) == "samples: 1 is too few. Use 2 or more."
    assert str(error.at("a.csv:3")) == "a.csv:3: samples: 1 is too few. Use 2 or more."
    assert str(error.at("a.csv:3").at("b.csv:4")).startswith("a.csv:3: ")
    assert str(Conflict("run", "it is there", "Delete it.")) == "it is there. Delete it."


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a file that are no docstrings."""
    parsed = ast.parse(path.read_text())
    docs = {id(node.value) for node in ast.walk(parsed) if isinstance(node, ast.Expr)}
    for node in ast.walk(parsed):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


COMMAND = re.compile(
    r"\binfluence (analyze|up|down|status|doctor|load|runs|delete|submit|watch|cancel|resume|logs|worker|sweep|queries"
    r"|report|query|export|plot|ablate|experiment|tasks)\b"
)
FLAG = re.compile(r"(^|[\s(`'\"])--[a-z]")


@pytest.mark.parametrize("floor", ["cypher", "workers"])
def test_no_text_below_the_front_ends_names_a_command_or_a_flag(floor):
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted((ROOT / floor).rglob("*.py"))
        if "bundled" not in path.parts  # which write model cards: documentation
        for line, text in texts(path)
        if COMMAND.search(text) or (" " in text.strip() and FLAG.search(text))
    ]
    assert found == []


def test_fields_are_words_of_the_domain_or_environment_variables():
    kinds = {line.split()[0] for line in HIERARCHY.strip().splitlines()} | {"RunDeleted", "ConcurrentWrite"}
    fields = {
        (node.args[0].value, path.name)
        for floor in ("cypher", "workers")
        for path in (ROOT / floor).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    wrong = [field for field in fields if not re.fullmatch(r"[a-z][a-z0-9_]*|INFLUENCE_[A-Z0-9_]+", str(field[0]))]
    assert wrong == [] and len(fields) > 20
