"""The command itself: help at once, usage errors, version."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

GENERATE = [str(Path(sys.executable).with_name("influence")), "tasks", "generate", "sva-obj", "-n", "2000"]


def test_version(influence):
    assert influence("--version").out == f"influence {version('influence-graph')}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["analyze", "--help"], ["plot", "--help"], ["tasks", "--help"]])
def test_help_says_what_there_is(influence, arguments):
    ended = influence(*arguments)
    assert ended.code == 0 and "Usage: " in ended.out


@pytest.mark.parametrize("arguments", [["--none"], ["none"], ["plot"], ["plot", "results.jsonl"]])
def test_usage_errors_exit_with_2(influence, arguments):
    ended = influence(*arguments)
    assert ended.code == 2 and "Usage: " in ended.err


def test_help_does_not_wait_for_torch():
    script = (
        "import sys\nfrom service.cli.app import main\n"
        "try: main(['analyze', '--help'])\nexcept SystemExit: pass\n"
        "sys.exit([name for name in ('torch', 'transformers', 'matplotlib') if name in sys.modules] or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_a_reader_that_has_seen_enough_gets_no_message():
    with subprocess.Popen(GENERATE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_a_full_disk_behind_stdout_is_one_line():
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(GENERATE, stdout=full, stderr=subprocess.PIPE, text=True)
    assert ended.returncode == 1
    assert ended.stderr == "error: [Errno 28] No space left on device\n"
