"""Pictures as inline SVG: shapes and words carry the meaning, colour only repeats it.

Every picture has the finding as its description, so that it can be read without being seen. The
colours are of Okabe & Ito (2008), and each has a contrast of at least 3 to 1 with white (WCAG 2.2,
1.4.11).
"""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from markupsafe import Markup, escape

from blijfwijzer.publish.cells import clean_text
from blijfwijzer.survey.codebook import Language

Shape = Literal["dot", "ring", "diamond", "tick"]

BLUE, ORANGE, INK, LINE = "#0072B2", "#D55E00", "#1a1a1a", "#6b6b6b"

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 840, 280, 200, 26, 30
_TWO_LINES = 38
"""Height of a row where a label takes two lines."""
# Widths in ems of wide fonts (DejaVu Sans), at 13 pixels.
_WIDE, _CAPITAL, _PLAIN, _NARROW = 1.05, 0.8, 0.64, 0.4
_LONGEST = 160
"""Characters of a label in a picture, whatever its width."""
# About the width of a character of 13 pixels in a system font, for the places in a legend.
_CHARACTER = 7


@dataclass(frozen=True)
class Mark:
    """A value with its interval, drawn as a shape."""

    value: float
    shape: Shape = "dot"
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class DotRow:
    """A line of an interval chart; without marks only its text is shown."""

    label: str
    text: str
    """What stands at the right: the figures in words."""
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class BarRow:
    """A line of a bar chart."""

    label: str
    text: str
    value: float | None
    low: float | None = None
    high: float | None = None
    is_hatched: bool = False


@dataclass(frozen=True)
class Frame:
    """What every picture has around its marks."""

    key: str
    """Unique on the page: ids of title, description and pattern are made of it."""
    title: str
    finding: str
    """What the picture shows, for who cannot see it."""
    axis: str
    language: Language


@dataclass(frozen=True)
class _Room:
    """Where the plot begins, and how wide and high things are, in pixels."""

    width: int = _WIDTH
    left: int = _LEFT
    row: int = _ROW
    lines: int = 1
    """Lines that a label may take."""

    @property
    def right(self) -> int:
        """Where the plot ends."""
        return self.width - _RIGHT

    def middle(self, place: int) -> float:
        """Give the height of the middle of a row."""
        return _TOP + place * self.row + self.row / 2


def interval_chart(
    rows: Sequence[DotRow],
    frame: Frame,
    legend: Iterable[tuple[Shape, str]],
    has_zero: bool = True,
    least: float = 0.0,
    is_wide: bool = False,
    lines: int = 1,
) -> Markup:
    """Draw rows of estimates with whiskers.

    Parameters
    ----------
    rows : top first
    legend : shape and what it stands for
    has_zero : whether the scale reaches to zero, as it must for shares and differences; means on
        a scale of 1-5 have no zero
    least : span of the axis, at least: values are rounded, and on a shorter axis the rounding
        would look like a difference
    is_wide : whether there is more room for labels, for those that are sentences
    lines : that a label may take, 1 or 2, before it is cut
    """
    marks = [mark for row in rows for mark in row.marks]
    ends = [end for m in marks for end in (m.value, m.low, m.high) if end is not None]
    room = _Room(1_040, 440, lines=lines) if is_wide else _Room(lines=lines)
    if any(len(_lines(row.label, room)) > 1 for row in rows):
        room = replace(room, row=_TWO_LINES)
    low, high = min(ends, default=0.0), max(ends, default=0.0)
    scale = _Scale(low, high, has_zero, least, room)
    parts = [_axis(scale, len(rows), frame, room)]
    for place, row in enumerate(rows):
        y = room.middle(place)
        parts.append(_words(row.label, row.text, y, room))
        spread = _offsets(row.marks)
        for mark, offset in zip(row.marks, spread, strict=True):
            parts.append(_whisker(mark.low, mark.high, scale, y + offset))
            parts.append(_shape(mark.shape, scale.x(mark.value), y + offset))
    signs = [(_shape(s, 0, 0), text) for s, text in legend]
    return _svg(parts, len(rows), frame, signs, room)


