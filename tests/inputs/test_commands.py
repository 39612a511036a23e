"""Arguments and terminals as people have them: every command ends with words, never with a trace."""

import io
import json
import os
import pty
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from service.cli import console
from service.cli.app import main
from tests.random_models import random_bert
from tests.workers.some_results import some_results

(RESULT,) = some_results(1)
TEXT = ["--text", "the pilot ***mask*** tall .", "--correct", "is", "--wrong", "are"]


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return random_bert(tmp_path_factory.mktemp("commands") / "m", layers=1, heads=1, width=4, ff=4)


@pytest.fixture
def results(tmp_path) -> Path:
    path = tmp_path / "r.jsonl"
    path.write_text(replace(RESULT, id="\x1b[31mé").to_json() + "\n")
    return path


class Run:
    """`influence` in this process, on streams of an encoding."""

    def __init__(self, monkeypatch, encoding: str):
        self.monkeypatch = monkeypatch
        self.streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        with self.monkeypatch.context() as patched:
            for name, stream in zip(("stdout", "stderr"), self.streams, strict=True):
                patched.setattr(sys, name, stream)
            with pytest.raises(SystemExit) as ended:
                main([str(argument) for argument in arguments])
        out, err = (self._text(stream) for stream in self.streams)
        return int(ended.value.code or 0), out, err

    @staticmethod
    def _text(stream: io.TextIOWrapper) -> str:
        stream.flush()
        assert isinstance(stream.buffer, io.BytesIO)
        return stream.buffer.getvalue().decode(stream.encoding)


@pytest.fixture
def ascii_terminal(monkeypatch) -> Run:
    return Run(monkeypatch, "ascii")


@pytest.fixture
def utf8_terminal(monkeypatch) -> Run:
    return Run(monkeypatch, "utf-8")


COMMANDS: dict[str, list[str]] = {
    "help": ["--help"],
    "help of a command": ["analyze", "--help"],
    "analyze": ["analyze", "--model", "MODEL", *TEXT],
    "analyze a bad sentence": ["analyze", "--model", "MODEL", "--text", "die Straße ***mask*** 東京", *TEXT[2:4]],
    "tasks": ["tasks", "list"],
    "tasks as JSON": ["tasks", "list", "--json"],
    "queries": ["queries"],
    "a query": ["queries", "overview"],
    "a wrong option": ["analyze", "--größe"],
    "a wrong command": ["größe"],
    "no such file": ["analyze", "größe.jsonl"],
    "plot of no such word": ["plot", "RESULTS", "--words", "größe", "-o", "f.svg"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_characters_that_a_terminal_lacks_are_replaced(ascii_terminal, model, results, name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    arguments = [{"MODEL": str(model), "RESULTS": str(results)}.get(each, each) for each in COMMANDS[name]]
    code, out, err = ascii_terminal(*arguments)
    assert code in (0, 2)
    assert (out if code == 0 else err).strip()
    assert "Traceback" not in err


def test_json_on_such_a_terminal_is_whole(ascii_terminal, model):
    code, out, _ = ascii_terminal("analyze", "--model", model, "--json", "--text", "é ***mask*** .", *TEXT[2:])
    assert code == 0 and json.loads(out)["text"] == "é ***mask*** ."


@pytest.mark.parametrize(
    "arguments",
    [
        ["analyze", "--text", "the \udcff ***mask***"],
        ["analyze", "caf\udce9.jsonl"],
        ["analyze", *TEXT, "--model", "m\udcff"],
        ["load", "r.jsonl", "--name", "\udcff"],
        ["query", "RETURN '\udcff'"],
        ["query", "RETURN $x", "--param", "x=\udcff"],
        ["report", "overview", "\udcff"],
    ],
)
def test_arguments_that_are_not_utf8(utf8_terminal, arguments):
    code, out, err = utf8_terminal(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: argument: ") and "holds bytes that are not UTF-8. Write it as UTF-8" in err


def test_control_characters_reach_no_terminal(utf8_terminal, model, tmp_path):
    text = "the \x1b[31mpilot\x07 \x9b2J \u202e***mask***\r tall ."
    sentences = tmp_path / "s.jsonl"
    row = {"id": "\x1b]0;title\x07", "text": text, "correct": "is", "wrong": "are"}
    sentences.write_text(json.dumps(row) + "\n")
    code, out, err = utf8_terminal("analyze", sentences, "--model", model)
    assert code == 0 and "pilot" in out
    assert not console.CONTROLS.search(out + err)


def test_nor_do_they_in_errors(utf8_terminal, results):
    code, out, err = utf8_terminal("plot", results, "--id", "x", "-o", "f.svg")
    assert code == 2 and not console.CONTROLS.search(out + err)


@pytest.mark.parametrize("letter", ["\x00", "\x07", "\x08", "\r", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u202e"])
def test_what_is_replaced(letter):
    assert console.clean(f"a{letter}b\n\tc") == "a\ufffdb\n\tc"


@pytest.mark.parametrize("text", ["é", "東京", "👨‍👩‍👧", "שלום", "a\tb\nc", "─3→ · −"])
def test_what_is_not(text):
    assert console.clean(text) == text


@pytest.mark.parametrize("name", ["a run", "-x", "$(touch x)", "it's", 'a "b"', "a;b", "*", "é"])
def test_suggested_commands_can_be_pasted(name):
    assert shlex.split(console.command("watch", name)) == ["influence", "watch", name]


SHOWN = """
import sys
from service.cli import console
console.replace_what_cannot_be_shown()
console.write("\\x1b[2Ja")
console.write_json('{"text": "\\x9b2J"}')
console.write_data("b\\x1b[2J\\n")
console.stdout().print("c\\x1b[2J", style="bold")
"""


def test_on_a_real_terminal() -> None:
    """Its own sequences, such as bold, do reach it."""
    master, slave = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", SHOWN], stdout=slave, env=os.environ | {"TERM": "xterm"}) as process:
        os.close(slave)
        shown = b"".join(_read(master)).decode()
    os.close(master)
    assert process.returncode == 0
    assert "\x1b[2J" not in shown and "\x9b" not in shown
    assert "\x1b[1m" in shown and '{"text": "\\u009b2J"}' in shown


def _read(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            some = os.read(descriptor, 1000)
        except OSError:  # the other end is closed
            return
        if not some:
            return
        yield some
