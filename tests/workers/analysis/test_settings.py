"""Settings are checked when they are made, and are plain JSON."""

import json
from dataclasses import replace
from typing import Any

import pytest
import torch

from cypher.errors import InvalidInput
from workers.analysis.settings import Settings
from workers.influence.quadrature import first_points
from workers.influence.selection import Selection
from workers.influence.tolerance import POINTS
from workers.jobs.inputs import run_settings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"samples": 0}, "samples: 0 is too few for trapezoid sampling. Use 2 or more."),
        ({"samples": 1}, "samples: 1 is too few"),
        ({"samples": 0, "sampling": "gauss-legendre"}, "samples: 0 is too few for gauss-legendre sampling. Use 1"),
        (
            {"sampling": "simpson"},
            "sampling: 'simpson' is not known. Use adaptive, trapezoid, paper or gauss-legendre.",
        ),
        ({"sampling": "adaptive", "samples": 16}, "samples: 16 is too few for adaptive sampling. Use 17 or more."),
        (
            {"sampling": "adaptive", "tolerance": 0},
            "tolerance: 0 is not a share. Use a number from 0 to 1, such as 0.01.",
        ),
        ({"sampling": "adaptive", "tolerance": 1.0}, "tolerance: 1.0 is not a share"),
        ({"sampling": "adaptive", "tolerance": float("nan")}, "tolerance: nan is not a share"),
        (
            {"sampling": "paper", "tolerance": 0.01},
            "tolerance: it is of adaptive sampling, and the sampling is paper. Leave it out, or use sampling adaptive.",
        ),
        (
            {"distribution": "gaussian:0.1", "tolerance": 0.01},
            "tolerance: it is of adaptive sampling, and the distribution is gaussian:0.1. Leave it out",
        ),
        (
            {"distribution": "uniform:0.1", "sampling": "adaptive"},
            "sampling: adaptive is of the line, and the distribution is uniform:0.1. Leave it out, or use distribution",
        ),
        ({"beam": 0}, "beam: 0 is not a width"),
        ({"refine": "both"}, "refine: 'both' is not known. Use sequential or independent."),
        ({"edges": "top:0"}, "edges: 'top:0' is not a selection"),
        ({"edges": "mass:1.5"}, "edges: 'mass:1.5' is not a selection"),
        ({"edges": "mass:0.0"}, "edges: 'mass:0.0' is not a selection"),
        ({"edges": "some"}, "Use none, all, top:K (K from 1) or mass:F (F above 0, up to 1)."),
        ({"words": "none"}, "words: 'none' is not a selection. Use all, top:K (K from 1) or mass:F"),
        ({"sources": ()}, "sources: () are not token positions"),
        ({"sources": (-1,)}, "Name positions from 0 up."),
        ({"sources": (2, 2)}, "sources: (2, 2) names a position twice"),
        (
            {"methods": ("rollout",)},
            "methods: 'rollout' is not known. Choose among attention, attention_raw, conductance",
        ),
        ({"methods": ("Random",)}, "methods: 'Random' is not known. Did you mean 'random'? Choose among"),
        ({"distribution": "gaussian"}, "distribution: 'gaussian' is not known. Use line, point:ALPHA (from 0, the"),
        ({"distribution": "gaussian:0"}, "distribution: 'gaussian:0' is not known"),
        ({"distribution": "uniform:-1"}, "gaussian:SCALE or uniform:SCALE (above 0, such as gaussian:0.1)."),
        ({"distribution": "point:1.5"}, "distribution: 'point:1.5' is not known"),
        ({"distribution": "point:."}, "distribution: 'point:.' is not known"),
        ({"distribution": "line:1"}, "distribution: 'line:1' is not known"),
        (
            {"distribution": "uniform:0.1", "sampling": "paper"},
            "sampling: paper is of the line, and the distribution is uniform:0.1. Leave it out, or use distribution",
        ),
        ({"distribution": "point:1", "samples": 9}, "samples: 9 are too many for a single point. Leave it out."),
        (
            {"distribution": "gaussian:0.1", "samples": 0},
            "samples: 0 is too few for a gaussian distribution. Use 1 or more.",
        ),
        (
            {"baseline": "pad"},
            "baseline: 'pad' is not known. Use mask, zero, counterfactual or token:TOKEN, such as token:[PAD].",
        ),
        ({"baseline": "token:"}, "baseline: 'token:' is not known"),
        ({"methods": ("random", "random")}, "methods: random, random names one twice. Name each method once."),
    ],
)
def test_bad_settings(values: dict[str, Any], message: str):
    with pytest.raises(InvalidInput) as error:
        Settings(**values)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("edges", "selection"),
    [
        ("none", ("none", 0.0)),
        ("all", ("all", 0.0)),
        ("top:7", ("top", 7.0)),
        ("mass:0.95", ("mass", 0.95)),
        ("mass:1", ("mass", 1.0)),
    ],
)
def test_selections(edges: str, selection: tuple[str, float]):
    assert Settings(edges=edges).edge_selection() == Selection(*selection)  # pyright: ignore[reportArgumentType]
    if edges != "none":
        assert Settings(words=edges).word_selection() == Settings(edges=edges).edge_selection()


