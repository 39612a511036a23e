"""Settings are checked when they are made, and are plain JSON."""

import json
from typing import Any

import pytest

from workers import BadInput, Settings
from workers.jobs.inputs import run_settings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"samples": 0}, "samples: 0 is too few for trapezoid sampling. Use 2 or more."),
        ({"samples": 1}, "samples: 1 is too few"),
        ({"samples": 0, "sampling": "gauss-legendre"}, "samples: 0 is too few for gauss-legendre sampling. Use 1"),
        ({"sampling": "simpson"}, "sampling: 'simpson' is not known. Use trapezoid, paper or gauss-legendre."),
        ({"beam": 0}, "beam: 0 is not a width"),
        ({"refine": "both"}, "refine: 'both' is not known. Use sequential or independent."),
        ({"edges": "top:0"}, "edges: 'top:0' is not a selection"),
        ({"edges": "mass:1.5"}, "edges: 'mass:1.5' is not a selection"),
        ({"edges": "mass:0.0"}, "edges: 'mass:0.0' is not a selection"),
        ({"edges": "some"}, "Use none, all, top:K (K from 1) or mass:F (F above 0, up to 1)."),
        ({"sources": ()}, "sources: () are not token positions"),
        ({"sources": (-1,)}, "Name positions from 0 up."),
        ({"sources": (2, 2)}, "sources: (2, 2) names a position twice"),
        (
            {"methods": ("rollout",)},
            "methods: 'rollout' is not known. Choose among attention, attention_raw, conductance",
        ),
        ({"methods": ("random", "random")}, "methods: random, random names one twice. Name each method once."),
    ],
)
def test_bad_settings(values: dict[str, Any], message: str):
    with pytest.raises(BadInput) as error:
        Settings(**values)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("edges", "selection"),
    [
        ("none", ("none", 0)),
        ("all", ("all", 0)),
        ("top:7", ("top", 7)),
        ("mass:0.95", ("mass", 0.95)),
        ("mass:1", ("mass", 1)),
    ],
)
def test_edge_selections(edges: str, selection: tuple[str, float]):
    assert Settings(edges=edges).edge_selection() == selection


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


@pytest.mark.parametrize("settings", [Settings(), Settings(sources=(3, 1), methods=("random", "internal"), beam=2)])
def test_a_run_keeps_its_settings(settings: Settings):
    assert (
        run_settings(json.dumps(settings.to_dict() | {"dtype": "float32", "question": "logit_difference"})) == settings
    )
