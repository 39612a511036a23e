"""Results show themselves, and nothing in them can be taken for HTML."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from cypher.errors import Conflict, InvalidInput
from influence_graph import Result, Results, read_results, write_results
from tests.service.made_up import SENTENCE, make_result

EVIL = '<script>alert("x")</script>'


class Page(HTMLParser):
    """The tags and texts of HTML; every tag that is opened must be closed."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "img":
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if text := " ".join(data.split()):
            self.texts.append(text)


@pytest.fixture
def result() -> Result:
    return Result.of(make_result())


def test_a_result_is_the_same_with_what_shows_it(result):
    plain = make_result()
    assert result.to_json() == plain.to_json()
    assert Result.from_json(plain.to_json()) == result
    assert isinstance(Result.from_json(plain.to_json()), Result)


def test_a_result_shows_words_strongest_first_and_its_figure(result):
    page = Page(result._repr_html_())
    assert page.texts[0] == "the pilot that the guards admire [MASK] young ."
    assert "completeness error 0.013 %" in page.texts[1]
    words = [word.token for word in sorted(result.words, key=lambda word: -abs(word.influence))]
    body = page.texts[page.texts.index("path (· skip connection, ─3→ attention head 3)") + 1 :]
    assert [text for text in body if text in SENTENCE][: len(words)] == words
    (source,) = (value for name, value in page.attributes if name == "src")
    figure = base64.b64decode((source or "").removeprefix("data:image/svg+xml;base64,")).decode()
    assert figure == result.plot().svg()
    assert figure.startswith("<?xml") and "</svg>" in figure


def test_a_path_has_its_steps(result):
    word = result.strongest[0]
    pairs = zip(word.path[1:], word.components, strict=True)
    steps = ["·" if head == -1 else f"─{head}→ {result.label(at)}" for at, head in pairs]
    assert f"{result.label(word.position)} {' '.join(steps)}" in Page(result._repr_html_()).texts


@pytest.mark.parametrize("field", ["text", "correct", "wrong", "id", "model"])
def test_what_is_in_a_result_is_no_html(result, field):
    evil = replace(result, **{field: EVIL})
    for html in (evil._repr_html_(), Results([evil])._repr_html_()):
        page = Page(html)
        assert "script" not in page.tags
        assert not any(name.startswith("on") for name, _ in page.attributes)


def test_tokens_and_settings_are_no_html_either():
    tokens = ["[CLS]", EVIL, "[MASK]", "[SEP]"]
    made = make_result(tokens, target=2, question=EVIL)
    page = Page(Result.of(made)._repr_html_())
    assert "script" not in page.tags
    assert EVIL in page.texts


def test_colours_suit_light_and_dark(result):
    """Text has the page's colour, and only the figure has a background."""
    html = result._repr_html_() + Results([result])._repr_html_()
    assert re.findall(r"[\"; ](?:color|background-color):", html) == []
    assert set(re.findall(r"background:([^;\"]+)", html)) == {"transparent", "white", "#0072B2"}
    assert "prefers-color-scheme" not in html and "<style" not in html


def test_another_question_is_named():
    shown = Page(Result.of(make_result(question="log_probability"))._repr_html_()).texts[1]
    assert shown.startswith("log_probability = ")


def test_where_influences_need_not_add_up():
    shown = Page(Result.of(make_result(completeness_error=None))._repr_html_()).texts[1]
    assert "completeness error –" in shown


def test_words_of_a_figure_are_named_by_token_or_position(result):
    assert result.plot(["pilot", 5]).svg() == result.plot([2, "guards"]).svg() != result.plot().svg()
    with pytest.raises(InvalidInput, match="'pilots' is not a source word"):
        result.plot(["pilots"])


def test_a_figure_saves_itself(result, tmp_path):
    figure = result.plot()
    for name in ("figure.svg", "figure.pdf", "figure.png"):
        assert figure.save(tmp_path / name).stat().st_size > 5_000
    assert figure._repr_svg_() == figure.svg() == (tmp_path / "figure.svg").read_text()
    with pytest.raises(InvalidInput, match="is not the name of a figure"):
        figure.save(tmp_path / "figure.doc")


def test_many_results_are_a_table():
    results = Results(make_result(name=f"sva-obj/SP/{number}", seed=number) for number in range(30))
    page = Page(results._repr_html_())
    assert page.tags.count("tr") == 1 + 20
    right = sum(result.qoi > 0 for result in results)
    assert f"30 sentences, the first 20 shown; the model is right on {right}" in page.texts[-1]
    assert results.right == right and results.worst_completeness_error == 1.3e-4


def test_where_nothing_is_right_or_wrong_nobody_says_so():
    result = Result.of(replace(make_result(question="similarity"), reference="the pilots swim ."))
    assert result.right is None and result.sentence == result.text
    assert Page(result._repr_html_()).texts[1].startswith("cosine with 'the pilots swim .' = ")
    shown = Page(Results([result, result])._repr_html_()).texts[-1]
    assert "right" not in shown and "completeness error" in shown


def test_part_of_them_is_a_table_too():
    results = Results(make_result(name=str(number)) for number in range(5))
    assert isinstance(results[1:3], Results)
    assert [result.id for result in results[1:3]] == ["1", "2"]
    assert [result.id for result in results] == list("01234")
    assert repr(results) == "<Results of 5 sentences>"
    assert "0 sentences" in Page(Results([])._repr_html_()).texts[-1]


def test_files_of_results(tmp_path):
    results = Results(make_result(name=str(number)) for number in range(3))
    path = write_results(tmp_path / "results.jsonl", results)
    assert list(read_results(path)) == list(results)
    with pytest.raises(Conflict, match="already exists"):
        write_results(path, results)
    assert list(read_results(write_results(path, results[:1], replace=True))) == list(results[:1])
    with pytest.raises(InvalidInput, match="cannot read"):
        read_results(tmp_path / "none.jsonl")


def test_what_was_written_before_an_interruption_can_be_read(tmp_path):
    def some():
        yield from results[:2]
        raise KeyboardInterrupt

    results = Results(make_result(name=str(number)) for number in range(3))
    with pytest.raises(KeyboardInterrupt):
        write_results(tmp_path / "results.jsonl", some())
    assert list(read_results(tmp_path / "results.jsonl")) == list(results[:2])
