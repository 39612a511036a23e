"""`influence --server URL analyze` and `ablate`: what a service's worker computes is what is computed here."""

import json

import pytest

from tests.service.cli.conftest import GOOD, ended, lines
from tests.workers.jobs.conftest import jobs_at

pytestmark = pytest.mark.servers

ROWS = [{**GOOD, "id": noun, "task": "t", "case": "SP", "text": GOOD["text"].replace("pilot", noun)} for noun in
        ("pilot", "doctor", "farmer", "author", "singer", "teacher", "skater")]  # fmt: skip
GIVEN = ("--samples", 4, "--edges", "top:20", "--dtype", "float64")


@pytest.fixture(scope="module")
def working(service, neo4j_server, broker, tmp_path_factory):
    """A worker of the service's servers."""
    folder = tmp_path_factory.mktemp("jobs")
    with pytest.MonkeyPatch.context() as patch, jobs_at(neo4j_server, broker, folder, patch) as jobs:
        jobs.worker()
        yield jobs


@pytest.fixture
def both(working, service, capsys, monkeypatch):
    """Runs a command here, and on the service."""
    monkeypatch.setenv("INFLUENCE_API_KEY", service.key)

    def run(*arguments):
        words = [str(argument) for argument in arguments]
        return ended(capsys, *words), ended(capsys, "--server", service.url, *words)

    return run


def near(value):
    """The value, its numbers as another process comes to them."""
    numbers = isinstance(value, float) or (isinstance(value, list) and value and isinstance(value[0], float))
    return pytest.approx(value, rel=1e-9, abs=1e-12) if numbers else value


def test_results_are_the_same(both, sentences):
    here, there = both("analyze", sentences(*ROWS), *GIVEN, "--json")
    assert (here.code, there.code) == (0, 0), there.err
    found, expected = ({row["id"]: row for row in lines(each.out)} for each in (there, here))
    assert list(found) == [row["id"] for row in ROWS]  # in the order of the input
    for name, own in expected.items():
        told = found[name]
        for word, other in zip(told["words"], own["words"], strict=True):
            assert word == {name: near(value) for name, value in other.items()}
        assert (told["settings"], told["model"], told["versions"]) == (own["settings"], own["model"], own["versions"])


def test_one_sentence_for_people(both):
    here, there = both("analyze", "--text", GOOD["text"], "--correct", "is", "--wrong", "are", *GIVEN)
    assert there.code == 0 and there.out == here.out


def test_a_file_is_resumed_and_that_of_others_is_refused(both, sentences, tmp_path, service, capsys):
    output = tmp_path / "there.jsonl"
    elsewhere = ("--server", service.url, "analyze")
    given = [str(each) for each in GIVEN]
    done = ended(capsys, *elsewhere, str(sentences(*ROWS[:3])), "-o", str(output), *given)
    assert done.code == 0 and "sentences           3" in done.out, done.err
    done = ended(capsys, *elsewhere, str(sentences(*ROWS)), "-o", str(output), *given)
    assert done.code == 0 and "sentences           4 new, 3 were there already" in done.out, done.err
    assert [row["id"] for row in lines(output.read_text())] == [row["id"] for row in ROWS]
    before = output.read_bytes()
    more = [*ROWS, {**ROWS[0], "id": "more"}]
    refused = ended(capsys, *elsewhere, str(sentences(*more)), "-o", str(output), "--samples", "5", *given[2:])
    assert refused.code == 2 and "other settings" in refused.err
    whole = ended(capsys, *elsewhere, str(sentences(*ROWS)), "-o", str(output), "--samples", "5", *given[2:])
    assert whole.code == 2 and "other settings" in whole.err  # though nothing is left to ask
    assert output.read_bytes() == before


def test_bad_sentences(both, sentences):
    bad = {**GOOD, "id": "bad", "wrong": "zyzzyva"}
    path = sentences(ROWS[0], bad, ROWS[1])
    here, there = both("analyze", path, *GIVEN, "--json")
    assert there.code == here.code == 2
    assert there.err.splitlines()[-1] == here.err.splitlines()[-1]
    here, there = both("analyze", path, *GIVEN, "--json", "--skip-bad")
    assert here.code == there.code == 0 and "left out: " in there.err
    assert {row["id"] for row in lines(there.out)} == {row["id"] for row in lines(here.out)} == {"pilot", "doctor"}
    for words in (["--memory", "1GB"], ["--device", "cpu"], ["--store"]):
        _, there = both("analyze", path, *words)
        assert there.code == 2 and f"`influence analyze {words[0]}` works on this machine alone" in there.err
    _, there = both("analyze", path, "--model", "/nowhere/at/all")
    assert there.code == 2 and there.err.startswith("error:")


def test_an_ablation_is_that_of_the_run_s_results(both, working, sentences, tmp_path, capsys, service):
    path, results = sentences(*ROWS), tmp_path / "results.jsonl"
    elsewhere = ("--server", service.url)
    given = [str(each) for each in GIVEN]
    working.sweeper()
    assert ended(capsys, *elsewhere, "submit", str(path), "--name", "cli-ablated", "--wait", *given).code == 0
    assert ended(capsys, *elsewhere, "export", "cli-ablated", "-o", str(results)).code == 0
    own = ended(capsys, "ablate", str(results), "--draws", "3", "--format", "json")
    theirs = ended(capsys, *elsewhere, "ablate", "cli-ablated", "--draws", "3", "--format", "json")
    assert (own.code, theirs.code) == (0, 0), theirs.err
    assert json.loads(theirs.out) == json.loads(own.out)
    unknown = ended(capsys, *elsewhere, "ablate", "cli-nothing")
    assert unknown.code == 2 and "there is no run 'cli-nothing'" in unknown.err
