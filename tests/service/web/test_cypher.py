"""Cypher: a question of one's own, from the first letters to its answer as a table, a graph, a file and a link."""

import csv
import io
import json
import re
import subprocess
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pyarrow as pa
import pytest
from playwright.sync_api import Page, expect
from pyarrow import parquet

from service.operations.keys import Keys
from tests.service.api.conftest import listening
from tests.service.web.conftest import NARROW, REQUESTS, WIDE, address, overflow, serious, write

CASES = """MATCH (:Run {name: $run})-[:HAS_CASE]->(c:Case)
RETURN c.task AS task, c.name AS case, c.instances AS sentences"""
SLOW = "UNWIND range(1, 4000000000) AS x RETURN sum(x) AS total"


@pytest.fixture
def asking(open_page, demo_run) -> Page:
    page = open_page("/cypher")
    expect(editor(page)).to_be_visible()
    return page


def editor(page: Page):
    return page.get_by_label("Cypher query")


def ask(page: Page, query: str) -> None:
    write(page, query)
    page.get_by_role("button", name="Run", exact=True).click()


def answer(page: Page):
    return page.get_by_role("region", name="Rows of the answer")


def test_a_question_is_asked_and_its_link_shows_the_same_elsewhere(asking, open_page):
    write(asking, CASES)
    asking.get_by_label("Value of $run").fill("demo")
    asking.get_by_label("Rows at most").fill("5")
    asking.keyboard.press("Tab")
    editor(asking).focus()
    asking.keyboard.press("Control+Enter")
    expect(answer(asking).get_by_role("row")).to_have_count(6)
    expect(asking.get_by_text("There are more rows.")).to_be_visible()
    asked = parse_qs(urlsplit(address(asking)).query)
    assert asked["q"] == [CASES] and asked["rows"] == ["5"] and json.loads(asked["params"][0]) == {"run": "demo"}
    again = open_page(address(asking))
    expect(answer(again).get_by_role("row")).to_have_count(6)
    expect(again.get_by_label("Value of $run")).to_have_value("demo")
    expect(again.get_by_label("Rows at most")).to_have_value("5")
    expect(editor(again)).to_contain_text("c.instances AS sentences")


def test_back_leads_to_the_question_before(asking):
    ask(asking, "RETURN 'one' AS first")
    expect(answer(asking)).to_contain_text("one")
    ask(asking, "RETURN 'two' AS second")
    expect(answer(asking)).to_contain_text("two")
    asking.go_back()
    expect(answer(asking)).to_contain_text("one")
    expect(editor(asking)).to_contain_text("RETURN 'one' AS first")


def test_it_completes_what_the_graph_holds(asking):
    editor(asking).click()
    offered = asking.get_by_role("listbox", name="Completions")
    asking.keyboard.type("MATCH (c:")
    expect(offered).to_contain_text(":Instance")
    asking.keyboard.type("Cas")
    asking.keyboard.press("Control+Space")
    expect(offered.get_by_role("option").first).to_have_text(":Case")
    asking.keyboard.press("Enter")
    expect(editor(asking)).to_contain_text("MATCH (c:Case)")
    asking.keyboard.press("End")
    asking.keyboard.type("-[:")
    expect(offered).to_contain_text(":HAS_SITE")
    asking.keyboard.press("Escape")
    asking.keyboard.press("End")
    asking.keyboard.type("-() RETURN c.")
    expect(offered).to_contain_text("completeness_error")


def test_it_begins_with_a_report(asking):
    asking.get_by_label("Begin with").select_option(label="Attractors")
    expect(editor(asking)).to_contain_text("matched")
    expect(asking.get_by_label("Value of $level")).to_have_value("attention")
    expect(asking.get_by_label("Type of $task")).to_have_value("JSON")
    asking.get_by_label("Type of $task").select_option("text")
    asking.get_by_label("Value of $task").fill("sva-obj")
    run = httpx.get(asking.url.partition("/cypher")[0] + "/v1/runs/demo").json()["id"]
    asking.get_by_label("Value of $run").fill(run)
    asking.get_by_role("button", name="Run", exact=True).click()
    expect(answer(asking)).to_contain_text("matched case")
    expect(answer(asking)).to_contain_text("sva-obj")


