"""Values that a query's parameters can have."""

from datetime import date, datetime, timedelta

import neo4j.time
import numpy as np
import pytest

from cypher.errors import InvalidInput
from service.operations.queries import check_parameter


def nested(depth: int) -> object:
    return [nested(depth - 1)] if depth else 1


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (2**63, "x is beyond the 64 bits"),
        ([1, [2, 2**64]], "x is beyond the 64 bits"),
        (nested(51), "deeper than 50"),
        ("half \ud83d", r"x holds \ud83d, which is half of a character"),
        (["\udcff"], r"x holds \udcff"),
        ({"a\udc00": 1}, r"a name in x holds \udc00"),
        ({1: 2}, "x has 1 as a name, which is no text"),
        ({"a": {1, 2}}, "x is a set, which is no value of Neo4j's"),
        (object(), "x is a object, which"),
    ],
)
def test_what_neo4j_cannot_take(value, problem):
    with pytest.raises(InvalidInput) as raised:
        check_parameter("x", value)
    assert problem in raised.value.problem


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, -(2**63), 1.5, float("nan"), "text ☃", b"\xff", bytearray(b"x"), (1, "a"), {"a": [{"b": 1}]}),
        *(date(2026, 1, 2), datetime(2026, 1, 2), timedelta(1), neo4j.time.Date(2026, 1, 2), np.float32(1.5)),
    ],
)
def test_what_it_takes(value):
    check_parameter("x", value)
