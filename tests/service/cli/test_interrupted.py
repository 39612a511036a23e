"""Real processes, really stopped: what they leave behind is continued by the same command."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.results_file import read_results
from tests.service.cli.conftest import GOOD

pytestmark = pytest.mark.whole

COUNT = 120
COMMAND = str(Path(sys.executable).with_name("influence"))


@pytest.fixture
def command(masked, sentences, tmp_path):
    """An analysis that takes some seconds."""
    nouns = ("pilot", "guard", "author", "farmer", "teacher", "doctor")
    texts = [
        f"the {a} that the {b}s like [MASK] {c} ."
        for a in nouns
        for b in nouns
        for c in ("tall", "short", "old", "happy")
    ]
    path = sentences(*(GOOD | {"id": str(index), "text": text} for index, text in enumerate(texts[:COUNT])))
    options = ("--model", str(masked), "--samples", "150", "--edges", "all", "--memory", "30MB")
    return (COMMAND, "analyze", str(path), *options, "--output")


def start(command: tuple[str, ...], output: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen((*command, str(output)), stdout=-1, stderr=-1, text=True, env=environment)


def wait_for_results(process: subprocess.Popen[str], output: Path, count: int) -> None:
    deadline = time.monotonic() + 120
    while not output.exists() or output.read_bytes().count(b"\n") < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_after_kill_minus_nine_the_same_command_goes_on(command, tmp_path):
    output, whole = tmp_path / "results.jsonl", tmp_path / "whole.jsonl"
    process = start(command, output)
    wait_for_results(process, output, 3)
    process.kill()
    process.communicate()
    left = output.read_bytes()
    done = left.count(b"\n")
    assert 3 <= done < COUNT
    first = left[: left.index(b"\n")]
    left = left[: left.rindex(b"\n") + 1]
    output.write_bytes(left + first[: len(first) // 2])  # as if it had been stopped in the middle of a line

    again = start(command, output)
    out, err = again.communicate(timeout=240)
    assert again.returncode == 0, err
    assert f"{done} were there already" in out
    assert output.read_bytes().startswith(left)

    start(command, whole).communicate(timeout=240)
    results = {result.id: result for result in read_results(output)}
    expected = {result.id: result for result in read_results(whole)}
    assert results.keys() == expected.keys()
    assert len(output.read_bytes().splitlines()) == COUNT
    for name, result in results.items():
        assert result.qoi == pytest.approx(expected[name].qoi, abs=1e-5)
        for word, other in zip(result.words, expected[name].words, strict=True):
            assert word.influence == pytest.approx(other.influence, abs=1e-5)


def test_after_control_c_the_same_command_goes_on(command, tmp_path):
    output = tmp_path / "results.jsonl"
    process = start(command, output)
    wait_for_results(process, output, 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    done = len(list(read_results(output)))
    assert f"interrupted: the results so far are in {output}; the same command resumes there" in err

    again = start(command, output)
    out, err = again.communicate(timeout=240)
    assert again.returncode == 0, err
    assert f"{done} were there already" in out
    assert len({result.id for result in read_results(output)}) == COUNT
