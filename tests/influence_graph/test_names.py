"""The public names: exactly these, each documented and typed, and none imported before it is used."""

import json
import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import influence_graph

ROOT = Path(influence_graph.__file__).parents[1]

ERRORS = """
AccessDenied Busy Conflict InfluenceError InvalidInput InvalidQuery ModelError NotFound OutOfMemory PickledWeights
QueryLimitExceeded RefusedQuery RequestError ServerError ServerOverloaded ServerUnavailable TooLarge
""".split()

FUNCTIONS_AND_CLASSES = """
AblationSettings Analysis Choices Client Figure Graph Instance Model Pattern Result Results Run Settings Table Tally
ablate analyze compare_with_best connect generate load_model of_logits pattern_influence rank_among_random
read_instances read_results write_instances write_results
""".split()

VALUES = ["SKIP", "TASKS"]


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_these_names_and_no_others():
    assert sorted(influence_graph.__all__) == sorted([*ERRORS, *FUNCTIONS_AND_CLASSES, *VALUES])
    assert dir(influence_graph) == sorted(influence_graph.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'analyse'"):
        _ = influence_graph.analyse


@pytest.mark.parametrize("name", [*ERRORS, *FUNCTIONS_AND_CLASSES])
def test_each_says_what_it_is(name):
    value = getattr(influence_graph, name)
    assert value.__name__ == name
    assert value.__doc__
    assert not value.__doc__.startswith(f"{name}("), "the docstring that dataclasses make up"


@pytest.mark.parametrize("name", ["Analysis", "Client", "Figure", "Graph", "Result", "Results", "Run", "Table"])
def test_each_method_says_what_it_does(name):
    cls = getattr(influence_graph, name)
    methods = {name: value for name, value in vars(cls).items() if not name.startswith("_")}
    assert [name for name, value in methods.items() if not value.__doc__] == []


def test_errors_are_all_that_there_are():
    from cypher import errors

    known = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert known == set(ERRORS)


def test_importing_the_package_imports_nothing_else():
    code = """
import json, sys, time
began = time.perf_counter()
import influence_graph
print(json.dumps([time.perf_counter() - began, [name for name in sys.modules if not name.startswith("_")]]))
"""
    attempts = [json.loads(run(code)) for _ in range(3)]
    assert min(seconds for seconds, _ in attempts) < 0.1
    _, modules = attempts[0]
    assert {name.partition(".")[0] for name in modules} & {
        "torch",
        "transformers",
        "neo4j",
        "numpy",
        "workers",
    } == set()


@pytest.mark.parametrize(
    ("names", "without"),
    [
        ("Settings, Instance, read_instances, generate, TASKS, SKIP, InvalidInput", ("torch", "neo4j", "matplotlib")),
        ("Result, Results, read_results", ("torch", "matplotlib")),
        ("connect, Table", ("torch", "matplotlib")),
        ("Client, Choices", ("torch", "matplotlib", "celery", "fastapi")),
    ],
)
def test_a_name_imports_only_what_it_needs(names, without):
    modules = run(f"import sys; from influence_graph import {names}; print(*sys.modules)").split()
    assert set(without) & set(modules) == set()


def test_types_are_known_to_who_uses_it(tmp_path):
    """All of the public interface has types, for a user's type checker too."""
    folder = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    checked = subprocess.run(
        [folder / "pyright", "--verifytypes", "influence_graph", "--ignoreexternal", "--outputjson"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(checked.stdout)["typeCompleteness"]
    untyped = [symbol["name"] for symbol in report["symbols"] if symbol["isExported"] and not symbol["isTypeKnown"]]
    assert untyped == []
    assert report["exportedSymbolCounts"]["withKnownType"] > 100


def test_the_wheel_has_its_types_templates_and_pages(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(ZipFile(wheel).namelist())
    templates = {path.relative_to(ROOT).as_posix() for path in (ROOT / "influence_graph" / "templates").iterdir()}
    packages = {path.parent.name for path in ROOT.glob("*/py.typed")}
    assert packages == {"cypher", "influence_graph", "service", "workers"}
    assert templates | {f"{package}/py.typed" for package in packages} <= held
    assert not any(name.startswith("tests/") for name in held)
    pages = {name for name in held if name.startswith("service/web/")}
    assert "service/web/dist/index.html" in pages and any(name.endswith(".js") for name in pages)
    assert all(name.startswith("service/web/dist/") for name in pages)  # what they are made of stays behind
