"""Progress: sparse lines in logs, a bar on a terminal, and never a stray character in the results."""

import json
import os
import pty
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from service.cli import console
from tests.service.cli.conftest import GOOD


def test_where_no_one_watches_progress_is_a_line_now_and_then(capsys, monkeypatch):
    clock = iter(range(0, 100, 4))
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock))
    with console.progress("storing") as show:
        for done in range(1, 7):
            show(done, 6)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == ["3/6 instances, 4.0 s each, about 12 s left"]


def test_where_no_one_watches_a_download_is_a_line_now_and_then(capsys, monkeypatch):
    clock = iter(range(100, 200, 4))
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock))
    with console.download("Neo4j") as downloaded:
        for done in range(1, 7):
            downloaded(done * 10**6, 6 * 10**6)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [f"downloading Neo4j: {done} of 6 MB" for done in (1, 4, 6)]


@pytest.mark.parametrize("told", [[], [(10**6, 6 * 10**6), (4 * 10**6, 6 * 10**6), (6 * 10**6, 6 * 10**6)]])
def test_a_download_on_a_terminal_is_a_bar_that_goes_again(monkeypatch, told):
    screen = StringIO()
    monkeypatch.setattr(console, "stderr", lambda: Console(file=screen, force_terminal=True, width=80))
    with console.download("Neo4j") as downloaded:
        for done, total in told:
            downloaded(done, total)
            time.sleep(0.3)  # the screen is drawn some times a second
    assert ("downloading Neo4j" in screen.getvalue()) == ("4.0/6.0 MB" in screen.getvalue()) == bool(told)
    assert "6.0/6.0" not in screen.getvalue()


def test_a_bar_on_a_terminal_leaves_the_results_alone(masked, sentences):
    path = sentences(*(GOOD | {"id": str(index)} for index in range(5)))
    command = [Path(sys.executable).with_name("influence"), "analyze", path, "--model", masked, "--json"]
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        assert process.stdout is not None
        out = process.stdout.read()
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # how a terminal ends on Linux
            pass
    os.close(ours)
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["0", "1", "2", "3", "4"]
    assert b"analyzing" in shown and b"sentences           5" in shown