def bar_chart(rows: Sequence[BarRow], frame: Frame, plain: str, hatched: str) -> Markup:
    """Draw bars from zero to the left and right, with whiskers where an interval is known.

    Parameters
    ----------
    rows : top first
    plain, hatched : what a bar of each kind stands for, in the legend
    """
    ends = [e for row in rows for e in (row.value, row.low, row.high) if e is not None]
    room = _Room()
    scale = _Scale(min(ends, default=0.0), max(ends, default=0.0), True, 0.0, room)
    parts = [pattern(frame.key), _axis(scale, len(rows), frame, room)]
    for place, row in enumerate(rows):
        y = room.middle(place)
        parts.append(_words(row.label, row.text, y, room))
        if row.value is not None:
            start, end = sorted((scale.x(0), scale.x(row.value)))
            parts.append(_bar(start, y, end - start, row.is_hatched, frame.key))
            parts.append(_whisker(row.low, row.high, scale, y))
    kinds = {row.is_hatched for row in rows}
    legend = [
        (_bar(-7, 0, 14, is_hatched, frame.key), text)
        for is_hatched, text in ((False, plain), (True, hatched))
        if is_hatched in kinds
    ]
    return _svg(parts, len(rows), frame, legend, room)


class _Scale:
    """Whole steps of 1, 2 or 5 times a power of ten, at most seven of them."""

    def __init__(self, low: float, high: float, has_zero: bool, least: float, room: _Room) -> None:
        if has_zero:
            low, high = min(low, 0.0), max(high, 0.0)
        short_of = max(least - (high - low), 0.0)
        # From zero an axis grows to the side where the values are; else to both sides alike.
        if has_zero and low == 0.0:
            high += short_of
        elif has_zero and high == 0.0:
            low -= short_of
        else:
            low, high = low - short_of / 2, high + short_of / 2
        self.room = room
        span = (high - low) or 1.0
        power = 10.0 ** math.floor(math.log10(span))
        step = next(s * power / 10 for s in (1, 2, 5, 10, 20, 50) if span / (s * power / 10) <= 6)
        self.first = math.floor(low / step + 1e-9)
        self.last = max(math.ceil(high / step - 1e-9), self.first + 1)
        self.step = step

    def x(self, value: float) -> float:
        share = (value / self.step - self.first) / (self.last - self.first)
        return round(self.room.left + share * (self.room.right - self.room.left), 1)

    def ticks(self, decimal: str) -> list[tuple[float, str]]:
        values = [place * self.step for place in range(self.first, self.last + 1)]
        digits = max(0, -math.floor(math.log10(self.step)))
        told = [f"{value:.{digits}f}".replace("-", "−") for value in values]
        return [(self.x(v), t.replace(".", decimal)) for v, t in zip(values, told, strict=True)]


def _axis(scale: _Scale, rows: int, frame: Frame, room: _Room) -> str:
    bottom = _TOP + rows * room.row
    zero = scale.x(0)
    parts = []
    for x, text in scale.ticks("," if frame.language == "nl" else "."):
        colour = INK if x == zero else "#d9d9d9"
        parts.append(
            f'<path d="M{x} {_TOP - 4}V{bottom}" stroke="{colour}"/>'
            f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{text}</text>'
        )
    middle = (room.left + room.right) / 2
    parts.append(
        f'<text x="{middle}" y="{bottom + 34}" text-anchor="middle">{escape(frame.axis)}</text>'
    )
    return "".join(parts)


def _words(label: str, text: str, y: float, room: _Room) -> str:
    lines = _lines(label, room)
    first = y + 4 - 7.5 * (len(lines) - 1)
    told = "".join(
        f'<text x="{room.left - 12}" y="{first + 15 * place:g}" text-anchor="end">'
        f"{escape(line)}</text>"
        for place, line in enumerate(lines)
    )
    return told + f'<text x="{room.right + 12}" y="{y + 4:g}">{escape(clean_text(text))}</text>'


def _lines(label: str, room: _Room) -> list[str]:
    """Part a label that is too wide for one line over two, where that is allowed."""
    most, text = (room.left - 14) / 13, short(label, _LONGEST)
    if room.lines == 1 or _width(text) <= most:
        return [fit(text, most)]
    words, first = text.split(" "), ""
    while words and _width(f"{first} {words[0]}".strip()) <= most:
        first = f"{first} {words.pop(0)}".strip()
    # A first word that is wider than a line leaves nowhere to part it.
    return [first, fit(" ".join(words), most)] if first else [fit(text, most)]


