"""docs/experiments.md: its small commands run, and it speaks of every experiment and option."""

import json
import re

import pytest

from service.experiments.options import NAMES
from tests.docs.test_docs import ROOT, blocks, run

pytestmark = pytest.mark.whole

DOCUMENT = ROOT / "docs" / "experiments.md"


def test_the_commands_do_what_it_says(tmp_path):
    out = run(["bash", "-euo", "pipefail"], "".join(blocks(DOCUMENT, "bash")), tmp_path)
    assert out.count("report/report.html") == 2
    assert (tmp_path / "report" / "report.html").is_file()
    assert sorted(path.name for path in (tmp_path / "report").iterdir() if path.is_dir()) == sorted(
        [*NAMES, "claims", "results"]
    )
    report = json.loads((tmp_path / "report" / "ablation" / "report.json").read_text())
    assert "--tasks sva-obj" in report["command"]


def test_it_speaks_of_every_experiment():
    described = re.findall(r"^- \*\*`(\w+)`\*\*", DOCUMENT.read_text(), flags=re.MULTILINE)
    assert described == list(NAMES)
