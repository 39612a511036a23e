"""Ranges that are too long to be a list are seen where their bounds are written or given."""

import pytest

from cypher.queries.ranges import LONGEST, Range, long_ranges


@pytest.mark.parametrize(
    ("text", "parameters", "size"),
    [
        ("WITH range(1,100000000) AS a RETURN [x IN a | x * 2]", {}, 10**8),
        ("RETURN range(0, 100000000, 10)", {}, 10**7 + 1),
        ("RETURN RANGE ( 5000000 , -5000000 , -2 )", {}, 5_000_001),
        ("RETURN range(0, $n)", {"n": 10**9}, 10**9 + 1),
        ("RETURN range($from, 0, $step)", {"from": -(10**8), "step": 5}, 20_000_001),
        ("RETURN range(1, 0xFFFFFFF) // it is long", {}, 0xFFFFFFF),
        ("RETURN size(range(1, 9223372036854775807))", {}, 2**63 - 1),
        ("UNWIND [1] AS x RETURN range(x, 3), range(1, /* many */ 100000000)", {}, 10**8),
    ],
)
def test_what_is_too_long(text, parameters, size):
    (found,) = long_ranges(text, parameters)
    assert found.size == size > LONGEST


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        (f"RETURN range(1, {LONGEST})", {}),
        ("UNWIND range(1, 100000000000) AS x RETURN count(x)", {}),
        ("unwind /* one by one */ range(1, 100000000) AS x RETURN x", {}),
        ("RETURN 'range(1, 100000000)', \"it's range(1, 100000000)\" AS `range(1, 100000000)`", {}),
        ("RETURN 1 // range(1, 100000000)", {}),
        ("RETURN 'it\\'s' /* range(1, 100000000) */", {}),
        ("RETURN range(100000000, 1)", {}),
        ("RETURN range(1, 100000000, -1)", {}),
        ("RETURN range(1, 10, 0)", {}),
        ("MATCH (n) RETURN range(1, n.size)", {}),
        ("RETURN range(1, 2 + 100000000)", {}),  # what is computed is not seen
        ("RETURN range(1, $n)", {"n": "many"}),
        ("RETURN range(1, $n)", {}),
        ("RETURN range(1", {}),
        ("RETURN range(", {}),
        ("range", {}),
        ("", {}),
    ],
)
def test_what_is_not(text, parameters):
    assert list(long_ranges(text, parameters)) == []


def test_it_is_told_as_it_is_written():
    assert list(long_ranges("RETURN range(1,\n  100000000)", {})) == [Range("range(1, 100000000)", 10**8)]
