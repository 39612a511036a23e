"""docs/figures.md: its commands draw what they name."""

from tests.docs.test_docs import ROOT, blocks, run

DOCUMENT = ROOT / "docs" / "figures.md"


def test_the_commands_draw_their_figures(neo4j_server, tmp_path, monkeypatch):
    monkeypatch.setenv("INFLUENCE_NEO4J_URI", neo4j_server.uri)
    monkeypatch.setenv("INFLUENCE_NEO4J_USER", neo4j_server.user)
    monkeypatch.setenv("INFLUENCE_NEO4J_PASSWORD", neo4j_server.password)
    out = run(["bash", "-euo", "pipefail"], "".join(blocks(DOCUMENT, "bash")), tmp_path)
    figures = ["sva-obj.svg", "sp.pdf", "sp-ss.svg", "entropy.png", "attractors.svg"]
    assert out.splitlines()[-5:] == figures
    assert all((tmp_path / figure).stat().st_size > 0 for figure in figures)
