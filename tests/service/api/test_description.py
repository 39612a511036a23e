"""The committed description of the API is that of the code."""

from pathlib import Path

from service.api.describe import description

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.json"


def test_the_committed_description_is_up_to_date():
    assert COMMITTED.read_text() == description(), "run `make openapi`"
