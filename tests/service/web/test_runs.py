"""Runs: the list, a new job by form and by file, its progress while a worker computes it, and what becomes of it."""

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from service.operations.keys import Keys
from tests.service.api.conftest import listening
from tests.service.web.conftest import NARROW, REQUESTS, WIDE, address, overflow, serious
from tests.workers.jobs.conftest import Jobs, sentences, until

PATIENCE = 120_000
GOOD = {"text": "the farmer near the trees ***mask*** old .", "correct": "is", "wrong": "are"}
BAD = {"text": "the farmer near the trees ***mask*** old .", "correct": "is", "wrong": "unheardofword"}


def entry(page: Page, name: str):
    """A run in the list."""
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=name, exact=True))


def submitted(page: Page) -> str:
    """The id of the run that a page has become the page of."""
    page.wait_for_url(re.compile(r"/runs/[0-9a-f]{20}$"))
    return page.url.rpartition("/")[2]


def test_an_empty_graph_says_how_to_make_a_run(open_page):
    page = open_page("/runs?text=surely+no+such+run")
    expect(page.get_by_text("No run matches")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page).to_have_url(re.compile(r"/runs$"))
    page.get_by_role("link", name="New job").first.click()
    expect(page.get_by_role("heading", name="New job")).to_be_visible()


def test_the_list_is_filtered_and_the_address_says_how(open_page, demo_run):
    page = open_page("/runs")
    page.get_by_label("Name or model").fill("dem")
    expect(entry(page, "demo")).to_contain_text("completed")
    expect(entry(page, "demo")).to_contain_text("240")
    page.get_by_label("Status").select_option("completed")
    expect(page).to_have_url(re.compile(r"text=dem"))
    expect(page).to_have_url(re.compile(r"status=completed"))
    expect(entry(page, "demo")).to_be_visible()
    again = open_page(address(page))
    expect(again.get_by_label("Name or model")).to_have_value("dem")
    expect(entry(again, "demo")).to_be_visible()
    again.get_by_label("Status").select_option("failed")
    expect(again.get_by_text("No run matches")).to_be_visible()


def test_the_list_goes_on_page_by_page(open_page, jobs: Jobs, demo_run):
    runs = [jobs.submit(f"page-{number:02}", sentences(1)) for number in range(26)]
    try:
        page = open_page("/runs?text=page-")
        expect(page.get_by_role("listitem").filter(has_text="page-")).to_have_count(25)
        page.get_by_role("button", name="Older").click()
        expect(page.get_by_role("listitem").filter(has_text="page-")).to_have_count(1)
        expect(entry(page, "page-00")).to_be_visible()
        expect(entry(open_page(address(page)), "page-00")).to_be_visible()
        page.go_back()
        expect(entry(page, "page-25")).to_be_visible()
    finally:
        for run in runs:
            jobs.store.delete(run)


def test_two_runs_are_picked_to_be_compared(open_page, jobs: Jobs, demo_run):
    other = jobs.submit("other", sentences(1))
    try:
        page = open_page("/runs?text=demo")  # the newest runs may be too many to see it among them
        page.get_by_label("Compare demo").check()
        expect(page.get_by_text("demo is picked")).to_be_visible()
        page.get_by_label("Name or model").fill("other")
        page.get_by_label("Compare other").check()
        link = page.get_by_role("link", name="Compare demo and other")
        asked = parse_qs(urlsplit(link.get_attribute("href") or "").query)
        assert asked == {"a": ["demo"], "b": ["other"]}
        expect(open_page(address(page)).get_by_role("link", name="Compare demo and other")).to_be_visible()
    finally:
        jobs.store.delete(other)


def test_a_form_becomes_a_run_that_is_watched_to_its_end(open_page, worker: Jobs):
    page = open_page("/runs/new?from=task&task=sva-obj")
    page.get_by_label("Name").fill("by-form")
    page.get_by_role("combobox", name="Case").select_option("SP")
    page.get_by_label("Sentences per case").fill("60")
    page.get_by_text("Settings", exact=True).click()
    page.get_by_label("Samples").fill("8")
    expect(page.get_by_text("60 sentences.")).to_be_visible()
    listed = open_page("/runs")
    page.get_by_role("button", name="Submit").dblclick()  # once is enough
    run = submitted(page)
    expect(page.get_by_text("60 sentences are queued.")).to_be_visible()
    expect(page.get_by_role("heading", name="by-form")).to_be_visible()
    expect(page.get_by_label("Progress of by-form")).to_be_visible()
    expect(entry(listed, "by-form")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("completed").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("row").filter(has_text="sva-obj/SP/0")).to_be_visible()
    expect(entry(listed, "by-form").get_by_text("completed")).to_be_visible(timeout=PATIENCE)
    assert [each.name for each in worker.store.runs()].count("by-form") == 1
    assert worker.progress(run).completed.sentences == 60
    assert worker.store.find(run).settings["samples"] == 8


