"""The reports of a run: charts beside tables, what they are about chosen once, two sides, and what goes wrong."""

import io
import json
import re

import httpx
import pytest
from playwright.sync_api import Page, expect
from pyarrow import parquet

from tests.service.web.conftest import NARROW, WIDE, address, overflow, serious

REPORTS = "/runs/demo/reports"
SP = "task=sva-obj&case=SP"


@pytest.fixture(autouse=True)
def run(demo_run):
    return demo_run


def drawn(page: Page) -> None:
    """Until a report's answer is there."""
    expect(page.get_by_role("region", name="Table")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("report", ["pattern-entropy", "heads", "flow-frequency"])
def test_they_can_be_used_by_everyone(open_page, report, size, theme):
    page = open_page(f"{REPORTS}?report={report}&{SP}", size=size, theme=theme)
    drawn(page)
    expect(page.get_by_role("button", name="Save the chart as SVG")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert serious(page) == []
    assert overflow(page) == 0


def test_every_report_is_there_and_is_shown(open_page, service):
    reports = httpx.get(f"{service}/v1/reports").json()
    page = open_page(f"{REPORTS}?{SP}")
    links = page.get_by_role("navigation", name="Reports").get_by_role("link")
    expect(links).to_have_count(len(reports))
    for report in reports:
        page.get_by_role("navigation", name="Reports").locator(
            f"a[href*='report={report['name']}&'], a[href$='report={report['name']}']"
        ).click()
        expect(page).to_have_url(re.compile(f"report={report['name']}"))
        expect(page.get_by_text(report["summary"][1:]).first).to_be_visible()
        drawn(page)


def test_what_reports_are_about_is_chosen_once_and_kept_in_the_address(open_page):
    page = open_page(REPORTS)
    page.get_by_label("Task").select_option("sva-obj")
    page.get_by_role("combobox", name="Case", exact=True).select_option("SP")
    page.get_by_role("link", name="Attractors").click()
    page.get_by_label("Align by").select_option("role")
    page.get_by_label("Level of patterns").select_option("embedding")
    table = page.get_by_role("region", name=re.compile("Attractors, demo"))
    expect(table.get_by_role("row")).to_have_count(11)
    expect(table.get_by_role("cell", name="embedded-verb").first).to_be_visible()
    for part in ("report=attractors", "task=sva-obj", "case=SP", "align=role", "level=embedding"):
        assert part in address(page)
    same = open_page(address(page))
    expect(same.get_by_role("combobox", name="Case", exact=True)).to_have_value("SP")
    expect(same.get_by_role("region", name=re.compile("Attractors, demo")).get_by_role("row")).to_have_count(11)
    page.go_back()
    expect(page.get_by_label("Level of patterns")).to_have_value("")


def test_columns_are_defined_where_they_are(open_page):
    page = open_page(f"{REPORTS}?report=heads&{SP}")
    page.get_by_role("button", name="pattern share").hover()
    expect(page.get_by_role("tooltip")).to_contain_text("of all these patterns")


def test_the_map_of_heads_is_read_by_keyboard(open_page, service):
    page = open_page(f"{REPORTS}?report=heads&{SP}")
    grid = page.get_by_role("application", name=re.compile("Head ranking"))
    grid.locator("[tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowUp", *["ArrowRight"] * 5):
        page.keyboard.press(key)
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    answer = httpx.get(f"{service}/v1/runs/demo/reports/heads?{SP}").json()
    share = next(row[3] for row in answer["values"] if row[:2] == [5, 4])
    assert re.fullmatch(r"layer 5, h4: [\d.]+", focused)
    assert float(focused.rpartition(" ")[2]) == pytest.approx(share, rel=0.01)
    page.get_by_label("Shown").select_option("influence")
    expect(page).to_have_url(re.compile("shown=influence"))


def test_bars_say_what_they_are_under_the_pointer(open_page):
    page = open_page(f"{REPORTS}?report=flow-frequency&{SP}")
    page.locator(".recharts-bar-rectangle").first.hover()
    expect(page.locator(".recharts-tooltip-wrapper")).to_contain_text("positive words: 0.933 (0.787 to 0.982)")


def test_tables_and_charts_are_saved(open_page):
    page = open_page(f"{REPORTS}?report=flow-frequency&{SP}")
    drawn(page)
    saved = {}
    for form in ("CSV", "JSON", "Parquet", "Arrow"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"Download the table as {form}").click()
        saved[form] = waiting.value.path().read_bytes()
    rows = json.loads(saved["JSON"])["values"]
    assert parquet.read_table(io.BytesIO(saved["Parquet"])).num_rows == len(rows) == saved["CSV"].count(b"\n") - 1
    assert saved["Arrow"].startswith(b"ARROW1")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the chart as SVG").click()
    picture = waiting.value.path().read_text()
    assert picture.startswith("<svg") and "var(" not in picture and "share of sentences" in picture
    assert "rgb(" in picture and picture.count("<path") > 10
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the chart as PNG").click()
    assert waiting.value.path().read_bytes().startswith(b"\x89PNG")
    assert waiting.value.suggested_filename == "flow-frequency-demo.png"


def test_the_request_and_the_cypher_give_the_same(open_page, service):
    page = open_page(f"{REPORTS}?report=heads&{SP}&rows=7")
    page.get_by_text("The request that gives this").click()
    command = page.locator("pre", has_text="curl").inner_text()
    answer = httpx.get(command.removeprefix("curl '").removesuffix("'")).json()
    assert len(answer["values"]) == 7 and answer["cut"]
    expect(page.get_by_text("The service has more rows")).to_be_visible()
    page.get_by_text("The Cypher that gives this").click()
    text = page.locator("pre", has_text=":param").inner_text()
    assert f"run: '{answer['run']}', task: 'sva-obj', case: 'SP', method: 'gpr'" in text and "RETURN" in text


def test_another_case_is_compared(open_page, service):
    page = open_page(f"{REPORTS}?report=heads&{SP}")
    page.get_by_label("Compare with case").select_option("SS")
    expect(page.get_by_role("heading", name="Compared: demo SP − demo SS")).to_be_visible()
    answer = httpx.get(f"{service}/v1/runs/demo/comparisons/heads?{SP}&against_case=SS&rows=500").json()
    expect(page.get_by_text(f"{len(answer['values'])} rows.")).to_be_visible()
    expect(page.get_by_role("columnheader", name="difference")).to_be_visible()
    page.get_by_label("Shown").select_option("pattern_share-beside")
    expect(page.locator(".recharts-bar-rectangle").first).to_be_visible()
    page.get_by_role("link", name="Stability").click()
    expect(page.get_by_role("alert")).to_contain_text("Run it for each side")
    page.get_by_label("Compare with case").select_option("")
    drawn(page)


def test_what_goes_wrong_is_said_where_it_does(open_page):
    page = open_page(f"{REPORTS}?report=heads&task=sva-obj&case=XX")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("no case named 'XX'")
    expect(page.get_by_role("combobox", name="Case", exact=True)).to_have_value("XX")
    page.get_by_role("combobox", name="Case", exact=True).select_option("SS")
    drawn(page)
    page = open_page(f"{REPORTS}?report=nothing")
    expect(page.get_by_text("There is no report “nothing”")).to_be_visible()
    page = open_page("/runs/nowhere/reports")
    expect(page.get_by_role("alert")).to_contain_text("there is no run 'nowhere'")


def test_a_run_without_roles_is_not_aligned_by_them(open_page, run, service):
    rows = [json.loads(line) for line in run.results.read_text().splitlines()[:8]]
    text = "".join(json.dumps(row | {"roles": None}) + "\n" for row in rows)
    stored = httpx.post(f"{service}/v1/runs", files={"file": text.encode()}, data={"name": "roleless"})
    assert stored.status_code < 300, stored.text
    try:
        page = open_page("/runs/roleless/reports?report=positions&align=role")
        expect(page.get_by_role("alert")).to_contain_text("not all sentences of this run have roles")
        page.get_by_label("Align by").select_option("Position")
        drawn(page)
    finally:
        httpx.delete(f"{service}/v1/runs/roleless").raise_for_status()
