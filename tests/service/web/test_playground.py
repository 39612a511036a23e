"""The playground: a sentence is checked while it is typed, answered by a real worker, compared, and kept."""

import re
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.service.web.conftest import NARROW, WIDE, address, overflow, serious
from tests.service.web.figure import figure, node_at, told
from tests.workers.jobs.conftest import load
from workers.analysis.analysis import analyze
from workers.analysis.settings import Settings
from workers.datasets.instance import Instance

TEXT = "the pilot that the guards like [MASK] tall ."
OTHER = "the pilots that the guards like [MASK] tall ."


def view(text: str, **others: str) -> str:
    values = {"text": text, "correct": "is", "wrong": "are", **others}
    return "/playground?" + "&".join(f"{name}={quote(value)}" for name, value in values.items())


def sentence(page: Page):
    return page.get_by_label("Sentence", exact=False)


def answered(page: Page) -> None:
    """Waits for the figure, and for the worker, which starts in some seconds."""
    expect(figure(page)).to_be_visible(timeout=60_000)


def asked(page: Page) -> list[str]:
    """What is asked of workers from now on."""
    bodies: list[str] = []
    page.on("request", lambda each: bodies.append(each.post_data or "") if analyses(each.method, each.url) else None)
    return bodies


def analyses(method: str, url: str) -> bool:
    return method == "POST" and urlsplit(url).path == "/v1/analyses"


def signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def test_without_a_worker_it_says_how_to_start_one_and_waits(open_page, jobs, request):
    page = open_page("/playground")
    expect(page.get_by_text("No worker has taken it yet")).to_be_visible()
    expect(page.get_by_text("influence worker")).to_be_visible()
    expect(page.get_by_label("Computing the figure")).to_be_visible()
    request.getfixturevalue("worker")
    answered(page)


def test_a_link_is_computed_at_once_and_as_it_is_computed_directly(open_page, worker):
    (result,) = analyze(load("bundled"), [Instance("one", TEXT, "is", "are")], Settings())
    page = open_page(view(TEXT))
    answered(page)
    expect(page.locator("dl")).to_contain_text(f"logit(is) − logit(are){signed(result.qoi)}")
    for word in sorted(result.words, key=lambda each: -abs(each.influence))[:4]:
        checkbox = page.get_by_role("checkbox", name=re.compile(f"^{re.escape(result.label(word.position))} "))
        expect(checkbox).to_be_checked()
    page.mouse.move(*node_at(page, 4.5, 2))
    expect(told(page)).to_contain_text("the pattern of pilot")


