"""`influence plot aggregated | difference | entropy | attractors`, on a real Neo4j."""

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from uuid import uuid4

import pytest

from cypher.store.store import Store
from service.figures.panels import FULL
from service.operations.storing import Destination, RunWriter
from tests.service.figures.test_aggregated import svg_widths
from tests.workers.some_results import ROLES, some_results
from workers.analysis.results import InstanceResult
from workers.influence.component import SKIP
from workers.records.to_graph import describe_model, describe_run

EVERYWHERE = True

RESULTS = some_results(40)


@pytest.fixture(autouse=True)
def _graph(neo4j_server, monkeypatch):
    """The settings name the tests' server."""
    monkeypatch.setenv("INFLUENCE_NEO4J_URI", neo4j_server.uri)
    monkeypatch.setenv("INFLUENCE_NEO4J_USER", neo4j_server.user)
    monkeypatch.setenv("INFLUENCE_NEO4J_PASSWORD", neo4j_server.password)


@pytest.fixture
def stored(influence, tmp_path):
    """Stores results under a new name."""

    def store(results: list[InstanceResult]) -> str:
        name = f"run-{uuid4().hex}"
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(f"{result.to_json()}\n" for result in results))
        assert influence("load", path).code == 0
        return name

    return store


@pytest.fixture(scope="module")
def run(neo4j_server) -> str:
    """The name of a run with all results."""
    name = f"run-{uuid4().hex}"
    with Store.open(neo4j_server) as store:
        record = describe_run(RESULTS[0].model, RESULTS[0].settings, {"influence-graph": "1"}, name)
        with RunWriter(Destination(store, record, describe_model(RESULTS[0]))) as writer:
            for result in RESULTS:
                writer.write(result)
    return name


def of(case: str) -> list[InstanceResult]:
    return [result for result in RESULTS if (result.task, result.case) == ("sva-obj", case)]


def shares(results: list[InstanceResult], level: str) -> dict[str, float]:
    """The width of every line that a case's panel must have, counted in plain Python; attention at i -> i left out."""
    counts: Counter[str] = Counter()
    for result in results:
        taken = set()
        for word in result.words:
            for layer, ((source, target), component) in enumerate(
                zip(pairwise(word.path), word.components, strict=True)
            ):
                kind = "step" if level == "embedding" else "skip" if component == SKIP else "attention"
                if kind != "attention" or source != target:
                    sign = "positive" if word.sign > 0 else "negative"
                    taken.add(f"{result.case}/{layer}/{source}>{target}/{kind}/{sign}")
        counts.update(taken)
    return {name: count / len(results) for name, count in counts.items()}


def is_loop(name: str) -> bool:
    """Does a line stand for attention from a place to itself?"""
    _, _, step, kind, _ = name.split("/")
    source, target = step.split(">")
    return kind == "attention" and source == target


@pytest.mark.parametrize("level", ["attention", "embedding"])
def test_widths_are_the_shares_of_sentences(influence, run, tmp_path, level):
    output = tmp_path / "figure.svg"
    ended = influence("plot", "aggregated", run, "--task", "sva-obj", "--level", level, "--output", output)
    assert (ended.code, ended.out, ended.err) == (0, f"{output}\n", "")
    widths = {name: width for name, width in svg_widths(output).items() if not is_loop(name)}
    expected = shares(of("SP"), level) | shares(of("SS"), level)
    assert widths == pytest.approx({name: FULL * share for name, share in expected.items()}, abs=1e-5)


def test_one_case_has_the_same_lines_as_among_all(influence, run, tmp_path):
    one, all_cases = tmp_path / "one.svg", tmp_path / "all.svg"
    assert influence("plot", "aggregated", run, "--task", "sva-obj", "--case", "SP", "-o", one).code == 0
    assert influence("plot", "aggregated", run, "--task", "sva-obj", "-o", all_cases).code == 0
    widths = {name: width for name, width in svg_widths(all_cases).items() if name.startswith("SP")}
    assert svg_widths(one) == widths


def test_attention_from_a_place_to_itself_is_at_most_the_step_and_at_least_its_strongest_head(influence, run, tmp_path):
    output = tmp_path / "figure.svg"
    influence("plot", "aggregated", run, "--task", "sva-obj", "--case", "SP", "-o", output)
    loops = {name: width for name, width in svg_widths(output).items() if is_loop(name)}
    assert loops
    steps = shares(of("SP"), "embedding")
    for name, width in loops.items():
        assert 0 < width <= FULL * steps[name.replace("attention", "step")] + 1e-6


def test_by_role_sentences_of_different_lengths_lie_over_each_other(influence, stored, tmp_path):
    longer = [_with_adverb(result) if index % 2 else result for index, result in enumerate(of("SP"))]
    output = tmp_path / "figure.svg"
    run = stored(longer)
    command = ("plot", "aggregated", run, "--task", "sva-obj", "--level", "embedding", "-o", output)
    assert influence(*command, "--align", "role").code == 0
    by_role = svg_widths(output)
    expected = shares(of("SP"), "embedding")
    name = "SP/2/7>7/step/positive"
    assert by_role["SP/2/target>target/step/positive"] == pytest.approx(FULL * expected[name], abs=1e-5)
    assert influence(*command).code == 0
    assert svg_widths(output)[name] < by_role["SP/2/target>target/step/positive"]


