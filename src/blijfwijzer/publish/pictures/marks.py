"""Marks beside the figures of a table: each row's values on one axis, as inline SVG.

Label and figures stand in cells of the table, so that the page breaks lines and measures text, and
picture and table cannot disagree. Shape carries the meaning and colour only repeats it; the colours
are of Okabe & Ito (2008), and each has a contrast of at least 3 to 1 with white (WCAG 2.2, 1.4.11).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from blijfwijzer.publish.language.numbers import write_tick
from blijfwijzer.survey.texts import Language, Value

Shape = Literal["dot", "ring", "diamond", "tick", "bar", "hatched", "better", "worse", "plain"]
"""How a value is drawn. bar and hatched reach from zero; better, worse and plain are lines from
`low` to the value."""

WIDTH, _MARGIN, _HEIGHT = 300, 18, 24
_MIDDLE = _HEIGHT / 2
_APART = 5.0
"""Pixels above and below the middle of two marks with intervals in one row."""


@dataclass(frozen=True)
class Mark:
    """A value with its interval, drawn as a shape."""

    value: float
    shape: Shape = "dot"
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Drawing:
    """What is drawn beside the rows of a table."""

    finding: Value
    """What it shows, in a sentence: the caption for who cannot see it."""
    axis: Value
    """What the axis measures."""
    rows: tuple[tuple[Mark, ...], ...]
    """Marks of each row of the table, top first; later rows have none."""
    legend: tuple[tuple[Shape, Value], ...]
    """Shape and what it stands for."""
    has_zero: bool = True
    """Whether the axis reaches to zero, as it must for shares and differences; means on a scale of
    1-5 have no zero."""
    least: float = 0.0
    """Span of the axis, at least: values are rounded, and on a shorter axis the rounding would look
    like a difference."""


@dataclass(frozen=True)
class Axis:
    """Whole steps of 1, 2 or 5 times a power of ten, at most seven of them."""

    first: int
    last: int
    step: float

    def x(self, value: float) -> float:
        """Give the place of a value, in pixels from the left."""
        share = (value / self.step - self.first) / (self.last - self.first)
        return round(_MARGIN + share * (WIDTH - 2 * _MARGIN), 1)

    def ticks(self) -> list[float]:
        """Give the values at which the axis has a line."""
        return [place * self.step for place in range(self.first, self.last + 1)]


def span(low: float, high: float, has_zero: bool = True, least: float = 0.0) -> Axis:
    """Give the axis on which all values from `low` to `high` have a place."""
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
    width = (high - low) or 1.0
    power = 10.0 ** math.floor(math.log10(width))
    step = next(s * power / 10 for s in (1, 2, 5, 10, 20, 50) if width / (s * power / 10) <= 6)
    first = math.floor(low / step + 1e-9)
    return Axis(first, max(math.ceil(high / step - 1e-9), first + 1), step)


def axis_of(drawing: Drawing) -> Axis:
    """Give the axis that holds all marks of a drawing."""
    marks = [mark for row in drawing.rows for mark in row]
    ends = [end for m in marks for end in (m.value, m.low, m.high) if end is not None]
    return span(min(ends, default=0.0), max(ends, default=0.0), drawing.has_zero, drawing.least)


def draw_scale(axis: Axis, language: Language) -> Markup:
    """Draw the axis with its numbers."""
    digits = max(0, -math.floor(math.log10(axis.step)))
    parts = []
    for value in axis.ticks():
        text = write_tick(value, digits, language)
        parts.append(f'<text x="{axis.x(value)}" y="12">{text}</text>')
    lines = "".join(f"M{axis.x(value)} 16v4" for value in axis.ticks())
    return _svg("scale", 20, f'<path class="zero" d="{lines}"/>{"".join(parts)}')


def draw_row(marks: Sequence[Mark], axis: Axis) -> Markup:
    """Draw the marks of a row; two that have intervals do not hide each other."""
    lines = "".join(f"M{axis.x(value)} 0v{_HEIGHT}" for value in axis.ticks())
    parts = [f'<path class="grid" d="{lines}"/>']
    if axis.first < 0 < axis.last:
        parts.append(f'<path class="zero" d="M{axis.x(0)} 0v{_HEIGHT}"/>')
    is_crowded = sum(mark.shape != "tick" for mark in marks) > 1
    for place, mark in enumerate(marks):
        away = _APART if is_crowded and mark.shape != "tick" else 0.0
        y = _MIDDLE + (-away if place == 0 else away)
        if mark.shape in ("bar", "hatched"):
            left, right = sorted((axis.x(0), axis.x(mark.value)))
            parts.append(_bar(mark.shape, left, y, right - left))
        if mark.shape in ("better", "worse", "plain"):
            parts.append(_line(mark, axis))
        elif mark.low is not None and mark.high is not None:
            parts.append(_whisker(axis.x(mark.low), axis.x(mark.high), y))
        if mark.shape not in ("bar", "hatched"):
            parts.append(_shape(mark.shape, axis.x(mark.value), y))
    return _svg("mark", _HEIGHT, "".join(parts))


def draw_sign(shape: Shape) -> Markup:
    """Draw a shape for the legend."""
    sign = _bar(shape, 3, 8, 16) if shape in ("bar", "hatched") else _shape(shape, 11, 8)
    return _svg("sign", 16, sign, 22)


def _svg(name: str, height: int, inside: str, width: int = WIDTH) -> Markup:
    size = f'width="{width}" height="{height}"'
    return Markup(f'<svg class="{name}" {size} aria-hidden="true">{inside}</svg>')


def _whisker(left: float, right: float, y: float) -> str:
    return (
        f'<path class="whisker" d="M{left} {y - 4:g}v8M{left} {y:g}H{right}M{right} {y - 4:g}v8"/>'
    )


def _line(mark: Mark, axis: Axis) -> str:
    """Draw a line from where something was; a ring is where it began."""
    start = axis.x(mark.value if mark.low is None else mark.low)
    return (
        f'<path class="line {mark.shape}" d="M{start} {_MIDDLE:g}H{axis.x(mark.value)}"/>'
        f"{_shape('ring', start, _MIDDLE)}"
    )


def _bar(shape: Shape, x: float, y: float, width: float) -> str:
    return f'<rect class="{shape}" x="{x:g}" y="{y - 7:g}" width="{width:.1f}" height="14"/>'


def _shape(shape: Shape, x: float, y: float) -> str:
    match shape:
        case "ring":
            return f'<circle class="ring" cx="{x}" cy="{y:g}" r="4.5"/>'
        case "diamond":
            return f'<path class="diamond" d="M{x} {y - 6:g}l6 6l-6 6l-6-6z"/>'
        case "tick":
            return f'<path class="tick" d="M{x} {y - 9:g}v18"/>'
        case "better":
            return f'<path class="better" d="M{x - 6:g} {y + 5:g}h12l-6-11z"/>'
        case "worse":
            return f'<path class="worse" d="M{x - 6:g} {y - 5:g}h12l-6 11z"/>'
        case _:
            return f'<circle class="dot" cx="{x}" cy="{y:g}" r="5"/>'
