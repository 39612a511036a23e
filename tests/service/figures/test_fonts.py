"""Letters that the usual font lacks: another font of the machine, or a notice."""

import warnings
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import fontManager
from matplotlib.text import Text

from service.figures import draw, fonts, save, strokes, without_glyphs
from service.operations.figures import draw_result
from tests.service.made_up import make_result

RARE = "\U0001f9ff"  # no font here has it
TOKENS = ["[CLS]", "the", f"x{RARE}", "[MASK]", "[SEP]"]


def make_font(path: Path, name: str, letter: str) -> None:
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((900, 0), (900, 700), (0, 700)):
        pen.lineTo(corner)
    pen.closePath()
    square = pen.glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({ord(letter): "square"})
    builder.setupGlyf({".notdef": square, "square": square})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "square": (1000, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": name, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800, usWinAscent=800, usWinDescent=200)
    builder.setupPost()
    builder.save(path)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A font of this machine that has the letter."""
    make_font(tmp_path / "rare.ttf", "Rare Letters", RARE)
    monkeypatch.setattr(fontManager, "ttflist", [*fontManager.ttflist])
    fontManager.addfont(tmp_path / "rare.ttf")


@pytest.mark.parametrize("texts", [[], ["the pilot"], ["été − · ─3→", "שלום", "Ω"], ["a\nb\x1b"]])
def test_the_usual_font_is_enough(texts):
    assert fonts.families(texts) == ["DejaVu Sans"]


@pytest.mark.usefixtures("installed")
def test_a_font_that_has_the_letter():
    assert fonts.families(["the", f"a{RARE}"]) == ["DejaVu Sans", "Rare Letters"]


@pytest.mark.usefixtures("installed")
def test_a_figure_is_written_in_it(tmp_path):
    result = make_result(TOKENS, target=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = draw_result(result)
        drawn.save(tmp_path / "f.png")
    written = [text for text in drawn.figure.findobj(Text) if RARE in text.get_text()]  # pyright: ignore
    assert written and all("Rare Letters" in text.get_fontfamily() for text in written)  # pyright: ignore
    assert drawn.notices == []


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_letters_that_no_font_has_are_told_once(tmp_path, form):
    result = make_result(TOKENS, target=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = draw_result(result)
        save(drawn.figure, tmp_path / f"f.{form}")
    assert without_glyphs(drawn.figure) == RARE
    assert drawn.notices == [f"no font of this machine has {RARE}: drawn as boxes"]


def test_text_that_is_set_grows_with_the_sentence(monkeypatch):
    """And not with its square, as where whole lines are set for each of their words."""
    path = strokes.TextPath
    count = 0

    def counted(at, text, **options):
        nonlocal count
        count += len(text)
        return path(at, text, **options)

    monkeypatch.setattr(strokes, "TextPath", counted)
    letters = []
    for length in (60, 240):
        strokes.extent.cache_clear()
        count = 0
        result = make_result([f"word{number}" for number in range(length)], target=length - 1)
        draw(result, result.words[:4])
        letters.append(count)
    assert letters[1] < 5 * letters[0]
