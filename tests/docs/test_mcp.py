"""docs/mcp.md: its table lists the tools that there are, its session has the answers that it shows."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from service.mcp.server import DEFINITIONS
from service.mcp.tools.jobs import INLINE, LONGEST
from tests.service.api.conftest import environment  # noqa: F401 - a fixture
from tests.service.mcp.conftest import http_agent  # noqa: F401 - a fixture
from tests.workers.jobs.conftest import jobs  # noqa: F401 - a fixture

PAGE = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text()
CALLS = re.findall(r"^```text\n(\w+) ([^\n]*)\n```\n\n```json\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_the_table_lists_every_tool_with_its_scope():
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| .+ \|$", PAGE, flags=re.MULTILINE)
    assert rows == [(name, each.scope) for name, each in DEFINITIONS.items()]
    assert f"up to {INLINE:,} sentences" in PAGE and f"up to {LONGEST} seconds" in PAGE


def test_what_changes_something_is_told():
    (told,) = re.findall(r"change anything: only (.*?) do,", PAGE, flags=re.DOTALL)
    assert re.findall(r"`(\w+)`", told) == [name for name, each in DEFINITIONS.items() if each.changes != "nothing"]


def test_what_agents_are_configured_with_is_json():
    configured = [json.loads(each) for each in re.findall(r'^```json\n(\{"mcpServers".*?)^```$', PAGE, re.M | re.S)]
    assert configured[0] == {"mcpServers": {"influence": {"command": "influence", "args": ["mcp"]}}}
    assert configured[1]["mcpServers"]["influence"]["url"].endswith("/mcp")


def near(value: Any) -> Any:
    """The value, its numbers as near as other machines come."""
    match value:
        case float():
            return pytest.approx(value, rel=2e-3, abs=2e-3)
        case list():
            return [near(each) for each in value]
        case dict():
            return {name: near(each) for name, each in value.items()}
        case _:
            return value


@pytest.mark.parametrize(("tool", "arguments", "answer"), CALLS, ids=[f"{call[0]} {i}" for i, call in enumerate(CALLS)])
def test_the_session_has_the_answers_that_it_shows(request, http_agent, demo_run, tool, arguments, answer):  # noqa: F811
    if tool == "ablate_patterns":
        request.getfixturevalue("jobs").worker()
    shown = json.loads(answer)
    given = http_agent.call(tool, **json.loads(arguments))
    assert given.is_error == ("code" in shown)
    structure = given.structured_content or {}
    assert {name: structure[name] for name in shown} == near(shown)


def test_the_session_is_whole():
    assert len(CALLS) == 6 == PAGE.count("```text")
