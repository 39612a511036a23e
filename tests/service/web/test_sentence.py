"""The page of one sentence: its figure, what the pointer and the keyboard are told, what flows through pinned nodes."""

import json
import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.service.web.conftest import NARROW, WIDE, address, overflow, serious
from tests.service.web.figure import figure, node_at, told
from tests.workers.jobs.conftest import load
from workers.analysis.analysis import analyze
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance

ID = "sva-obj/SP/3"
VIEW = f"/runs/demo/sentence?id={ID}"


@pytest.fixture
def result(demo_run) -> dict:
    """The sentence as its results file has it."""
    return next(row for row in map(json.loads, demo_run.results.read_text().splitlines()) if row["id"] == ID)


@pytest.fixture(scope="module")
def other_run(service) -> str:
    """A run with patterns by other methods, some words and no edges."""
    settings = Settings(samples=8, methods=("attention", "random"), words="top:5", edges="none")
    instance = Instance("one", "the pilot near the guards ***mask*** tall .", "is", "are")
    lines = "".join(f"{result.to_json()}\n" for result in analyze(load("bundled"), [instance], settings))
    files = {"file": ("results.jsonl", lines)}
    answer = httpx.post(f"{service}/v1/runs", files=files, data={"name": "methods"}, timeout=60)
    assert answer.status_code == 201, answer.text
    return "methods"


def shown(page: Page) -> Page:
    """The page, once its figure is there."""
    expect(figure(page)).to_be_visible()
    return page


def signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def ticked(page: Page) -> list[str]:
    return page.locator("label:has(input[type=checkbox]:checked) > span:nth-of-type(1)").all_inner_texts()


def test_words_levels_signs_and_thresholds_are_chosen_and_in_the_address(open_page, demo_run, result):
    page = shown(open_page(VIEW))
    expect(page.get_by_role("heading", level=1)).to_have_text(result["text"].replace("***mask***", "[MASK]"))
    expect(page.locator("dl")).to_contain_text(signed(result["qoi"]))
    expect(page.locator("dl")).to_contain_text("Completeness error")
    strongest = sorted(result["words"], key=lambda word: -abs(word["influence"]))[:4]
    assert len(ticked(page)) == 4
    for word in strongest:
        expect(page.locator(f'[data-path="{word["position"]}"]')).to_have_count(1)
    page.get_by_role("checkbox", name=re.compile("^that ")).check()
    expect(page.locator("[data-path]")).to_have_count(5)
    page.get_by_label("Level").select_option("embedding")
    page.get_by_label("Sign", exact=False).select_option("positive")
    negative = [word for word in strongest if word["influence"] < 0]
    expect(page.locator("[data-path]")).to_have_count(5 - len(negative))
    page.get_by_label("Weakest edge", exact=False).fill("0.2")
    expect(page).to_have_url(re.compile("least=0.2"))
    edges = page.get_by_text(re.compile(r"patterns, \d+ edges?$"))
    again = shown(open_page(address(page)))
    expect(again.get_by_label("Level")).to_have_value("embedding")
    expect(again.get_by_text(re.compile(r"patterns, \d+ edges?$"))).to_have_text(edges.inner_text())
    assert ticked(again) == ticked(page)
    page.go_back()
    expect(page.get_by_label("Sign", exact=False)).to_have_value("all")


def test_an_edge_under_the_pointer_tells_its_heads(open_page, demo_run, result):
    page = shown(open_page(f"{VIEW}&least=0.01&words=8"))
    sums: dict[tuple[int, int, int], float] = {}
    for edge in result["edges"]:
        step = edge["layer"], edge["source"], edge["target"]
        sums[step] = sums.get(step, 0) + edge["influence"]
    (layer, source, target), influence = max(sums.items(), key=lambda item: (item[0][1] != item[0][2]) * abs(item[1]))
    page.mouse.move(*node_at(page, layer + 0.5, (source + target) / 2))
    expect(told(page)).to_contain_text(signed(influence))
    heads = [
        edge for edge in result["edges"] if (edge["layer"], edge["source"], edge["target"]) == (layer, source, target)
    ]
    for head in heads[:6]:
        expect(told(page)).to_contain_text(f"head {head['component']}: ")
    page.mouse.move(*node_at(page, 0, 2))
    expect(told(page)).to_contain_text("the embedding")
    page.mouse.move(2, 2)
    expect(told(page)).to_be_hidden()


def test_a_line_tells_its_pattern(open_page, demo_run, result):
    word = max(result["words"], key=lambda each: abs(each["influence"]))
    page = shown(open_page(f"{VIEW}&words={word['position']}"))
    first, second = word["path"][:2]
    page.mouse.move(*node_at(page, 0.5, (first + second) / 2))
    expect(told(page)).to_contain_text(signed(word["attention_influence"]))
    share = 100 * word["attention_influence"] / word["influence"]
    expect(told(page)).to_contain_text(f"{share:.1f} % of the word's influence")


