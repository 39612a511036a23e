"""docs/data.md: its commands do what it shows, and it speaks of every form that is read."""

import pytest

from tests.docs.test_docs import ROOT, blocks, run
from tests.workers.datasets.public_files import FILES

DOCUMENT = ROOT / "docs" / "data.md"


@pytest.mark.whole
def test_the_commands_do_what_it_shows(tmp_path):
    out = run(["bash", "-euo", "pipefail"], "exec 2>&1\n" + "".join(blocks(DOCUMENT, "bash")), tmp_path)
    (shown,) = blocks(DOCUMENT, "text")
    assert out.startswith(shown)
    assert len((tmp_path / "mine-results.jsonl").read_text().splitlines()) == 2


def test_it_names_every_task_and_case():
    text = DOCUMENT.read_text()
    for form, file in FILES.items():
        assert form in text
        for instance in file.instances:
            if form not in ("Marvin and Linzen", "BLiMP"):  # whose tasks are the file's own
                assert f"`{instance.task}`" in text and f"`{instance.case}`" in text
