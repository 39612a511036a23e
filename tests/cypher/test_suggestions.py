"""What is suggested for a name that is not known."""

import pytest

from cypher.suggestions import did_you_mean

REPORTS = ("accuracy", "entropy-correlation", "node-entropy", "pattern-entropy", "skip-share")


@pytest.mark.parametrize(
    ("wanted", "known", "meant"),
    [
        ("sp", ("SS", "SP"), "'SP'"),
        ("DEMO", ("demo", "demo-2"), "'demo'"),
        ("SVA-OBJ", ("sva-obj", "sva-subj"), "'sva-obj'"),
        ("skip", REPORTS, "'skip-share'"),
        ("share", REPORTS, "'skip-share'"),
        ("entropy", REPORTS, "'entropy-correlation' or 'node-entropy' or 'pattern-entropy'"),
        ("Acuracy", REPORTS, "'accuracy'"),
        ("run-1", tuple(f"run-1{digit}" for digit in range(9)), "'run-10' or 'run-11' or 'run-12'"),
        ("a(b", ("a(b)",), "'a(b)'"),
    ],
)
def test_the_nearest_are_named(wanted, known, meant):
    assert did_you_mean(wanted, known) == f"Did you mean {meant}? "


@pytest.mark.parametrize("wanted", ["hare", "xyz"])
def test_where_none_is_near_nothing_is_said(wanted):
    assert did_you_mean(wanted, REPORTS) == ""