def test_by_keyboard_alone(open_page, demo_run, result):
    page = shown(open_page(VIEW))
    figure(page).focus()
    live = page.locator("[aria-live=polite]").first
    page.keyboard.press("ArrowRight")
    expect(live).to_contain_text("captain, the embedding")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    expect(live).to_contain_text("that, layer 1")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("e")
    expect(live).to_contain_text("of the layer's absolute influence")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"pin=1\.2"))
    expect(page.get_by_role("heading", name="Pinned nodes")).to_be_visible()
    page.keyboard.press("+")
    expect(page.get_by_role("button", name="Whole figure")).to_be_enabled()
    page.keyboard.press("0")
    expect(page.get_by_role("button", name="Whole figure")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Pinned nodes")).to_be_hidden()
    assert "pin=" not in address(page)


def test_what_flows_through_pinned_nodes(open_page, demo_run, result):
    page = shown(open_page(VIEW))
    page.mouse.click(*node_at(page, 5, 2))
    pinned = page.get_by_role("region", name="Pinned nodes")
    through = [word for word in result["words"] if word["path"][5] == 2]
    assert through
    expect(pinned).to_contain_text(f"{len(through)} of {len(result['words'])} words' patterns go through this node")
    together = sum(word["attention_influence"] for word in through)
    total = sum(word["influence"] for word in result["words"]) + result["target_influence"]
    expect(pinned).to_contain_text(f"{signed(together)}, {100 * together / total:.1f} % of the sum")
    page.mouse.click(*node_at(page, 0, 2))
    both = [word for word in through if word["path"][0] == 2]
    expect(pinned).to_contain_text(f"{len(both)} of {len(result['words'])} words' patterns go through all of them")
    again = shown(open_page(address(page)))
    expect(again.get_by_role("region", name="Pinned nodes")).to_have_text(pinned.inner_text(), use_inner_text=True)
    pinned.get_by_role("button", name="Unpin").first.click()
    expect(page).to_have_url(re.compile(r"pin=0\.2$"))
    page.mouse.click(*node_at(page, 0, 2))
    expect(pinned).to_be_hidden()


def test_a_drag_moves_a_zoomed_figure_and_pins_nothing(open_page, demo_run):
    page = shown(open_page(VIEW))
    page.get_by_role("button", name="Zoom in").click()
    zoomed = page.locator("[data-zoomed]")
    expect(zoomed).not_to_have_attribute("transform", "translate(0,0) scale(1)")
    before = zoomed.get_attribute("transform")
    assert before is not None
    x, y = node_at(page, 3, 5)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 30, steps=5)
    page.mouse.up()
    expect(zoomed).not_to_have_attribute("transform", before)
    assert "pin=" not in address(page)
    page.get_by_role("button", name="Whole figure").click()
    expect(zoomed).to_have_attribute("transform", "translate(0,0) scale(1)")


def test_methods_that_a_run_has_and_what_it_lacks(open_page, other_run):
    page = shown(open_page(f"/runs/{other_run}/sentence?id=one"))
    expect(page.get_by_text("keeps no edges")).to_be_visible()
    expect(page.get_by_text(re.compile(r"4 more words have no pattern here.*top:5"))).to_be_visible()
    page.get_by_label("Patterns by", exact=False).select_option("attention")
    expect(page.get_by_label("Level")).to_have_value("embedding")
    expect(page.get_by_role("option", name="Attention: heads")).to_be_disabled()
    expect(page).to_have_url(re.compile("method=attention"))
    page.get_by_label("Patterns by", exact=False).select_option("random")
    page.get_by_label("Level").select_option("attention")
    expect(page.locator("[data-path]")).to_have_count(4)


def test_the_sentences_before_and_after(open_page, demo_run):
    page = shown(open_page("/runs/demo/sentence?id=sva-obj/SS/0&level=embedding"))
    sentences = page.get_by_role("navigation", name="Sentences")
    expect(sentences.get_by_role("link", name="Next")).to_be_visible()
    expect(sentences.get_by_role("link", name="Previous")).to_be_hidden()
    sentences.get_by_role("link", name="Next").click()
    expect(page.get_by_text("sva-obj/SS/1")).to_be_visible()
    expect(page.get_by_label("Level")).to_have_value("embedding")
    sentences.get_by_role("link", name="Previous").click()
    expect(page).to_have_url(re.compile("SS%2F0|SS/0"))
    expect(page.get_by_role("link", name="sva-obj SS")).to_have_attribute("href", re.compile("task=sva-obj&case=SS"))


def test_the_figure_is_saved_and_its_tables_are_there(open_page, demo_run, result):
    page = shown(open_page(VIEW))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the figure as SVG").click()
    drawing = saved.value.path().read_text()
    steps = {(edge["layer"], edge["source"], edge["target"]) for edge in result["edges"]}
    faint = re.findall(r'<path fill="none" stroke="[^"]+" stroke-opacity[^>]* d="([^"]+)"', drawing)
    assert sum(line.count("M") for line in faint) == len(steps)
    assert "var(" not in drawing and "captain" in drawing and "style=" not in drawing
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the figure as PNG").click()
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download the figure for print as PDF").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download the result as JSON").click()
    assert len(json.loads(saved.value.path().read_text())["edges"]) == len(result["edges"])
    page.get_by_text("The figure as tables").click()
    expect(page.get_by_role("region", name="Words and their patterns").get_by_role("row")).to_have_count(
        len(result["words"]) + 1
    )
    expect(page.get_by_text(f"{len(steps)} rows.")).to_be_visible()
    page.get_by_text("The request that gives this").click()
    expect(page.get_by_text(re.compile("^curl .*merged=true"))).to_be_visible()


def test_sentences_that_are_not_there(open_page, demo_run):
    page = open_page("/runs/demo/sentence?id=nothing")
    expect(page.get_by_role("alert")).to_contain_text("has no result of 'nothing'")
    page = open_page("/runs/demo/sentence")
    expect(page.get_by_text("No sentence is chosen")).to_be_visible()
    page = shown(open_page(f"{VIEW}&words=99&pin=77.1,x&level=nonsense&least=much&method=none"))
    expect(page.get_by_label("Level")).to_have_value("attention")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_for_everyone(open_page, demo_run, size, theme):
    page = shown(open_page(f"{VIEW}&pin=5.2", size=size, theme=theme))
    page.get_by_text("The figure as tables").click()
    assert serious(page) == []
    assert overflow(page) == 0
