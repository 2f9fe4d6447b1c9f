"""Pictures of culture: a heat map of units by dimensions, and lines from one wave to the next.

As in `charts`, shapes and words carry the meaning and colour only repeats it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from markupsafe import Markup, escape

from blijfwijzer.publish.cells import clean_text
from blijfwijzer.publish.charts import BLUE, LINE, ORANGE, Frame, fit, pattern, picture

Look = Literal["plain", "better", "worse", "hatched"]

_WIDTH, _LEFT, _ROW, _HEAD = 840, 196, 26, 158
_SLANT = 112
"""Room at the right for the last heading, which stands aslant."""
_FILLS: dict[Look, str] = {"plain": "#f4f4f4", "better": "#cfe6f5", "worse": "#fbd9c6"}
_PANEL, _GAP = (330, 510), 17
_SMALL = 8.5
"""Pixels of the words in a single cell of which nothing is shown."""


@dataclass(frozen=True)
class Cell:
    """A square of a heat map: its words, and what they come to."""

    text: str
    look: Look = "plain"
    sign: str = ""
    """Stands after the words."""


@dataclass(frozen=True)
class Line:
    """Something that went from one value to another."""

    label: str
    before: float
    now: float
    before_text: str
    now_text: str
    look: Literal["plain", "better", "worse"] = "plain"


def heat_map(
    rows: Sequence[tuple[str, Sequence[Cell]]],
    columns: Sequence[str],
    frame: Frame,
    legend: Sequence[tuple[Look, str]],
    signs: Sequence[tuple[str, str]] = (),
) -> Markup:
    """Draw cells with their words; a triangle up or down says which way a marked cell differs.

    Parameters
    ----------
    rows : label and one cell per column, top first
    legend : look and what it stands for
    signs : what stands after the words of a cell, and what it means
    """
    width = (_WIDTH - _LEFT - _SLANT) / max(len(columns), 1)
    parts = [pattern(frame.key)]
    for place, text in enumerate(columns):
        x = _LEFT + (place + 0.5) * width
        parts.append(
            f'<text transform="translate({x:.1f} {_HEAD - 8}) rotate(-45)">'
            f"{escape(fit(text, 15.5))}</text>"
        )
    for number, (label, cells) in enumerate(rows):
        y = _HEAD + number * _ROW
        parts.append(
            f'<text x="{_LEFT - 10}" y="{y + 17}" text-anchor="end">'
            f"{escape(fit(label, (_LEFT - 14) / 13))}</text>"
        )
        place = 0
        for look, alike in groupby(cells, key=lambda cell: cell.look):
            run = list(alike)
            if look == "hatched":
                parts.append(
                    _hidden(run[0].text, _LEFT + place * width, y, width, len(run), frame.key)
                )
            else:
                for step, cell in enumerate(run):
                    parts.append(_cell(cell, _LEFT + (place + step) * width, y, width))
            place += len(run)
    told = [(_swatch(look, frame.key), text) for look, text in legend]
    told += [(_sign(sign), text) for sign, text in signs]
    return picture(parts, _HEAD + len(rows) * _ROW + 8, frame, told)


def slope_chart(
    lines: Sequence[Line],
    frame: Frame,
    ends: tuple[str, str],
    legend: Sequence[tuple[Literal["plain", "better", "worse"], str]],
) -> Markup:
    """Draw a line from each value before to the value now.

    Labels that would lie on each other are set apart, each with a thin line to its own point.

    Parameters
    ----------
    ends : what stands above the values before and now
    """
    values = [value for line in lines for value in (line.before, line.now)]
    low, high = min(values, default=0.0), max(values, default=1.0)
    height = max(260, _GAP * (len(lines) + 2))
    top = 64
    step = (height - 20) / ((high - low) or 1.0)

    def y(value: float) -> float:
        return top + 10 + (high - value) * step

    left = _spread([y(line.before) for line in lines])
    right = _spread([y(line.now) for line in lines])
    parts = [
        f'<text x="{x}" y="{top - 14}" text-anchor="middle" font-weight="600">'
        f'{escape(text)}</text><path d="M{x} {top}V{top + height}" stroke="#d9d9d9"/>'
        for x, text in zip(_PANEL, ends, strict=True)
    ]
    for line, at_left, at_right in zip(lines, left, right, strict=True):
        colour, width, dash = _stroke(line.look)
        start, end = y(line.before), y(line.now)
        first, last = _PANEL
        parts.append(
            f'<path d="M{first} {start:.1f}L{last} {end:.1f}" stroke="{colour}" '
            f'stroke-width="{width}"{dash}/>'
            f'<circle cx="{first}" cy="{start:.1f}" r="3.5" fill="{colour}"/>'
            f'<circle cx="{last}" cy="{end:.1f}" r="3.5" fill="{colour}"/>'
            f'<path d="M{first - 5} {start:.1f}L{first - 16} {at_left:.1f}'
            f'M{last + 5} {end:.1f}L{last + 16} {at_right:.1f}" stroke="#b0b0b0"/>'
            f'<text x="{first - 20}" y="{at_left + 4:.1f}" text-anchor="end">'
            f"{escape(fit(line.label, 19))} {escape(line.before_text)}</text>"
            f'<text x="{last + 20}" y="{at_right + 4:.1f}">'
            f"{escape(line.now_text)} {escape(fit(line.label, 19))}</text>"
        )
    signs = [(_stroke_sign(look), text) for look, text in legend]
    return picture(parts, top + height + 16, frame, signs)


def _cell(cell: Cell, x: float, y: float, width: float) -> str:
    middle = x + width / 2
    shift = (10 if cell.sign else 7) if cell.look in ("better", "worse") else 0
    parts = [
        f'<rect x="{x:.1f}" y="{y + 1}" width="{width - 2:.1f}" height="{_ROW - 2}" '
        f'fill="{_FILLS[cell.look]}" stroke="#d9d9d9"/>'
        f'<text x="{middle - shift - 1:.1f}" y="{y + 17}" text-anchor="middle">'
        f"{escape(clean_text(f'{cell.text} {cell.sign}'.strip()))}</text>"
    ]
    if shift:
        parts.append(_triangle(cell.look, middle + 7 + shift, y + _ROW / 2))
    return "".join(parts)


def _hidden(text: str, x: float, y: float, width: float, cells: int, key: str) -> str:
    """Draw neighbours of which nothing is shown as one strip, with the words once."""
    size = 12 if cells > 1 else _SMALL
    strip = min(len(text) * size * 0.56 + 6, cells * width - 4)
    middle = x + cells * width / 2 - 1
    # Words on hatching are hard to read, so they stand on a white ground.
    return (
        f'<rect x="{x:.1f}" y="{y + 1}" width="{cells * width - 2:.1f}" height="{_ROW - 2}" '
        f'fill="url(#{key}-h)" stroke="{LINE}"/>'
        f'<rect x="{middle - strip / 2:.1f}" y="{y + 5}" width="{strip:.1f}" height="16" '
        f'fill="#fff"/><text x="{middle:.1f}" y="{y + 17}" text-anchor="middle" '
        f'font-size="{size}">{escape(clean_text(text))}</text>'
    )


def _triangle(look: Look, x: float, y: float) -> str:
    if look == "better":
        return f'<path d="M{x - 5:.1f} {y + 4:.1f}h10l-5 -9z" fill="{BLUE}"/>'
    return f'<path d="M{x - 5:.1f} {y - 4:.1f}h10l-5 9z" fill="{ORANGE}"/>'


def _swatch(look: Look, key: str) -> str:
    if look in ("better", "worse"):
        return _triangle(look, 0, 0)
    fill = f"url(#{key}-h)" if look == "hatched" else _FILLS[look]
    return f'<rect x="-8" y="-7" width="16" height="14" fill="{fill}" stroke="{LINE}"/>'


def _sign(sign: str) -> str:
    return f'<text x="0" y="4" text-anchor="middle">{escape(sign)}</text>'


def _stroke(look: str) -> tuple[str, float, str]:
    if look == "plain":
        return LINE, 1.2, ' stroke-dasharray="5 4"'
    return (BLUE if look == "better" else ORANGE), 3, ""


def _stroke_sign(look: str) -> str:
    colour, width, dash = _stroke(look)
    tilt = {"better": "M-8 5L8 -5", "worse": "M-8 -5L8 5"}.get(look, "M-8 0H8")
    return f'<path d="{tilt}" stroke="{colour}" stroke-width="{width}"{dash}/>'


def _spread(places: Sequence[float]) -> list[float]:
    """Set labels apart, each as near to its own place as the others allow."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    blocks: list[list[float]] = []
    for i in order:
        # A block is its middle and its number of labels; blocks that touch become one.
        blocks.append([places[i], 1.0])
        while len(blocks) > 1 and (
            blocks[-1][0] - blocks[-2][0] < _GAP * (blocks[-1][1] + blocks[-2][1]) / 2
        ):
            last, before = blocks.pop(), blocks.pop()
            count = last[1] + before[1]
            blocks.append([(last[0] * last[1] + before[0] * before[1]) / count, count])
    told = [
        middle + _GAP * (place - (count - 1) / 2)
        for middle, count in blocks
        for place in range(int(count))
    ]
    spread = [0.0] * len(places)
    for i, y in zip(order, told, strict=True):
        spread[i] = y
    return spread
