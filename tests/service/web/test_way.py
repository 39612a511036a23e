"""The way of a user: a typed sentence, a job of a file, its superposition, a step's sentences, a link, a question."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.service.web.conftest import address, write
from tests.service.web.figure import figure
from tests.workers.jobs.conftest import Jobs
from workers.datasets import generate, write_instances

PATIENCE = 120_000


def test_from_a_sentence_to_what_many_have_in_common(open_page, worker: Jobs, tmp_path: Path):
    page = open_page("/")
    expect(figure(page)).to_be_visible(timeout=PATIENCE)  # of the example
    page.get_by_label("Sentence", exact=False).fill("the doctor that the nurses know [MASK] tall .")
    page.get_by_role("button", name="Analyse").click()
    expect(page.get_by_role("checkbox", name=re.compile("^doctor "))).to_be_checked(timeout=PATIENCE)

    path = tmp_path / "mine.jsonl"
    write_instances(path, generate("sva-obj", "SP", 8))
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_role("link", name="New job").first.click()
    page.get_by_text("A file", exact=True).click()
    page.get_by_label("File of sentences").set_input_files(path)
    page.get_by_label("Name").fill("the-way")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="the-way")).to_be_visible()
    expect(page.get_by_text("completed").first).to_be_visible(timeout=PATIENCE)

    page.get_by_role("link", name="Aggregate").first.click()
    expect(page.get_by_text("8 sentences laid over each other")).to_be_visible()
    page.get_by_text("The table behind the figure").click()
    page.get_by_role("region", name=re.compile("^Steps")).get_by_role(
        "button", name=re.compile(r"^\d+: ")
    ).first.click()
    behind = page.get_by_role("region", name="Sentences behind the step")
    expect(behind).to_be_visible()
    shared = open_page(address(page))
    expect(shared.get_by_role("region", name="Sentences behind the step")).to_be_visible()
    expect(shared.get_by_role("application").locator("[data-path]")).to_have_count(
        page.get_by_role("application").locator("[data-path]").count()
    )
    behind.get_by_role("link").first.click()
    expect(figure(page)).to_be_visible()

    page.get_by_role("link", name="Cypher", exact=True).click()
    write(page, "MATCH (:Run {name: 'the-way'})-[:HAS_CASE]->(c) RETURN c.instances AS count")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("region", name="Rows of the answer").get_by_role("cell")).to_have_text(["8"])
    write(page, "MATCH (c:Case) DETACH DELETE c")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("can only read the graph")
    assert [run.instances for run in worker.store.runs() if run.name == "the-way"] == [8]
