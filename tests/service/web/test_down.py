"""The service goes away while pages are open, and comes back: they say so, and go on by themselves."""

import pytest
from playwright.sync_api import expect

from tests.service.api.conftest import listening
from tests.service.web.conftest import REQUESTS, write
from tests.workers.jobs.conftest import Jobs, free_port, sentences

PATIENCE = 60_000
AWAY = "the service does not answer"


@pytest.mark.parametrize(("view", "part"), [("/runs", "li:has-text('patient')"), ("/runs/patient", "main")])
def test_a_page_waits_for_the_service_and_goes_on(open_page, jobs: Jobs, view, part):
    run = jobs.submit("patient", sentences(2))
    port = free_port()
    try:
        with listening(jobs.environment, port=port, requests=REQUESTS) as at:
            page = open_page(view, at=at)
            expect(page.locator(part)).to_contain_text("queued")
        expect(page.get_by_text(AWAY)).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("This page asks again by itself")).to_be_visible()
        expect(page.locator(part)).to_contain_text("patient")  # what it knew stays
        jobs.ledger.cancel(run)
        with listening(jobs.environment, port=port, requests=REQUESTS):
            expect(page.locator(part)).to_contain_text("cancelled", timeout=PATIENCE)
            expect(page.get_by_text(AWAY)).to_be_hidden(timeout=PATIENCE)
    finally:
        jobs.store.delete(run)


def test_what_is_asked_while_the_service_is_away_is_answered_when_it_is_back(open_page, jobs: Jobs, demo_run):
    port = free_port()
    with listening(jobs.environment, port=port, requests=REQUESTS) as at:
        page = open_page("/cypher", at=at)
        write(page, "MATCH (r:Run {name: 'demo'}) RETURN r.instances AS sentences")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text(AWAY)).to_be_visible(timeout=PATIENCE)
    with listening(jobs.environment, port=port, requests=REQUESTS):
        expect(page.get_by_role("cell", name="240")).to_be_visible(timeout=PATIENCE)