def test_parameters_are_values_of_their_kind(asking):
    write(asking, "RETURN $list[1] AS second, $number + 1 AS more, $text AS word")
    asking.get_by_label("Type of $list").select_option("JSON")
    run = asking.get_by_role("button", name="Run", exact=True)
    asking.get_by_label("Value of $list").fill("[1, ")
    expect(asking.get_by_text("This is no JSON")).to_be_visible()
    expect(run).to_be_disabled()
    asking.get_by_label("Value of $list").fill('["a", "b"]')
    asking.get_by_label("Type of $number").select_option("number")
    expect(asking.get_by_text("This is no number")).to_be_visible()
    asking.get_by_label("Value of $number").fill("41")
    asking.get_by_label("Value of $text").fill("41")
    run.click()
    expect(answer(asking).get_by_role("cell")).to_have_text(["b", "42", "41"])


def test_a_mistake_is_marked_where_it_is(asking):
    ask(asking, "MATCH (n:Case)\nRETURN m")
    alert = asking.get_by_role("alert")
    expect(alert).to_contain_text("line 2, column 8")
    expect(alert).to_contain_text("Variable `m` not defined")
    line = asking.locator(".cm-line").nth(1)
    expect(line.locator("[class*=mistake]")).to_have_text("m")
    editor(asking).press("End")
    asking.keyboard.type("n")
    expect(line.locator("[class*=mistake]")).to_have_count(0)
    ask(asking, "RETRUN 1")
    expect(alert).to_contain_text("line 1, column 1")
    ask(asking, "RETURN 1 AS one")
    expect(answer(asking)).to_contain_text("1")
    expect(alert).to_have_count(0)


@pytest.mark.parametrize("query", ["CREATE (n:Run {name: 'x'}) RETURN n", "MATCH (n) DETACH DELETE n", "SHOW USERS"])
def test_what_writes_is_refused_with_what_to_do(asking, query):
    ask(asking, query)
    expect(asking.get_by_role("alert")).to_contain_text("refused")
    expect(asking.get_by_role("alert")).to_contain_text("A query can only read the graph")


def test_a_key_that_may_not_query_is_told_so(open_page, jobs, demo_run):
    keys = jobs.environment.folder / "keys.json"
    _, key = Keys(keys).create("reader", ("read",))
    try:
        with listening(jobs.environment, requests=REQUESTS) as at:
            page = open_page("/cypher", at=at, key=key)
            ask(page, "RETURN 1 AS one")
            expect(page.get_by_role("alert")).to_contain_text("Use a key with the scope query")
            assert key not in address(page) and key not in page.evaluate("JSON.stringify(localStorage)")
    finally:
        keys.unlink()


def test_what_takes_too_long_is_ended_or_cancelled(asking):
    asking.get_by_label("Seconds at most").fill("1")
    ask(asking, SLOW)
    expect(asking.get_by_role("alert")).to_contain_text("more than 1 s")
    asking.get_by_label("Seconds at most").fill("25")
    asking.get_by_role("button", name="Run", exact=True).click()
    expect(asking.get_by_text("Asking the graph")).to_be_visible()
    asking.get_by_role("button", name="Cancel").click()
    expect(asking.get_by_role("button", name="Cancel")).to_be_hidden()
    ask(asking, "RETURN 1 AS one")
    expect(answer(asking)).to_contain_text("1")


def test_nodes_and_relationships_are_drawn(asking, tmp_path):
    asking.get_by_label("Begin with").select_option(label="A sentence's strongest edges, as a graph")
    asking.get_by_label("Value of $run").fill("demo")
    asking.get_by_role("button", name="Run", exact=True).click()
    expect(answer(asking)).to_contain_text("[:FLOWS {component:")
    asking.get_by_role("button", name="Graph", exact=True).click()
    picture = asking.get_by_role("img", name=re.compile(r"nodes and 40 relationships"))
    expect(picture).to_be_visible()
    expect(asking).to_have_url(re.compile("view=graph"))
    picture.locator("g[data-id]").first.hover()
    expect(asking.get_by_text("position", exact=True)).to_be_visible()
    asking.get_by_text("The same as tables").click()
    relationships = asking.get_by_role("region", name="Relationships")
    expect(relationships.get_by_role("row")).to_have_count(41)
    for form, first in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with asking.expect_download() as download:
            asking.get_by_role("button", name=f"Save the graph as {form}").click()
        download.value.save_as(tmp_path / form)
        content = (tmp_path / form).read_bytes()
        assert content.startswith(first) and b"var(" not in content and len(content) > 5000