@pytest.mark.parametrize(
    ("distribution", "parsed", "points"),
    [
        ("line", ("line", 0), 9),
        ("gaussian:0.25", ("gaussian", 0.25), 9),
        ("uniform:2", ("uniform", 2), 9),
        ("gaussian:.5", ("gaussian", 0.5), 9),
    ],
)
def test_distributions(distribution: str, parsed: tuple[str, float], points: int):
    settings = Settings(distribution=distribution, samples=9)
    assert (settings.distribution_of_interest(), settings.points) == (parsed, points)


@pytest.mark.parametrize("alpha", [0, 0.5, 1])
def test_a_point_is_one_sample(alpha: float):
    settings = Settings(distribution=f"point:{alpha}")
    assert (settings.distribution_of_interest(), settings.points) == (("point", alpha), 1)


def test_defaults_are_written_as_they_were_before_there_was_anything_else():
    assert json.dumps(Settings().to_dict()) == json.dumps(
        {"sampling": "trapezoid", "samples": 32, "beam": 1, "refine": "sequential", "edges": "top:200", "sources": None}
    )


def test_what_can_change_no_number_is_not_written():
    around, point = Settings(distribution="gaussian:0.1", baseline="zero"), Settings(distribution="point:1")
    rest = {"beam": 1, "refine": "sequential", "edges": "top:200", "sources": None}
    assert around.to_dict() == {"samples": 32, **rest, "distribution": "gaussian:0.1", "baseline": "zero"}
    assert point.to_dict() == {**rest, "distribution": "point:1"}


def test_adaptive_sampling_has_points_at_most_and_a_tolerance():
    settings = Settings(sampling="adaptive")
    rest = {"beam": 1, "refine": "sequential", "edges": "top:200", "sources": None}
    assert settings.to_dict() == {"sampling": "adaptive", "samples": 512, **rest, "tolerance": 0.01}
    assert (settings.points, settings.error, settings.usual_points) == (512, 0.01, 32)
    fewer = Settings(sampling="adaptive", samples=20, tolerance=0.1)
    assert (fewer.points, fewer.error, fewer.usual_points) == (20, 0.1, 20)
    assert Settings(sampling="paper").error is None


def test_settings_are_equal_where_they_give_the_same_numbers():
    assert Settings() == Settings(sampling="trapezoid", samples=32)
    assert hash(Settings()) == hash(Settings(sampling="trapezoid", samples=32))
    assert Settings(sampling="adaptive") == Settings(sampling="adaptive", samples=512, tolerance=0.01)
    assert Settings(sampling="adaptive") != Settings(sampling="adaptive", tolerance=0.02)
    assert replace(Settings(sampling="adaptive"), sampling="paper") == Settings(sampling="paper", samples=32)


def test_a_sentence_begins_with_as_many_points_as_settings_ask_for():
    assert first_points(torch.zeros(1)).shape == (1, POINTS)


def test_plain_json():
    settings = Settings(sampling="paper", samples=50, beam=2, refine="independent", edges="all", sources=(1, 2))
    assert json.loads(json.dumps(settings.to_dict())) == {
        "sampling": "paper",
        "samples": 50,
        "beam": 2,
        "refine": "independent",
        "edges": "all",
        "sources": [1, 2],
    }
    assert Settings().to_dict()["sources"] is None
    assert Settings(methods=("random", "attention")).to_dict()["methods"] == ["random", "attention"]


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(sources=(3, 1), methods=("random", "internal"), beam=2),
        Settings(distribution="uniform:0.5", samples=7, baseline="token:[PAD]"),
        Settings(distribution="point:0.5", baseline="zero"),
        Settings(sampling="adaptive", samples=100, tolerance=0.005),
    ],
)
def test_a_run_keeps_its_settings(settings: Settings):
    assert (
        run_settings(json.dumps(settings.to_dict() | {"dtype": "float32", "question": "logit_difference"})) == settings
    )
