"""Two runs beside each other: what differs between them, a report of both, and the difference."""

import json
import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.service.web.conftest import NARROW, WIDE, address, overflow, serious


@pytest.fixture(scope="module", autouse=True)
def other(demo_run, service):
    """A run of half of the demo's sentences, by another version."""
    rows = [json.loads(line) for line in demo_run.results.read_text().splitlines()]
    rows = [row | {"versions": {"influence-graph": "0.0.9"}} for row in rows if row["task"] == "sva-obj"]
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    stored = httpx.post(f"{service}/v1/runs", files={"file": text}, data={"name": "other"}, timeout=120)
    assert stored.status_code < 300, stored.text
    yield
    httpx.delete(f"{service}/v1/runs/other", timeout=120).raise_for_status()


BOTH = "/compare?a=demo&b=other&report=accuracy&task=sva-obj"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_it_can_be_used_by_everyone(open_page, size, theme):
    page = open_page(BOTH, size=size, theme=theme)
    expect(page.get_by_role("region", name="Table")).to_have_count(3)
    page.wait_for_load_state("networkidle")
    assert serious(page) == []
    assert overflow(page) == 0


def test_two_runs_are_chosen_and_their_differences_told(open_page):
    page = open_page("/compare")
    expect(page.get_by_text("Choose two runs")).to_be_visible()
    page.get_by_label("First run").select_option("demo")
    page.get_by_label("Second run").select_option("other")
    expect(page).to_have_url(re.compile("a=demo&b=other"))
    told = page.get_by_role("region", name="Differences").get_by_role("row")
    expect(told.filter(has_text="Sentences")).to_have_text(re.compile("Sentences.*240.*120"))
    expect(told.filter(has_text="Version of influence-graph")).to_contain_text("0.0.9")
    expect(page.get_by_text("120 sentences are in both, 120 only in demo, 0 only in other.")).to_be_visible()
    same = open_page(address(page))
    expect(same.get_by_label("Second run")).to_have_value("other")
    page.get_by_role("button", name="Swap").click()
    expect(page).to_have_url(re.compile("a=other&b=demo"))


def test_a_report_of_both_and_the_difference(open_page):
    page = open_page(BOTH)
    for name in ("demo", "other"):
        side = page.get_by_role("article", name=name)
        expect(side.get_by_role("region", name=f"Accuracy by case, {name}").get_by_role("row")).to_have_count(5)
    difference = page.get_by_role("article", name="Difference")
    rows = difference.get_by_role("region", name=re.compile("demo − other")).get_by_role("row")
    expect(rows).to_have_count(1 + 4 * 2)
    # The sentences of the task are the same: there is no difference, and no doubt about it.
    expect(rows.nth(1).get_by_role("cell").nth(5)).to_have_text("0")
    page.get_by_role("link", name="Heads").click()
    expect(difference.get_by_role("application")).to_have_count(4)
    assert "report=heads" in address(page) and "task=sva-obj" in address(page)


def test_what_goes_wrong_is_said(open_page):
    page = open_page("/compare?a=demo&b=nowhere")
    expect(page.get_by_role("alert")).to_contain_text("there is no run 'nowhere'")
    page = open_page("/compare?a=demo&b=other&report=accuracy&task=ra-na")
    expect(page.get_by_role("alert").first).to_contain_text("no task named 'ra-na'")
    expect(page.get_by_role("article", name="demo").get_by_role("region", name="Table")).to_be_visible()
