"""The superposition of a case: its figure, its filters, the difference of two, and the sentences behind a step."""

import json
import re
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.service.web.conftest import NARROW, WIDE, address, overflow, serious

PAGE = "/runs/demo/aggregate?task=sva-obj&case=SP"
CASE = {"task": "sva-obj", "case": "SP"}
STEP = "&step=%5B5%2C2%2C7%2C4%5D"  # layer 5, position 2 to 7, head 4


@pytest.fixture(autouse=True)
def run(demo_run):
    return demo_run


def asked(service: str, path: str, **query: object) -> dict:
    return httpx.get(f"{service}/v1/runs/demo/aggregates{path}", params={**CASE, **query}).raise_for_status().json()  # pyright: ignore[reportArgumentType]


def lines(page: Page):
    """What is drawn of steps."""
    return page.get_by_role("application").locator("[data-path]")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("more", ["", STEP, "&against=SS"], ids=["one", "step", "difference"])
def test_it_can_be_used_by_everyone(open_page, more, size, theme):
    page = open_page(PAGE + more, size=size, theme=theme)
    expect(lines(page).first).to_be_attached()
    page.wait_for_load_state("networkidle")
    assert serious(page) == []
    assert overflow(page) == 0


def test_it_draws_the_steps_that_are_frequent_enough(open_page, service):
    page = open_page(f"{PAGE}&least=0.3")
    steps = asked(service, "", least=0.3, strongest=2000)
    signs = sum((step["positive"] >= 0.3) + (step["negative"] >= 0.3) for step in steps["steps"])
    expect(lines(page)).to_have_count(signs)
    expect(page.get_by_text(f"{steps['left_out']} rarer steps are left out")).to_be_visible()
    page.get_by_label("Share of the sentences, at least").fill("0.8")
    expect(page).to_have_url(re.compile(r"least=0\.8"))
    fewer = asked(service, "", least=0.8)["steps"]
    expect(lines(page)).to_have_count(sum((each["positive"] >= 0.8) + (each["negative"] >= 0.8) for each in fewer))


def test_filters_are_in_the_address(open_page, service):
    page = open_page(PAGE)
    page.get_by_label("Words").select_option("negative")
    page.get_by_label("Component").select_option("Head 4")
    page.get_by_label("Align by").select_option("role")
    found = asked(service, "", sign="negative", component=4, align="role", least=0.1)
    expect(lines(page)).to_have_count(len(found["steps"]))
    assert {"sign": ["negative"], "component": ["4"], "align": ["role"]}.items() <= parse_qs(
        urlsplit(address(page)).query
    ).items()
    same = open_page(address(page))
    expect(lines(same)).to_have_count(len(found["steps"]))
    page.get_by_label("Level").select_option("embedding")
    expect(page.get_by_label("Component")).to_have_count(0)
    expect(lines(page)).to_have_count(
        len(asked(service, "", sign="negative", level="embedding", align="role", least=0.1)["steps"])
    )


def test_a_step_leads_to_its_sentences_and_these_to_their_pages(open_page, service):
    page = open_page(PAGE)
    page.get_by_text("The table behind the figure").click()
    page.get_by_role("button", name="5: subject h4 [MASK]").click()
    panel = page.get_by_role("complementary", name="Sentences behind the step")
    found = asked(service, "/sentences", layer=5, source=2, target=7, component=4)
    expect(panel.get_by_text(f"{found['count']} sentences")).to_be_visible()
    rows = panel.get_by_role("region", name="Sentences behind the step").get_by_role("row")
    expect(rows).to_have_count(1 + len(found["sentences"]))
    first = found["sentences"][0]
    expect(rows.nth(1)).to_contain_text(first["text"].replace("***mask***", "[MASK]"))
    expect(rows.nth(1)).to_contain_text(first["correct"])
    assert json.loads(parse_qs(urlsplit(address(page)).query)["step"][0]) == [5, 2, 7, 4]
    same = open_page(address(page))
    expect(same.get_by_text(f"{found['count']} sentences, in the order")).to_be_visible()
    rows.nth(1).get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/runs/demo/sentence\?id=" + re.escape(first["id"].replace("/", "%2F"))))


def test_the_first_sentence_of_the_run_is_among_those_behind_a_step(open_page, service):
    sentences = httpx.get(f"{service}/v1/runs/demo/sentences", params={"limit": 1}).raise_for_status().json()
    first = sentences["sentences"][0]
    case = {"task": first["task"], "case": first["case"]}
    step = next(each for each in asked(service, "", **case)["steps"] if each["positive"] == 1)
    name = json.dumps([step[part] for part in ("layer", "source", "target", "component")])
    page = open_page(f"/runs/demo/aggregate?{urlencode({**case, 'step': name})}")
    panel = page.get_by_role("complementary", name="Sentences behind the step")
    expect(panel.get_by_role("link").first).to_have_attribute("href", re.compile(quote(first["id"], safe="") + "$"))