def _with_adverb(result: InstanceResult) -> InstanceResult:
    """The result with one more word before the target, which no path visits."""

    def moved(position: int) -> int:
        return position + (position >= result.target)

    words = tuple(
        replace(word, position=moved(word.position), path=tuple(map(moved, word.path))) for word in result.words
    )
    at = result.target
    tokens = (*result.tokens[:at], "often", *result.tokens[at:])
    return replace(
        result, words=words, tokens=tokens, target=at + 1, roles=(*ROLES[:at], "adverb", *ROLES[at:]), edges=None
    )


def test_a_difference_is_the_difference_of_shares(influence, run, tmp_path):
    output = tmp_path / "figure.svg"
    command = ("plot", "difference", run, "--task", "sva-obj", "--case", "SP", "--against", "SS")
    assert influence(*command, "--level", "embedding", "-o", output).code == 0
    one = {name.removeprefix("SP/"): share for name, share in shares(of("SP"), "embedding").items()}
    other = {name.removeprefix("SS/"): share for name, share in shares(of("SS"), "embedding").items()}
    differences = {name: abs(one.get(name, 0) - other.get(name, 0)) for name in {*one, *other}}
    differences = {name: share for name, share in differences.items() if share > 1e-9}
    full = min(full for full in (1, 0.5, 0.2) if full >= max(differences.values()))
    widths = {name.split("/", 1)[1]: width for name, width in svg_widths(output).items()}
    assert widths == pytest.approx({name: FULL * share / full for name, share in differences.items()}, abs=1e-5)


@pytest.mark.parametrize(
    ("extension", "command"),
    [
        (".svg", ("aggregated", "--task", "sva-obj")),
        (".pdf", ("difference", "--task", "sva-obj", "--case", "SP", "--against", "SS", "--align", "role")),
        (".png", ("entropy",)),
        (".svg", ("attractors", "--task", "sva-obj", "--align", "role")),
    ],
)
def test_every_figure_tells_where_it_is_from_and_is_the_same_twice(influence, run, tmp_path, command, extension):
    kind, *options = command
    files = [tmp_path / f"{name}{extension}" for name in ("first", "second")]
    for file in files:
        ended = influence("plot", kind, run, *options, "-o", file)
        assert ended.code == 0, ended.err
    first, second = (file.read_bytes() for file in files)
    assert first == second
    (known,) = (
        known for known in map(json.loads, influence("runs", "--json").out.splitlines()) if known["name"] == run
    )
    for fact in (known["id"], run, known["model"], "versions"):
        assert fact.encode() in first


@pytest.mark.here
def test_the_spearman_correlation_is_in_the_title_where_there_is_one(influence, stored, tmp_path, monkeypatch):
    from service import figures

    titles = []
    monkeypatch.setattr(figures, "write", lambda figure, *_: titles.append(figure.axes[0].texts[0].get_text()))
    for results in (RESULTS, of("SP")):
        assert influence("plot", "entropy", stored(results), "-o", tmp_path / "figure.svg").code == 0
    assert titles[0].startswith("Pattern entropy and accuracy (Spearman ")
    assert titles[1] == "Pattern entropy and accuracy"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("aggregated", "RUN", "--task", "sva-ob"), "the run has no task named 'sva-ob'. Did you mean 'sva-obj'?"),
        (("aggregated", "RUN", "--task", "sva-obj", "--case", "SPP"), "Did you mean 'SP'?"),
        (("attractors", "RUN", "--task", "sva"), "the run has no task named 'sva'."),
        (
            ("difference", "RUN", "--task", "sva-obj", "--case", "SP", "--against", "SSS"),
            "the run has no case named 'SSS'. Did you mean 'SS'?",
        ),
        (
            ("difference", "RUN", "--task", "sva-obj", "--case", "SP", "--against", "SP"),
            "--against: it is SP, like the first case",
        ),
        (("entropy", "no-such-run"), "there is no run 'no-such-run'"),
    ],
)
def test_what_cannot_be_drawn(influence, run, tmp_path, arguments, message):
    given = [run if argument == "RUN" else argument for argument in arguments]
    ended = influence("plot", *given, "-o", tmp_path / "figure.svg")
    assert ended.code == 2
    assert message in ended.err
    assert not (tmp_path / "figure.svg").exists()


def test_a_run_without_roles_cannot_be_aligned_by_role(influence, stored, tmp_path):
    run = stored([replace(result, roles=None) for result in of("SP")])
    command = ("plot", "aggregated", run, "--task", "sva-obj", "-o", tmp_path / "figure.svg")
    ended = influence(*command, "--align", "role")
    assert ended.code == 2 and "Align by position." in ended.err
    assert influence(*command).code == 0


def test_a_name_of_no_figure_is_refused_before_the_graph_is_asked(influence, tmp_path):
    ended = influence("plot", "entropy", "demo", "-o", tmp_path / "figure.gif")
    assert ended.code == 2 and "End it with one of .svg, .pdf, .png" in ended.err
