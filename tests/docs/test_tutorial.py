"""docs/tutorial.ipynb: it runs from top to bottom on a real graph, and is stored without outputs."""

import json
import re
import sys
from pathlib import Path

import pytest

from cypher.store.store import Store
from tests.docs.notebook import code_cells
from tests.docs.test_docs import ROOT, run
from tests.influence_graph.test_results import Page

pytestmark = pytest.mark.whole

NOTEBOOK = ROOT / "docs" / "tutorial.ipynb"


def test_it_runs_from_top_to_bottom(neo4j_server, tmp_path, monkeypatch):
    for name in ("uri", "user", "password"):
        monkeypatch.setenv(f"INFLUENCE_NEO4J_{name.upper()}", getattr(neo4j_server, name))
    command = [sys.executable, str(Path(__file__).with_name("notebook.py")), str(NOTEBOOK)]
    outputs = json.loads(run(command, "", tmp_path))
    cells = dict(zip(code_cells(NOTEBOOK), outputs, strict=True))
    html = {source: Page(output["html"]) for source, output in cells.items() if output and "html" in output}
    assert len(html) >= 8
    for source, page in html.items():
        assert "script" not in page.tags and page.texts, source
    figures = [output["svg"] for output in outputs if output and "svg" in output]
    assert len(figures) == 2 and all(figure.rstrip().endswith("</svg>") for figure in figures)
    tables = [page for page in html.values() if re.match(r"\d+ rows?[,.]", page.texts[-1])]
    assert len(tables) >= 4 and not any(page.texts[-1].startswith("0 rows") for page in tables)
    assert {path.name for path in tmp_path.iterdir()} == {"pilot.svg", "tutorial.jsonl"}
    with Store.open(neo4j_server) as store:
        assert "tutorial" not in {stored.name for stored in store.runs()}


def test_it_is_stored_without_outputs():
    notebook = json.loads(NOTEBOOK.read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
        else:
            assert set(cell) == {"cell_type", "id", "metadata", "source"}


def test_its_links_lead_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", NOTEBOOK.read_text())
    assert links and [link for link in links if not (NOTEBOOK.parent / link).exists()] == []