def test_what_is_typed_is_checked_and_nothing_invalid_is_computed(open_page, worker):
    page = open_page(view(TEXT))
    answered(page)
    bodies = asked(page)
    analyse = page.get_by_role("button", name="Analyse")
    expect(analyse).to_be_disabled()  # nothing has changed
    sentence(page).fill("the pilot is tall .")
    expect(page.get_by_text("has no mask")).to_be_visible()
    expect(sentence(page)).to_have_attribute("aria-invalid", "true")
    expect(analyse).to_be_disabled()
    sentence(page).press("Enter")
    sentence(page).fill(OTHER)
    page.get_by_label("Wrong word").fill("is")
    expect(page.get_by_text("is the correct word too")).to_be_visible()
    expect(page.get_by_label("Wrong word")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Correct word").fill("")
    expect(page.get_by_label("Correct word")).to_have_attribute("aria-invalid", "true")
    assert bodies == [] and "against" not in address(page)
    page.get_by_label("Correct word").fill("is")
    page.get_by_label("Wrong word").fill("are")
    expect(analyse).to_be_enabled()
    expect(page.get_by_text("logit(is) − logit(are); the model reads")).to_be_visible()


@pytest.mark.parametrize(
    ("link", "complaint"),
    [
        (view("the pilot is tall ."), "has no mask"),
        (view(TEXT, wrong="xylophones"), "xylophones"),
        (view(TEXT, model="/etc"), "is not among the models"),
        (view(TEXT, model="bundled-sentiment"), "label"),
    ],
)
def test_an_invalid_link_says_why_and_computes_nothing(open_page, worker, link, complaint):
    page = open_page("/runs")
    bodies = asked(page)
    page.goto(link)
    expect(page.get_by_text(re.compile(complaint)).last).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(figure(page)).to_be_hidden()
    assert bodies == []


def test_a_changed_word_is_compared_with_the_answer_before(open_page, worker):
    first, second = analyze(
        load("bundled"), [Instance("1", TEXT, "is", "are"), Instance("2", OTHER, "is", "are")], Settings()
    )
    page = open_page(view(TEXT))
    answered(page)
    sentence(page).fill(OTHER)
    expect(page.get_by_role("button", name="Analyse")).to_be_enabled()
    sentence(page).press("Enter")
    compared = page.get_by_text(re.compile("^Compared with"))
    expect(compared).to_contain_text(f"was {signed(first.qoi)}, is now {signed(second.qoi)}")
    assert parse_qs(urlsplit(address(page)).query)["against"] == [TEXT]
    change = signed(second.words[2].influence - first.words[2].influence)
    row = page.locator("label", has_text="pilots").filter(has=page.get_by_role("checkbox"))
    expect(row).to_contain_text(change)
    again = open_page(address(page))
    expect(again.get_by_text(re.compile("^Compared with"))).to_have_text(compared.inner_text(), use_inner_text=True)
    page.go_back()
    expect(page.locator("dl")).to_contain_text(signed(first.qoi))
    expect(sentence(page)).to_have_value(TEXT)
    again.get_by_role("button", name="Do not compare").click()
    expect(again.get_by_text(re.compile("^Compared with"))).to_be_hidden()
    assert "against" not in address(again)


def test_examples_and_a_classifier(open_page, worker):
    page = open_page("/playground")
    answered(page)
    page.get_by_role("button", name="Sentiment with a contrast").click()
    expect(page.get_by_label("Class")).to_have_value("positive")
    page.get_by_role("button", name="Analyse").click()
    expect(page.locator("dl")).to_contain_text("logit(positive) − logit(negative)")
    expect(page).to_have_url(re.compile("model=bundled-sentiment"))
    page.get_by_label("Class").select_option("negative")
    page.get_by_role("button", name="Analyse").click()
    expect(page.locator("dl")).to_contain_text("logit(negative) − logit(positive)")
    assert "against" not in address(page)  # it would be another quantity


def test_what_only_another_model_asks_for_is_not_sent(open_page, worker):
    page = open_page(view(TEXT))
    answered(page)
    page.get_by_label("Model").select_option("bundled-sentiment")
    sentence(page).fill("the cast was clever .")
    page.get_by_label("Class").select_option("positive")
    expect(page.get_by_text("Below is still the answer to")).to_be_visible()
    page.get_by_role("button", name="Analyse").click()
    expect(page.locator("dl")).to_contain_text("logit(positive)", timeout=60_000)
    assert parse_qs(urlsplit(address(page)).query).keys() == {"text", "label", "model"}


def test_the_heads_of_an_edge_are_asked_for(open_page, worker):
    page = open_page(f"{view(TEXT)}&words=8")
    answered(page)
    page.mouse.move(*node_at(page, 5.5, 4.5))  # from the subject to the mask, in the last layer
    expect(told(page)).to_contain_text("pilot to [MASK]")
    expect(told(page)).to_contain_text(re.compile(r"head \d: "))


def test_an_answer_is_kept_in_a_run(open_page, worker, service):
    page = open_page(view(TEXT))
    answered(page)
    page.get_by_label("Save it to the run").fill("mine")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="the sentence in mine").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TEXT)
    answered(page)
    assert [each["text"] for each in httpx.get(f"{service}/v1/runs/mine/sentences").json()["sentences"]] == [TEXT]


def test_the_answer_is_saved(open_page, worker):
    page = open_page(view(TEXT))
    answered(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download the figure for print as SVG").click()
    assert saved.value.path().read_text().startswith("<?xml")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download the result as JSON").click()
    assert '"embedding_trace"' in saved.value.path().read_text()
    page.get_by_text("The request that gives this").click()
    expect(page.get_by_text(re.compile("^curl .*/v1/analyses"))).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_for_everyone(open_page, worker, size, theme):
    page = open_page(view(OTHER, against=TEXT), size=size, theme=theme)
    expect(page.get_by_text(re.compile("is now"))).to_be_visible()
    assert serious(page) == []
    assert overflow(page) == 0
    sentence(page).fill("the pilot is tall .")
    expect(page.get_by_text("has no mask")).to_be_visible()
    assert serious(page) == []


def test_by_keyboard_alone(open_page, worker):
    page = open_page(view(TEXT))
    answered(page)
    sentence(page).focus()
    page.keyboard.press("Home")
    page.keyboard.type("the old ")
    page.keyboard.press("Enter")  # it is asked as soon as it is checked
    expect(page.get_by_text(re.compile("is now"))).to_be_visible()
