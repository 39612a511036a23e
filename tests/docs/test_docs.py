"""What the documents show is run: the commands of README.md, and the Python of every document."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workers.models.directory import BUNDLED

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), flags=re.MULTILINE | re.DOTALL)


def run(command: list[str], script: str, directory: Path) -> str:
    """The script's output; it runs as an activated environment would run it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        command,
        input=script,
        cwd=directory,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.whole
def test_the_commands_of_the_readme_do_what_it_says(tmp_path):
    shutil.copytree(BUNDLED["bundled"], tmp_path / "my-bert")
    commands = blocks(ROOT / "README.md", "bash")
    assert len(commands) >= 3
    out = run(["bash", "-euo", "pipefail"], "".join(commands), tmp_path)
    assert "the pilot that the guards like [MASK] tall ." in out
    for name, count in (("sp.jsonl", 20), ("results.jsonl", 20), ("mine-results.jsonl", 2)):
        assert len((tmp_path / name).read_text().splitlines()) == count
    assert (tmp_path / "figure.svg").stat().st_size > 0
    assert (tmp_path / "figure.png").stat().st_size > 0


@pytest.mark.whole
@pytest.mark.parametrize("document", [d for d in DOCUMENTS if blocks(d, "python")], ids=lambda d: d.name)
def test_the_python_of_a_document_runs_from_top_to_bottom(document, tmp_path, request, monkeypatch):
    code = "".join(blocks(document, "python"))
    if "connect()" in code:
        server = request.getfixturevalue("neo4j_server")
        for name in ("uri", "user", "password"):
            monkeypatch.setenv(f"INFLUENCE_NEO4J_{name.upper()}", getattr(server, name))
    if "Client()" in code:
        service = request.getfixturevalue("service")
        monkeypatch.setenv("INFLUENCE_SERVER", service.url)
        monkeypatch.setenv("INFLUENCE_API_KEY", service.key)
    assert run([sys.executable, "-"], code, tmp_path)


def test_documents_import_the_public_api():
    """And nothing of what is behind it."""
    imported = {
        module
        for document in DOCUMENTS
        for block in blocks(document, "python")
        for module in re.findall(r"^(?:from|import) (\S+)", block, flags=re.MULTILINE)
    }
    assert imported == {"influence_graph", "numpy", "torch"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_links_lead_somewhere(document):
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_option_of_the_settings_table_is_an_option():
    shown = run([str(Path(sys.executable).with_name("influence")), "analyze", "--help"], "", ROOT)
    table = re.findall(r"^\| `--.*", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    named = {option for row in table for option in re.findall(r"`(--[a-z-]+)", row.split("|")[1])}
    assert {"--samples", "--memory"} <= named
    assert [option for option in named if option not in shown] == []
