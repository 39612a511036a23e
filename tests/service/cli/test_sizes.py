"""Amounts of memory as people write them."""

import pytest

from cypher.errors import InvalidInput
from service.cli.sizes import parse_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2GB", 2_000_000_000),
        ("500MB", 500_000_000),
        ("1.5GiB", 1_610_612_736),
        ("2 gb", 2_000_000_000),
        ("4096", 4096),
    ],
)
def test_sizes_are_read(text, size):
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "much", "-2GB", "0GB", "2XB", "nanGB"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(InvalidInput, match="is not an amount of memory"):
        parse_bytes(text)
