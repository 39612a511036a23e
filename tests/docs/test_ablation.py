"""docs/ablation.md: its commands run, and every method there is has its row."""

import csv
import re

import pytest

from tests.docs.test_docs import ROOT, blocks, run

pytestmark = pytest.mark.whole

DOCUMENT = ROOT / "docs" / "ablation.md"


def test_the_commands_do_what_it_says(tmp_path):
    out = run(["bash", "-euo", "pipefail"], "".join(blocks(DOCUMENT, "bash")), tmp_path)
    rows = out[out.index("Ablated accuracy, results, zeros") :].splitlines()[2:]
    assert len(rows) == 5 * 6  # four cases and the task, under six ablations
    described = re.findall(r"^\| `(\w+)` \|", DOCUMENT.read_text(), flags=re.MULTILINE)
    assert {row.split()[2] for row in rows} <= set(described)
    with (tmp_path / "mean.csv").open() as file:
        assert {(row["method"], row["level"]) for row in csv.DictReader(file)} == {
            ("gpr", "embedding"),
            ("random", "embedding"),
        }
