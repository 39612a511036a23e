"""Fonts for letters that DejaVu Sans, which comes with matplotlib, has no glyphs of: those of this machine that do."""

from collections.abc import Iterable, Iterator
from functools import cache

from matplotlib.figure import Figure
from matplotlib.font_manager import FontEntry, findfont, fontManager, get_font
from matplotlib.text import Text

USUAL = "DejaVu Sans"
PREFERRED = ("Noto Sans", "PingFang", "Microsoft YaHei", "WenQuanYi", "Arial Unicode")
"""Beginnings of the names of fonts that are tried before the others."""
SUBSTITUTE = "Last Resort"
"""Beginning of the name of a font that comes with matplotlib and has a box for every letter."""


def families(texts: Iterable[str]) -> list[str]:
    """The families to write texts in, by preference: each letter is taken from the first that has it."""
    missing = _letters(texts) - _glyphs(findfont(USUAL))
    chosen = [USUAL]
    for entry in _others() if missing else ():
        if found := missing & _glyphs(entry.fname):
            chosen.append(entry.name)
            missing -= found
            if not missing:
                break
    return chosen


def without_glyphs(figure: Figure) -> str:
    """The letters in a figure that no font of this machine has, each once; they are drawn as boxes."""
    texts = [artist.get_text() for artist in figure.findobj(Text) if isinstance(artist, Text)]
    had = {letter for name in families(texts) for letter in _glyphs(findfont(name))}
    return "".join(map(chr, sorted(_letters(texts) - had)))


def _letters(texts: Iterable[str]) -> set[int]:
    return {ord(letter) for text in texts for letter in text if letter.isprintable()}


def _others() -> Iterator[FontEntry]:
    """A regular font of each other family."""
    entries = (
        entry
        for entry in fontManager.ttflist
        if entry.style == "normal" and entry.weight == 400 and not entry.name.startswith((USUAL, SUBSTITUTE))
    )
    by_name = {entry.name: entry for entry in sorted(entries, key=lambda entry: entry.fname)}
    yield from sorted(by_name.values(), key=lambda entry: (not entry.name.startswith(PREFERRED), entry.name))


@cache
def _glyphs(file: str) -> frozenset[int]:
    """The letters that a font has; none where it cannot be drawn, such as one of coloured bitmaps."""
    try:
        font = get_font(file)
        font.set_size(10, 72)
        return frozenset(font.get_charmap())
    except (RuntimeError, OSError, ValueError):
        return frozenset()
