"""The pages as their reader meets them: a real Chromium, a real service, this process's Neo4j and broker.

A page that asks any other origin, breaks its own policy, or writes an error to the console fails its test.
"""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from tests.service.api.conftest import listening
from tests.service.web.browser import PACKAGES, find_browser
from tests.workers.jobs.conftest import Jobs, jobs_at

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
AXE = PACKAGES / "axe-core" / "axe.min.js"
REQUESTS = 1_000_000
PATIENCE = 60_000  # milliseconds until what is expected of a page counts as missing, on a busy machine

expect.set_options(timeout=PATIENCE)

Open = Callable[..., Page]


@pytest.fixture(scope="module")  # its event loop must not outlive the module
def chromium() -> Iterator[Browser]:
    found = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.executable,
            env=found.environment,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def jobs(neo4j_server, broker, tmp_path_factory) -> Iterator[Jobs]:
    """This process's servers, for all tests of a module; no worker runs yet."""
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch, jobs_at(neo4j_server, broker, folder, patch) as jobs:
        yield jobs


@pytest.fixture(scope="module")
def worker(jobs: Jobs) -> Jobs:
    """A worker that runs, for all tests of a module, beside a sweeper."""
    jobs.sweeper()
    jobs.worker()
    return jobs


@pytest.fixture(scope="module")
def service(jobs: Jobs) -> Iterator[str]:
    """The address of a service of these servers."""
    with listening(jobs.environment, requests=REQUESTS) as address:
        yield address


@pytest.fixture
def open_page(chromium, service) -> Iterator[Open]:
    """Opens a view in a browser of its own: `open_page("/runs", width=NARROW, theme="dark")`."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_view(
        view: str, *, size: dict[str, int] = WIDE, theme: str = "light", at: str = service, key: str | None = None
    ) -> Page:
        context = chromium.new_context(
            viewport=size,  # pyright: ignore[reportArgumentType]
            color_scheme=theme,  # pyright: ignore[reportArgumentType]
            base_url=at,
            accept_downloads=True,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        if key is not None:
            context.add_init_script(f"sessionStorage.setItem('influence_api_key', '{key}')")
        page = context.new_page()
        page.on("request", lambda request: wrong.extend(foreign(request, at)))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda message: wrong.extend(complaint(message.type, message.text)))
        page.goto(view)
        return page

    yield open_view
    for context in contexts:
        context.close()
    assert wrong == []


def foreign(request: Request, service: str) -> list[str]:
    """A request that leaves the service's own origin."""
    own = urlsplit(service).netloc
    asked = urlsplit(request.url)
    inside = asked.scheme in ("data", "blob") or asked.netloc == own
    return [] if inside else [f"asked {request.url}"]


def complaint(kind: str, text: str) -> list[str]:
    """An error in the console; that a request was answered with a problem is said to the reader, not here."""
    if kind != "error" or "Failed to load resource" in text:
        return []
    return [f"console: {text}"]


def serious(page: Page) -> list[str]:
    """What axe-core finds on a page, of serious and critical weight."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {rule['help']} ({node['html'][:200]})"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def address(page: Page) -> str:
    """A page's address, once what was chosen has come into it: it follows a moment later."""
    before = ""
    while before != page.url:
        before = page.url
        page.wait_for_timeout(300)
    return before


def overflow(page: Page) -> int:
    """How many pixels the document is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def write(page: Page, query: str) -> None:
    """Write a query in place of what the editor holds, as a user does: select all, delete, type.

    `fill` replaces the coloured text in the document, behind the editor's back; the browser then writes the colour into
    an inline style, which the policy blocks.
    """
    editor = page.get_by_label("Cypher query")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(editor).not_to_contain_text(re.compile(r"\S"))
    page.keyboard.insert_text(query)
