"""What every page has around it: the frame, the key, the policy, addresses that lead nowhere."""

import httpx
import pytest
from playwright.sync_api import expect

from service.operations.keys import Keys
from tests.service.api.conftest import listening
from tests.service.web.conftest import NARROW, REQUESTS, WIDE, address, overflow, serious

VIEWS = ("/playground", "/runs", "/runs/new", "/compare", "/cypher")


def test_the_start_leads_to_the_playground(open_page):
    page = open_page("/")
    expect(page).to_have_url("/playground")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("view", VIEWS[1:])  # the playground, which asks a worker, has a test of its own
def test_views_can_be_used_by_everyone(open_page, demo_run, view, size, theme):
    page = open_page(view, size=size, theme=theme)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert serious(page) == []
    assert overflow(page) == 0


def test_the_theme_is_chosen_and_kept(open_page):
    page = open_page("/runs", theme="light")
    header, paper = page.locator("header"), "header => getComputedStyle(header).backgroundColor"
    light = header.evaluate(paper)
    page.get_by_label("Theme").select_option("Dark")
    assert header.evaluate(paper) != light
    page.reload()
    expect(page.get_by_label("Theme")).to_have_value("dark")
    assert header.evaluate(paper) != light


def test_documents_forbid_what_somebody_might_write_into_them(service):
    policies = set()
    for view in VIEWS:
        answer = httpx.get(f"{service}{view}")
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy and "http" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
        policies.add(policy)
        nonce = policy.partition("'nonce-")[2].partition("'")[0]
        assert nonce in answer.text and "NONCE" not in answer.text
        asked = httpx.head(f"{service}{view}")
        assert (asked.status_code, asked.content) == (200, b"")
    assert len(policies) == len(VIEWS)  # a nonce is drawn anew each time


def test_what_documents_name_is_kept_for_good_and_nothing_else_is_given(service):
    document = httpx.get(f"{service}/runs").text
    assets = [part.partition('"')[0] for part in document.split('"/assets/')[1:]]
    assert assets
    for name in assets:
        answer = httpx.get(f"{service}/assets/{name}")
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"], name
    for name in ("index.html", "..%2findex.html", "%2e%2e%2f%2e%2e%2fpackage.json", "x.js", ".js", "%00.js"):
        assert httpx.get(f"{service}/assets/{name}").status_code == 404, name


def test_an_address_that_leads_nowhere(open_page, service):
    page = open_page("/nowhere/at/all")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.get_by_role("link", name="Runs", exact=True).first.click()
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()
    browser = httpx.get(f"{service}/nowhere", headers={"Accept": "text/html,*/*"})
    assert browser.status_code == 404 and "nonce-" in browser.headers["content-security-policy"]
    program = httpx.get(f"{service}/nowhere")
    assert program.status_code == 404 and program.json()["type"] == "/problems/not-found"
    assert httpx.post(f"{service}/nowhere", headers={"Accept": "text/html"}).json()["status"] == 404


def test_it_asks_for_a_key_where_the_service_needs_one(open_page, jobs, demo_run):
    keys = Keys(jobs.environment.folder / "keys.json")
    _, key = keys.create("pages", ("read",))
    try:
        with listening(jobs.environment, requests=REQUESTS) as at:
            page = open_page("/runs?text=demo", at=at)
            page.get_by_label("API key").fill("ig_wrong_key")
            page.get_by_role("button", name="Use it").click()
            expect(page.get_by_text("unknown or has expired")).to_be_visible()
            page.get_by_label("API key").fill(key)
            page.get_by_role("button", name="Use it").click()
            expect(page.get_by_role("link", name="demo", exact=True)).to_be_visible()
            assert key not in address(page)
            page.get_by_role("button", name="Sign out").click()
            expect(page.get_by_label("API key")).to_be_visible()
    finally:
        (jobs.environment.folder / "keys.json").unlink()
