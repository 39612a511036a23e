"""What others may ask for, as the environment says."""

import pytest

from cypher.errors import InvalidInput, TooLarge
from service.operations.limits import Limits, read_limits
from workers.datasets.instance import Instance


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("MODELS", "bundled", "INFLUENCE_API_MODELS"),
        ("MODELS", '{"a": 1}', "models"),
        ("SENTENCES", "many", "sentences"),
        ("QUERY_SECONDS", "0", "query_seconds"),
    ],
)
def test_a_variable_that_cannot_be_is_named(monkeypatch, name, value, field):
    monkeypatch.setenv(f"INFLUENCE_API_{name}", value)
    with pytest.raises(InvalidInput) as error:
        read_limits(Limits)
    assert error.value.field == field and error.value.fix


def test_models_by_name_and_by_folder(tmp_path):
    limits = Limits(models=("bundled", str(tmp_path / "models")))
    assert limits.allows_model("bundled") and limits.allows_model(str(tmp_path / "models" / "a"))
    for name in (str(tmp_path), f"{tmp_path}/models/../other", "models/a", "/x\0y", "other", ""):
        assert not limits.allows_model(name), name
    with pytest.raises(InvalidInput, match="'mine' is not among the models"):
        limits.check_model("/somebody's/folder/mine", "mine")


def test_a_job_s_sentences_are_counted_as_they_come():
    limits, one = Limits(sentences=2), Instance("a", "x", "y", "z")
    assert list(limits.within_size(iter([one, one]))) == [one, one]
    with pytest.raises(TooLarge, match="more than the 2 sentences"):
        list(limits.within_size(iter([one] * 3)))
