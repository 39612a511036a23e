"""The instance figure: what must be told apart is, nothing overlaps, and equal figures are equal files."""

from dataclasses import replace
from itertools import combinations, pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from cypher.errors import InvalidInput
from service.figures import FORMATS, draw, named, save, strongest
from service.figures.instance import COLOURS, line_widths
from service.figures.strokes import SOFT
from tests.service.made_up import SENTENCE, make_result
from workers.analysis.settings import Settings
from workers.influence.component import SKIP

LONG = (
    "[CLS] it is said that the very old electroencephalo ##graphers near the tall building that nobody remembers "
    "anymore and whose windows were broken still always [MASK] $5 _x . [SEP]"
).split()
SIZES = [(SENTENCE[:7], 0, 1), (SENTENCE, 7, 6), (LONG, 23, 12), (LONG[:16], 15, 6)]


def lines(figure: Figure, colour: str) -> list[Line2D]:
    return [line for line in figure.axes[0].lines if to_hex(line.get_color()).upper() == colour.upper()]


def texts(figure: Figure) -> list[Text]:
    return [text for text in figure.axes[0].texts if text.get_text()]


@pytest.mark.parametrize("extension", FORMATS)
def test_every_format_is_written_the_same_twice(tmp_path, extension):
    result = make_result()
    for name in ("first", "second"):
        save(draw(result, strongest(result, 4)), tmp_path / f"{name}{extension}")
    first = (tmp_path / f"first{extension}").read_bytes()
    assert first == (tmp_path / f"second{extension}").read_bytes()
    assert first.startswith({".svg": b"<?xml", ".pdf": b"%PDF", ".png": b"\x89PNG"}[extension])


def test_the_svg_is_well_formed(tmp_path):
    result = make_result()
    save(draw(result, strongest(result, 4)), tmp_path / "figure.svg")
    assert ElementTree.parse(tmp_path / "figure.svg").getroot().tag.endswith("svg")


@pytest.mark.parametrize("name", ["figure.gif", "figure", ".svg"])
def test_another_extension_is_refused(tmp_path, name):
    with pytest.raises(InvalidInput, match=r"output: .* End it with one of \.svg, \.pdf, \.png"):
        save(Figure(), tmp_path / name)


def test_a_path_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match=r"output: cannot write .*No such file"):
        save(Figure(), tmp_path / "none" / "figure.svg")


@pytest.mark.parametrize(("tokens", "target", "layers"), SIZES)
@pytest.mark.parametrize("count", [1, 4, 8])
def test_no_two_texts_overlap_and_none_leaves_the_figure(tokens, target, layers, count):
    result = make_result(tokens, target=target, layers=layers, heads=12)
    figure = draw(result, strongest(result, count))
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [(text, text.get_window_extent(renderer)) for text in texts(figure)]
    for text, box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1, text
    level = [(text, box) for text, box in boxes if not text.get_rotation()]
    for (one, first), (other, second) in combinations(level, 2):
        assert not first.overlaps(second), (one, other)
    slanted = sorted(box.x1 for text, box in boxes if text.get_rotation())
    assert all(after - before > 14 for before, after in pairwise(slanted))


@pytest.mark.parametrize("length", [41, 130, 512])
def test_of_a_long_sentence_tokens_that_no_line_comes_near_are_folded(length):
    tokens = ["[CLS]", *(f"w{place}" for place in range(1, length - 2)), "[MASK]", "[SEP]"]
    result = make_result(tokens, target=length - 2, layers=3)
    words = strongest(result, 4)
    figure = draw(result, words)
    assert figure.get_size_inches()[0] < 40
    shown = {text.get_text() for text in texts(figure)}
    near = {position + by for word in words for position in word.path for by in (-1, 0, 1)}
    assert {tokens[position] for position in near if 0 <= position < length} <= shown
    folds = [text for text in texts(figure) if text.get_text() == "⋯"]
    counts = [
        int(text.get_text())
        for fold in folds
        for text in texts(figure)
        if text.get_position()[0] == fold.get_position()[0]
        and text.get_position()[1] < fold.get_position()[1]
        and text.get_text().isdecimal()
    ]
    assert len(counts) == len(folds) > 0 and min(counts) > 1
    assert sum(counts) == length - len(set(tokens) & shown)
    assert any(f"4 of {length - 1} words, with " in text for text in shown)


def test_tokens_and_title_are_set_as_they_are():
    result = make_result(
        ["[CLS]", "$x$", "a_b^2", "[MASK]", r"\frac", "[SEP]"], target=3, text="$x$ a_b^2 ***mask*** \\frac"
    )
    shown = [text.get_text() for text in texts(draw(result, strongest(result, 2)))]
    assert {"$x$", "a_b^2", r"\frac", "$x$ a_b^2 [MASK] \\frac"} <= set(shown)