def test_progress_comes_without_a_reload(open_page, worker: Jobs):
    run = worker.submit("followed", sentences(40), chunk=2)
    page, listed = open_page("/runs/followed"), open_page("/runs")
    bar = page.get_by_label("Progress of followed")
    expect(bar).to_have_attribute("value", "0")
    expect(listed.get_by_label("Progress of followed")).to_have_attribute("value", "0")
    worker.fill(run)
    expect(bar).not_to_have_attribute("value", "0", timeout=PATIENCE)
    expect(page.get_by_text(re.compile(r"[1-9]\d* of 40 sentences"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"a second"))).to_be_visible(timeout=PATIENCE)
    expect(bar).to_be_hidden(timeout=PATIENCE)  # it has ended
    expect(page.get_by_role("heading", name="Sentences")).to_be_visible()
    expect(entry(listed, "followed").get_by_text("completed")).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize("form", ["jsonl", "csv", "jsonl.gz"])
def test_a_file_becomes_a_run(open_page, worker: Jobs, tmp_path: Path, form):
    path = tmp_path / f"mine.{form}"
    lines = "".join(json.dumps(GOOD | {"id": str(number)}) + "\n" for number in range(3))
    if form == "csv":
        path.write_text("text,correct,wrong\n" + f"{GOOD['text']},is,are\n" * 3)
    else:
        path.write_bytes(gzip.compress(lines.encode()) if form.endswith("gz") else lines.encode())
    page = open_page("/runs/new?from=file")
    page.get_by_label("File of sentences").set_input_files(path)
    expect(page.get_by_text(f"mine.{form},")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    run = submitted(page)
    expect(page.get_by_text("3 sentences are queued.")).to_be_visible()
    assert worker.wait(run, "completed").completed.sentences == 3
    expect(page.get_by_text("completed").first).to_be_visible(timeout=PATIENCE)


def test_a_file_is_dropped(open_page, worker: Jobs):
    page = open_page("/runs/new?from=file")
    text = json.dumps(GOOD)
    transfer = page.evaluate_handle(
        "text => {const data = new DataTransfer(); data.items.add(new File([text], 'dropped.jsonl')); return data}",
        text,
    )
    target = page.locator("label", has=page.get_by_label("File of sentences"))
    target.dispatch_event("drop", {"dataTransfer": transfer})
    expect(page.get_by_text("dropped.jsonl,")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    submitted(page)
    expect(page.get_by_role("heading", name=re.compile("^dropped-"))).to_be_visible()


def test_what_is_wrong_stands_at_its_field(open_page, worker: Jobs, demo_run, tmp_path):
    page = open_page("/runs/new")
    submit = page.get_by_role("button", name="Submit")
    submit.click()
    expect(page.get_by_role("alert")).to_contain_text("Give at least one")
    page.get_by_label("Text").fill(GOOD["text"])
    page.get_by_label("Correct").fill("is")
    page.get_by_label("Wrong").fill("unheardofword")
    submit.click()
    expect(page.get_by_role("alert")).to_contain_text("row 1")
    expect(page.get_by_role("alert")).to_contain_text("unheardofword")
    page.get_by_label("Wrong").fill("are")
    page.get_by_label("Name").fill("demo")
    submit.click()
    expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text("demo")
    page.get_by_label("Name").fill("")
    page.get_by_text("Settings", exact=True).click()
    page.get_by_label("Edges").fill("some")
    page.get_by_text("Settings", exact=True).click()
    submit.click()
    expect(page.get_by_label("Edges")).to_be_focused()  # unfolded
    expect(page.get_by_label("Edges")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Edges").fill("none")
    page.get_by_label("Pasted").check()
    page.get_by_label("One JSON object a line").fill(f"{json.dumps(GOOD)}\n\n{{oops")
    submit.click()
    expect(page.get_by_role("alert")).to_contain_text("line 3")
    page.get_by_label("One JSON object a line").fill(f"{json.dumps(GOOD)}\n\n{json.dumps(BAD)}")
    submit.click()
    expect(page.get_by_role("alert")).to_contain_text("line 3")
    path = tmp_path / "bad.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n{json.dumps(BAD)}\n")
    page.get_by_label("A file").check()
    page.get_by_label("File of sentences").set_input_files(path)
    submit.click()
    expect(page.get_by_role("alert")).to_contain_text("bad.jsonl:2")
    page.get_by_label("Leave out sentences").check()
    submit.click()
    submitted(page)
    expect(page.get_by_text("1 sentence was left out")).to_be_visible()
    expect(page.get_by_text("bad.jsonl:2")).to_be_visible()
    expect(page.get_by_text("1 sentence is queued.")).to_be_visible()


def test_a_job_is_cancelled_resumed_and_deleted(open_page, jobs: Jobs):
    run = jobs.submit("stopped", sentences(120))  # more than a worker does at once
    page = open_page("/runs")
    line = entry(page, "stopped")
    line.get_by_role("button", name="Cancel stopped").click()
    expect(line.get_by_text("cancelled")).to_be_visible()
    assert jobs.progress(run).status == "cancelled"
    line.get_by_role("button", name="Resume stopped").click()
    expect(line.get_by_text(re.compile("queued|running|completed"))).to_be_visible()
    line.get_by_role("button", name="Delete stopped").click()
    question = page.get_by_role("dialog", name="Delete the run “stopped”?")
    question.get_by_role("button", name="Keep it").click()
    expect(question).to_be_hidden()
    assert run in {each.id for each in jobs.store.runs()}
    page.keyboard.press("Enter")  # the button has the focus again
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    line.get_by_role("button", name="Delete stopped").click()
    question.get_by_role("button", name="Delete it").click()
    expect(line).to_be_hidden()
    until(lambda: run not in {each.id for each in jobs.store.runs()})


def test_failures_have_their_reasons(open_page, worker: Jobs):
    good = sentences(3)
    unusable = replace(good[1], wrong="unheardofword")
    run = worker.submit("with-failures", good, unchecked=[unusable])
    worker.fill(run)
    assert worker.wait(run).status == "partial"
    page = open_page("/runs/with-failures")
    expect(page.get_by_role("heading", name="1 sentence failed")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="unheardofword")
    expect(row).to_contain_text("001")
    expect(page.get_by_role("button", name="Resume with-failures")).to_be_visible()
    expect(page.get_by_text("Sentences are missing in these files")).to_be_visible()
    page.get_by_text("Logs of the workers on").click()
    expect(page.locator("details").filter(has_text="Logs of the workers").locator("pre")).to_contain_text(run)


def test_a_run_that_was_loaded_leads_to_all_that_it_holds(open_page, demo_run):
    page = open_page("/runs/demo")
    expect(page.get_by_text("completed").first).to_be_visible()
    expect(page.get_by_label("Progress of demo")).to_have_count(0)
    case = page.get_by_role("link", name="Aggregate of sva-obj SP")
    assert case.get_attribute("href") == "/runs/demo/aggregate?task=sva-obj&case=SP"
    assert page.get_by_role("link", name="Reports on ra-na PP").get_attribute("href") == (
        "/runs/demo/reports?task=ra-na&case=PP"
    )
    page.get_by_label("Task").select_option("ra-na")
    page.get_by_role("combobox", name="Case").select_option("PS")
    link = page.get_by_role("link", name="ra-na/PS/0", exact=True)
    assert link.get_attribute("href") == "/runs/demo/sentence?id=ra-na%2FPS%2F0"
    expect(page).to_have_url(re.compile("task=ra-na&case=PS"))
    again = open_page(address(page))
    expect(again.get_by_role("link", name="ra-na/PS/29", exact=True)).to_be_visible()
    listed = again.get_by_role("region", name="Sentences of the run")
    expect(listed.get_by_role("link", name=re.compile("PS.[0-9]"))).to_have_count(30)
    expect(listed.get_by_role("link")).to_have_count(30)
    again.get_by_label("Task").select_option("All")
    again.get_by_role("button", name="Next").click()
    expect(again.get_by_role("button", name="First")).to_be_visible()
    expect(again).to_have_url(re.compile("cursor="))


def test_a_run_as_files(open_page, demo_run, tmp_path):
    page = open_page("/runs/demo")
    begins = {"results as JSONL": b"{", "tables as Parquet": b"PK", "network as GraphML": b"<", "network as node": b"{"}
    for name, first in begins.items():
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Download {name}").click()
        assert download.value.suggested_filename.startswith("demo.")
        download.value.save_as(tmp_path / "file")
        content = (tmp_path / "file").read_bytes()
        assert content.strip().startswith(first) and len(content) > 10_000, name


def test_a_run_that_there_is_not(open_page, demo_run):
    page = open_page("/runs/dmo")
    expect(page.get_by_role("alert")).to_contain_text("Did you mean 'demo'?")


def test_who_may_only_read_is_told_so(open_page, jobs: Jobs, demo_run):
    keys = jobs.environment.folder / "keys.json"
    _, key = Keys(keys).create("reader", ("read",))
    try:
        with listening(jobs.environment, requests=REQUESTS) as at:
            page = open_page("/runs/demo", at=at, key=key)
            page.get_by_role("button", name="Delete demo").click()
            page.get_by_role("button", name="Delete it").click()
            expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("scope admin")
            headers = {"Authorization": f"Bearer {key}"}
            assert httpx.get(f"{at}/v1/runs/demo", headers=headers).json()["instances"] == 240
    finally:
        keys.unlink()


def test_a_job_is_made_by_keyboard_alone(open_page, worker: Jobs):
    page = open_page("/runs/new")
    page.get_by_label("Name").focus()
    page.keyboard.type("by-keys")
    page.get_by_label("Text").focus()
    page.keyboard.type(GOOD["text"])
    page.keyboard.press("Tab")
    page.keyboard.type("is")
    page.keyboard.press("Tab")
    page.keyboard.type("are")
    page.keyboard.press("Enter")
    submitted(page)
    expect(page.get_by_role("heading", name="by-keys")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize(
    "view", ["/runs", "/runs/demo", *(f"/runs/new?from={each}" for each in ("pasted", "task", "file"))]
)
def test_the_pages_of_runs_can_be_used_by_everyone(open_page, demo_run, view, size, theme):
    page = open_page(view, size=size, theme=theme)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    for details in page.locator("details").all():
        details.evaluate("element => { element.open = true }")
    assert serious(page) == []
    assert overflow(page) == 0
