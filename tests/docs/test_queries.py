"""docs/queries.md: every question is asked of the demo run, and the answer shown is the answer."""

import math
import re

import pytest

from cypher.queries.sandbox import run_query
from cypher.queries.values import shown
from cypher.store.store import Store
from service.cli.tables import write_table
from tests.docs.test_docs import ROOT

DOCUMENT = ROOT / "docs" / "queries.md"
QUESTIONS = {
    title: (query, answer.splitlines())
    for title, query, answer in re.findall(
        r"^## (.*?)\n.*?^```cypher\n(.*?)^```\n\n```text\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL
    )
}
TOLERANCE = 0.01
"""By how much a number with decimals may differ: float32 does, from machine to machine."""


def test_there_are_enough_and_each_has_an_answer():
    text = DOCUMENT.read_text()
    assert len(QUESTIONS) >= 10
    assert len(QUESTIONS) == text.count("```cypher") == text.count("\n## ") == text.count("```text")


@pytest.mark.parametrize("title", QUESTIONS)
def test_the_answer_shown_is_the_answer(title, demo_run, capsys):
    query, told = QUESTIONS[title]
    with Store.open(demo_run.connection) as store:
        table = run_query(store, query, {}, seconds=60)
    assert not table.cut and len(table.rows) == len(told) - 1
    write_table(table, "table")
    now = capsys.readouterr().out.splitlines()
    for found, line in zip(now, told, strict=True):
        assert alike(found.split(), line.split()), f"{found}\n{line}"


def alike(found: list[str], told: list[str]) -> bool:
    return len(found) == len(told) and all(map(same, found, told))


def same(found: str, told: str) -> bool:
    """The same text, or about the same number with decimals."""
    decimals = re.compile(r"-?\d+\.\d+")
    if decimals.fullmatch(found) and decimals.fullmatch(told):
        return math.isclose(float(found), float(told), abs_tol=TOLERANCE)
    return found == told


def test_another_answer_is_told():
    assert alike(["5", "6", shown(1.2344)], ["5", "6", "1.238"])
    for other in (["5", "7", "1.234"], ["5", "6", "1.334"], ["5", "6"], ["5.0", "6", "1.234"]):
        assert not alike(["5", "6", "1.234"], other)