def fit(label: str, most: float) -> str:
    """Cut a label at a width in ems; a font's own widths are not known here."""
    text, ems = short(label, _LONGEST), 0.0
    for place, character in enumerate(text):
        ems += _ems(character)
        if ems > most:
            return text[: max(place - 1, 1)].rstrip("… ") + "…"
    return text


def _width(text: str) -> float:
    return sum(map(_ems, text))


def _ems(character: str) -> float:
    if character in "WMmw@%…—" or unicodedata.east_asian_width(character) in "WF":
        return _WIDE
    if character in "iljtfrI.,:;'|()[]-/ ":
        return _NARROW
    return _CAPITAL if character.isupper() else _PLAIN


def short(label: str, longest: int) -> str:
    """Cut a label for a picture or a row; the whole stands in the workbook."""
    text = " ".join(clean_text(label).split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _offsets(marks: tuple[Mark, ...]) -> list[float]:
    """Set apart what has an interval from what has none, so that they do not hide each other."""
    if sum(mark.shape != "tick" for mark in marks) < 2:
        return [0.0] * len(marks)
    return [0.0 if m.shape == "tick" else (-5.0 if i == 0 else 5.0) for i, m in enumerate(marks)]


def _whisker(low: float | None, high: float | None, scale: _Scale, y: float) -> str:
    if low is None or high is None:
        return ""
    left, right = scale.x(low), scale.x(high)
    return (
        f'<path d="M{left} {y - 4:g}v8M{left} {y:g}H{right}M{right} {y - 4:g}v8" fill="none" '
        f'stroke="{INK}" stroke-width="1.5"/>'
    )


def _shape(shape: Shape, x: float, y: float) -> str:
    if shape == "dot":
        return f'<circle cx="{x}" cy="{y:g}" r="5" fill="{BLUE}"/>'
    if shape == "ring":
        return f'<circle cx="{x}" cy="{y:g}" r="4.5" fill="#fff" stroke="{BLUE}" stroke-width="2"/>'
    if shape == "diamond":
        return f'<path d="M{x} {y - 6:g}l6 6l-6 6l-6-6z" fill="{ORANGE}"/>'
    return f'<path d="M{x} {y - 9:g}v18" stroke="{LINE}" stroke-width="4"/>'


def _bar(x: float, y: float, width: float, is_hatched: bool, key: str) -> str:
    fill, edge = (f"url(#{key}-h)", ORANGE) if is_hatched else (BLUE, BLUE)
    return (
        f'<rect x="{x:g}" y="{y - 7:g}" width="{width:.1f}" height="14" fill="{fill}" '
        f'stroke="{edge}"/>'
    )


def pattern(key: str) -> str:
    """Define the hatching of a picture."""
    return (
        f'<defs><pattern id="{key}-h" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="6" height="6" fill="#fff"/>'
        f'<path d="M0 0V6" stroke="{ORANGE}" stroke-width="4"/></pattern></defs>'
    )


def _svg(
    parts: Iterable[str], rows: int, frame: Frame, legend: Sequence[tuple[str, str]], room: _Room
) -> Markup:
    return picture(parts, _TOP + rows * room.row + 44, frame, legend, room.width)


def picture(
    parts: Iterable[str],
    height: float,
    frame: Frame,
    legend: Sequence[tuple[str, str]],
    width: int = _WIDTH,
) -> Markup:
    """Put a picture together, legend on top; all texts in `parts` are escaped by now."""
    x, y, signs = 12.0, 10, []
    for sign, text in legend:
        wide = 44 + len(text) * _CHARACTER
        if x > 12 and x + wide > width:
            x, y = 12.0, y + 20
        words = f'<text x="14" y="4">{escape(text)}</text>'
        signs.append(f'<g transform="translate({x:g} {y})">{sign}{words}</g>')
        x += wide
    return Markup(
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-labelledby="{frame.key}-t {frame.key}-d" font-size="13" fill="{INK}">'
        f'<title id="{frame.key}-t">{escape(clean_text(frame.title))}</title>'
        f'<desc id="{frame.key}-d">{escape(clean_text(frame.finding))}</desc>'
        + "".join(signs)
        + "".join(parts)
        + "</svg>"
    )
