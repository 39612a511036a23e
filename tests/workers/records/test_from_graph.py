"""Results come back out of the records as they went in."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.service.made_up import SENTENCE, make_result
from workers.analysis.assemble import select_edges
from workers.analysis.results import InstanceResult
from workers.analysis.settings import Settings
from workers.influence.baselines.methods import METHODS
from workers.records.from_graph import restore
from workers.records.to_graph import describe_run, to_record

LAYERS, HEADS, TARGET = 3, 2, 7


@st.composite
def results(draw: st.DrawFn):
    """Results as the engine gives them: edges selected by its own code, ties and zeros among them."""
    seed = draw(st.integers(0, 10_000))
    random = np.random.default_rng(seed)
    length = draw(st.integers(TARGET + 1, len(SENTENCE)))
    asked = st.none() | st.lists(st.integers(0, TARGET - 1), min_size=1, unique=True).map(tuple)
    settings = Settings(
        sampling=draw(st.sampled_from((None, "adaptive"))),
        edges=draw(st.sampled_from(("none", "top:9", "mass:0.9", "all"))),
        sources=draw(asked),
        methods=tuple(draw(st.lists(st.sampled_from(sorted(METHODS)), unique=True))),
    )
    result = make_result(
        SENTENCE[:length],
        name=draw(st.text(min_size=1)),
        target=TARGET,
        layers=LAYERS,
        heads=HEADS,
        settings=settings,
        completeness_error=draw(st.sampled_from((1.3e-4, None))),
        sampling_error=draw(st.sampled_from((0.0, 2.1e-3, 0.3))),
        seed=seed,
    )
    digits = draw(st.sampled_from((0, 1, 16)))  # the fewer, the more ties
    heads = np.round(random.normal(size=(LAYERS, HEADS, length, length)), digits)
    skip = np.round(random.normal(size=(LAYERS, length)), digits)
    kept = None if settings.edges == "none" else select_edges(heads, skip, TARGET, settings)
    words = result.words if settings.sources is None else tuple(result.words[source] for source in settings.sources)
    return replace(
        result,
        task=draw(st.text()),
        case=draw(st.text()),
        roles=tuple(draw(st.text()) for _ in range(length)) if draw(st.booleans()) else None,
        texts=tuple(draw(st.text()) for _ in range(length)) if draw(st.booleans()) else None,
        versions=draw(st.sampled_from(({}, {"torch": "2"}, {"torch": "1", "influence-graph": "3"}))),
        words=words,
        patterns=tuple(
            pattern
            for method in settings.methods
            for level in METHODS[method]
            for word in words
            for pattern in result.patterns
            if (pattern.method, pattern.level, pattern.position) == (method, level, word.position)
        ),
        edges=kept,
    )


@given(results(), st.dictionaries(st.text(), st.text()))
def test_a_record_gives_its_result_back_to_the_byte(result: InstanceResult, versions: dict[str, str]):
    run = describe_run(result.model, result.settings, versions, "run")
    record = to_record(run, result)
    again = restore(
        record, task=result.task, case=result.case, model=run.model, settings=result.settings, versions=versions
    )
    assert again == result
    assert again.to_json() == result.to_json()


def test_no_edges_kept_and_none_found_are_different():
    result = make_result()
    run = describe_run(result.model, result.settings, result.versions, "run")
    heads, skip = np.zeros((6, 8, 11, 11)), np.zeros((6, 11))
    none_found = replace(result, edges=select_edges(heads, skip, 7, Settings(edges="top:1")).of([]))
    for one in (result, none_found):
        again = restore(
            to_record(run, one), task="", case="", model=run.model, settings=one.settings, versions=one.versions
        )
        assert again.edges == one.edges