def test_skips_are_dotted_and_heads_solid_with_their_number():
    result = make_result()
    word = next(word for word in result.words if SKIP in word.components and word.sign > 0)
    figure = draw(result, [word])
    drawn = lines(figure, COLOURS[0])
    assert [line.is_dashed() for line in drawn] == [component == SKIP for component in (*word.components, None)]
    badges = [text.get_text() for text in texts(figure) if text.get_fontsize() == 7]
    assert badges == [*(str(component) for component in word.components if component != SKIP), "3"]  # and the key's


@pytest.mark.parametrize(("sign", "foot", "coats"), [(1, "+", 1), (-1, "−", 2)])
def test_only_negative_lines_have_a_white_core_and_a_minus_foot(sign, foot, coats):
    result = make_result()
    word = next(word for word in result.words if word.sign == sign)
    figure = draw(result, [word])
    steps = [line for line in figure.axes[0].lines if 3 < line.get_zorder() < 3.5 and to_hex(line.get_color()) != SOFT]
    first = lines(figure, COLOURS[0])[0]
    coat = [line for line in steps if np.array_equal(np.asarray(line.get_xydata()), np.asarray(first.get_xydata()))]
    assert len(coat) == coats
    assert foot in [text.get_text() for text in texts(figure)]


def test_widths_follow_the_influence_through_the_components():
    result = make_result()
    words = strongest(result, 3)
    widths = line_widths(words)
    influences = [abs(word.attention_influence) for word in words]
    assert max(widths) == 7
    assert sorted(widths) == [width for _, width in sorted(zip(influences, widths, strict=True))]
    figure = draw(result, words)
    for order, width in enumerate(widths):
        assert {line.get_linewidth() for line in lines(figure, COLOURS[order])} == {width}


def test_strongest_takes_the_largest_whatever_the_sign():
    result = make_result()
    chosen = strongest(result, 3)
    least = min(abs(word.influence) for word in chosen)
    assert all(abs(word.influence) <= least for word in result.words if word not in chosen)
    assert [word.position for word in chosen] == sorted(word.position for word in chosen)


def test_words_are_named_by_their_rank():
    result = make_result()
    assert named(result, ["top:3"]) == strongest(result, 3)
    with pytest.raises(InvalidInput, match="'top:0' is not a source word"):
        named(result, ["top:0"])


def test_words_are_named_by_token_or_position_and_a_repeated_token_is_every_one():
    result = make_result()
    assert [word.position for word in named(result, ["pilot"])] == [2]
    assert [word.position for word in named(result, ["the", "2"])] == [1, 2, 4]


@pytest.mark.parametrize("name", ["nobody", "7", "99"])
def test_a_name_of_no_source_word_is_refused_with_the_known(name):
    with pytest.raises(
        InvalidInput, match=f"words: '{name}' is not a source word of sva-obj/SP/17. Use some of: 0 .CLS., 1 the"
    ):
        named(make_result(), [name])


def test_a_distribution_without_a_completeness_error_is_named():
    result = make_result(settings=Settings(distribution="gaussian:0.1"), completeness_error=None)
    figure = draw(result, strongest(result, 2))
    (said,) = [text.get_text() for text in texts(figure) if "baseline" in text.get_text()]
    assert "gaussian:0.1" in said and "completeness" not in said


def test_another_question_is_named_as_it_is():
    result = make_result(question="log_probability")
    shown = " ".join(text.get_text() for text in texts(draw(result, strongest(result, 2))))
    assert "log_probability = +3.21" in shown
    assert "logit" not in shown and "right" not in shown and "is − are" not in shown


def test_repeated_words_bear_their_position():
    result = make_result()
    words = [word for word in result.words if word.token == "the"]
    shown = [text.get_text() for text in texts(draw(result, words))]
    assert {"the·1", "the·4"} <= set(shown)


def test_the_key_tells_the_thinnest_line():
    result = make_result()
    words = strongest(result, 4)
    most = max(abs(word.attention_influence) for word in words)
    shown = [text.get_text() for text in texts(draw(result, words))]
    assert f"±{most * 3.2 / 7:#.2g} or less" in shown


def test_no_words_are_one_clear_error():
    with pytest.raises(InvalidInput, match="words: no word is named"):
        named(make_result(), [])


def test_tokens_are_drawn_as_they_read_and_named_either_way():
    tokens = [f"Ġ{token}" if 1 < position < 10 else token for position, token in enumerate(SENTENCE)]
    result = replace(make_result(tokens, text="the pilot"), texts=tuple(SENTENCE))
    drawn = [text.get_text() for text in texts(draw(result, strongest(result, 2)))]
    assert set(SENTENCE) <= set(drawn) and not any("Ġ" in text for text in drawn)
    assert "Ġguards" in [text.get_text() for text in texts(draw(result.as_spelled(), strongest(result, 2)))]
    for name in ("guards", "Ġguards", "5"):
        assert [word.position for word in named(result, [name])] == [5]
    assert [word.position for word in named(result, ["the"])] == [1, 4]
    with pytest.raises(InvalidInput, match=r"Use some of: .* 5 guards, 6 admire"):
        named(result, ["nobody"])