def test_a_picture_that_would_be_too_large_says_what_it_leaves_out(asking):
    asking.get_by_label("Rows at most").fill("2000")
    ask(asking, "MATCH (:Run {name: 'demo'})-[:HAS_CASE]->(c)<-[:OF]-(i)-[:HAS]->(a) RETURN i, a LIMIT 400")
    asking.get_by_role("button", name="Graph", exact=True).click()
    expect(asking.get_by_role("note")).to_contain_text("300 nodes")
    expect(asking.get_by_role("note")).to_contain_text("left out")


def test_what_was_asked_is_kept_in_this_browser(asking):
    ask(asking, "RETURN 'first' AS word")
    expect(answer(asking)).to_contain_text("first")
    write(asking, "RETURN $x AS word")
    asking.get_by_label("Value of $x").fill("second")
    asking.get_by_role("button", name="Run", exact=True).click()
    expect(answer(asking)).to_contain_text("second")
    asking.goto("/cypher")
    asking.get_by_label("Asked before").select_option(label="RETURN 'first' AS word")
    expect(editor(asking)).to_have_text("RETURN 'first' AS word")
    asking.get_by_label("Asked before").select_option(label="RETURN $x AS word")
    expect(asking.get_by_label("Value of $x")).to_have_value("second")
    asking.get_by_role("button", name="Forget them").click()
    expect(asking.get_by_label("Asked before")).to_have_count(0)
    assert asking.evaluate("localStorage.getItem('cypher_history')") is None


def test_the_answer_in_every_format(asking, tmp_path):
    ask(asking, "UNWIND ['a', 'b'] AS word RETURN word, size(word) AS letters")
    found = {}
    for form in ("CSV", "JSON", "Parquet", "Arrow"):
        with asking.expect_download() as download:
            asking.get_by_role("button", name=f"Download the answer as {form}").click()
        download.value.save_as(tmp_path / form)
        found[form] = (tmp_path / form).read_bytes()
    expected = [{"word": "a", "letters": 1}, {"word": "b", "letters": 1}]
    assert list(csv.reader(io.StringIO(found["CSV"].decode()))) == [["word", "letters"], ["a", "1"], ["b", "1"]]
    assert json.loads(found["JSON"])["values"] == [["a", 1], ["b", 1]]
    assert parquet.read_table(io.BytesIO(found["Parquet"])).to_pylist() == expected
    assert pa.ipc.open_file(found["Arrow"]).read_all().to_pylist() == expected


def test_the_request_that_gives_the_answer_does(asking):
    ask(asking, 'RETURN "it\'s" AS word')
    expect(answer(asking)).to_contain_text("it's")
    asking.get_by_text("The request that gives this").click()
    command = asking.get_by_text(re.compile("^curl ")).inner_text()
    done = subprocess.run(["bash", "-c", f"{command} -fsS"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["values"] == [["it's"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("view", ["table", "graph", "mistake"])
def test_answers_can_be_used_by_everyone(open_page, demo_run, view, size, theme):
    wrong = view == "mistake"
    query = "MATCH (n\nRETURN n" if wrong else "MATCH path = (:Run {name: $run})-[:HAS_CASE]->() RETURN path"
    asked = {"q": query, "view": view} | ({} if wrong else {"params": '{"run": "demo"}'})
    page = open_page(f"/cypher?{urlencode(asked)}", size=size, theme=theme)
    picture = page.get_by_role("img", name=re.compile("nodes"))
    shown = {"table": answer(page), "graph": picture, "mistake": page.get_by_role("alert")}
    expect(shown[view]).to_be_visible()
    expect(editor(page)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert serious(page) == []
    assert overflow(page) == 0
