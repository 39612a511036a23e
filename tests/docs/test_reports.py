"""docs/reports.md: every report shown is asked of the demo run, and the answer shown is the answer."""

import re
import shlex
from dataclasses import dataclass

import pytest

from cypher.queries.named_reports import REPORTS
from service.cli.app import main
from tests.docs.test_docs import ROOT
from tests.docs.test_queries import alike

TEXT = (ROOT / "docs" / "reports.md").read_text()
SHOWN = re.findall(r"^```sh\n(influence report [^\n]*)\n```\n\n```text\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """What a command printed."""

    code: int
    out: str


@pytest.fixture
def ask(demo_run, monkeypatch, capsys):
    monkeypatch.setenv("INFLUENCE_NEO4J_URI", demo_run.connection.uri)
    monkeypatch.setenv("INFLUENCE_NEO4J_USER", demo_run.connection.user)
    monkeypatch.setenv("INFLUENCE_NEO4J_PASSWORD", demo_run.connection.password)

    def run(command: str) -> Asked:
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(command, comments=True)[1:])
        return Asked(int(ended.value.code or 0), capsys.readouterr().out)

    return run


def test_every_report_is_spoken_of():
    assert len(SHOWN) == TEXT.count("```text") >= 10
    assert [name for name in REPORTS if name not in TEXT] == []


@pytest.mark.parametrize(("command", "answer"), SHOWN)
def test_the_answer_shown_is_the_answer(ask, command, answer):
    found = ask(command)
    assert found.code == 0
    told, now = answer.splitlines(), found.out.splitlines()
    assert len(told) == len(now)
    for line, same in zip(told, now, strict=True):
        assert alike(same.split(), line.split()), f"{same}\n{line}"


def test_the_first_commands_run(ask, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (commands, *_) = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert len(commands.splitlines()) == 5
    for command in commands.splitlines():
        assert ask(command).code == 0