def test_a_step_is_chosen_by_the_pointer(open_page):
    page = open_page(f"{PAGE}&least=0.85&sign=positive")
    figure = page.get_by_role("application")
    line = figure.locator("[data-path='positive [5,2,7,4]'] path").last
    expect(line).to_be_attached()
    figure.scroll_into_view_if_needed()
    middle = line.evaluate(
        "line => { const at = line.getPointAtLength(0.35 * line.getTotalLength()).matrixTransform(line.getScreenCTM());"
        " return [at.x, at.y]; }"
    )
    page.mouse.move(*middle)
    expect(figure).to_contain_text("layer 5 to 6, subject (2) to [MASK] (7), by head 4")
    page.mouse.click(*middle)
    expect(page.get_by_role("heading", name="Sentences behind the step")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", name="Sentences behind the step")).to_have_count(0)


def test_a_step_is_chosen_by_keyboard_alone(open_page):
    page = open_page(f"{PAGE}&least=0.5")
    expect(lines(page).first).to_be_attached()
    page.get_by_role("application").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sentences behind the step")).to_be_visible()
    page.get_by_role("application").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Sentences behind the step")).to_have_count(0)


def test_two_cases_are_subtracted(open_page, service):
    page = open_page(f"{PAGE}&sign=positive&least=0.2")
    page.get_by_label("Minus case").select_option("SS")
    here, there = (
        {
            (step["layer"], step["source"], step["target"], step["component"]): step["positive"]
            for step in asked(service, "", case=case, sign="positive", strongest=20_000)["steps"]
        }
        for case in ("SP", "SS")
    )
    differences = {name: here.get(name, 0) - there.get(name, 0) for name in here.keys() | there.keys()}
    wanted = {name: value for name, value in differences.items() if abs(value) >= 0.2}
    expect(lines(page)).to_have_count(len(wanted))
    fewer = sum(value < 0 for value in wanted.values())
    assert 0 < fewer < len(wanted)
    expect(page.locator("[data-path^='negative']")).to_have_count(fewer)
    expect(page.locator("[data-path^='negative'] path[stroke-dasharray]").first).to_be_attached()
    expect(page.get_by_text("more frequent in SS")).to_be_visible()
    page.get_by_text("The table behind the figure").click()
    cells = page.get_by_role("region", name="Steps, demo").get_by_role("row").nth(1).get_by_role("cell")
    largest = max(wanted.values(), key=abs)
    assert float(cells.last.inner_text().replace("−", "-")) == pytest.approx(largest, abs=1e-3)
    cells.first.get_by_role("button").click()
    panel = page.get_by_role("complementary")
    expect(panel.get_by_role("heading", name="demo sva-obj SP")).to_be_visible()
    expect(panel.get_by_role("heading", name="demo sva-obj SS")).to_be_visible()


def test_figures_and_tables_are_saved(open_page):
    page = open_page(f"{PAGE}&least=0.3")
    expect(lines(page).first).to_be_attached()
    saved = {}
    for name in (
        "Save the figure as SVG",
        "Save the figure as PNG",
        "Download the figure for print as PDF",
        "Download all steps of SP as CSV",
    ):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name).click()
        saved[name.rpartition(" ")[2]] = waiting.value.path().read_bytes()
    assert saved["SVG"].startswith(b"<svg") and saved["SVG"].count(b"data-path") > 10 and b"var(" not in saved["SVG"]
    assert saved["PNG"].startswith(b"\x89PNG") and saved["PDF"].startswith(b"%PDF")
    assert saved["CSV"].startswith(b"task,case,layer")
    page.get_by_text("The request that gives this").click()
    command = page.locator("pre", has_text="curl").inner_text()
    assert httpx.get(command.removeprefix("curl '").removesuffix("'")).json()["case"] == "SP"


def test_what_goes_wrong_is_said(open_page):
    page = open_page("/runs/demo/aggregate?task=sva-obj&case=XX")
    expect(page.get_by_role("alert").first).to_contain_text("no case named 'XX'")
    page.get_by_role("combobox", name="Case", exact=True).select_option("PP")
    expect(lines(page).first).to_be_attached()
    page = open_page(f"{PAGE}&least=1&sign=negative&component=0")
    expect(page.get_by_text("No step is as frequent as that")).to_be_visible()
    page = open_page("/runs/nowhere/aggregate")
    expect(page.get_by_role("alert")).to_contain_text("there is no run 'nowhere'")
