"""`make test-faults` runs every test of this folder."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.whole

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


def test_make_leaves_none_out():
    make = subprocess.run(["make", "-n", "test-faults"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (line,) = (line for line in make.splitlines() if "/pytest " in line)
    _, *options = shlex.split(line)[1:]
    said = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--collect-only", "-q"],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "deselected" not in said
    assert re.search(r"^\d+ tests collected", said, flags=re.MULTILINE)
    assert all(f"tests/faults/{file.name}" in said for file in FOLDER.glob("test_*.py"))
