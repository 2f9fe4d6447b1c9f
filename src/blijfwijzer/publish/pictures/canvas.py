"""What all pictures share: size, colour, wrapped labels, the note on what they do not say."""

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from blijfwijzer.disclosure.rounding import band
from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.publish.language.numbers import write_tick
from blijfwijzer.publish.language.texts import write
from blijfwijzer.risk.evaluation import TOO_SMALL
from blijfwijzer.survey.codebook import Codebook, Outcome
from blijfwijzer.survey.labels import group_label, labels_of
from blijfwijzer.survey.texts import Language, Message, Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Formatter

# Okabe & Ito (2008): told apart by colour-blind people and in grey.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#6b6b6b"
_LETTERS, _LINE = 8.6, 0.24
"""Letters of a title beside each other in an inch, and inches that one more line of it takes."""
_DPI = 130
ABOVE: Any = {
    **{"loc": "lower right", "bbox_to_anchor": (1, 1), "borderaxespad": 0.2},
    **{"frameon": False, "fontsize": 9, "ncols": 2},
}
"""Where the signs of a picture stand: above its marks, so that they lie over none."""


@dataclass(frozen=True)
class Picture:
    """A drawn figure and what it shows, for those who cannot see it."""

    figure: "Figure"
    alt: str

    @cached_property
    def png(self) -> bytes:
        """The figure as its file and its page have it, drawn once as that takes longest."""
        return to_bytes(self.figure, "png")


@dataclass(frozen=True)
class Subject:
    """Of which risk pictures and a page are, and in which language."""

    codebook: Codebook
    outcome: Outcome
    language: Language

    def in_words(self, value: Value) -> str:
        """Write what is to be said."""
        return write(value, self.language)

    def say(self, name: str, **values: Value) -> str:
        """Write a sentence of the catalogues."""
        return write(Message(name, values), self.language)

    @property
    def note(self) -> str:
        """The sentence that every picture and page of drivers carries."""
        return self.in_words(Message(id_of("plot.foot", self.outcome.kind)))

    @property
    def labels(self) -> dict[str, str]:
        """Words for each column and scale."""
        return {name: self.in_words(text) for name, text in labels_of(self.codebook).items()}

    def group(self, attribute: str, group: str) -> str:
        """Give words for a group of an evaluation: what was computed has a code."""
        if group == TOO_SMALL:
            return self.say("group.too_small")
        return self.in_words(group_label(self.codebook, attribute, group))

    def at_least(self, n: float) -> str:
        """Say how many people something stands for, as the lowest of their band."""
        return self.say("plot.n", n=band(n)[0])

    @contextmanager
    def canvas(
        self,
        width: float,
        height: float,
        what: str,
        rows: int = 1,
        columns: int = 1,
        n: float | None = None,
    ) -> "Iterator[tuple[Figure, list[Axes]]]":
        """Open a figure on `what` of the outcome, with the note that every picture carries.

        Parameters
        ----------
        n : people that all of it stands for, where it is not told of its parts
        """
        seen = self.say(what) if n is None else f"{self.say(what)} ({self.at_least(n)})"
        title = title_of(self.in_words(self.outcome.label), seen, int(_LETTERS * width))
        with canvas((width, height), title, self.note, rows, columns) as (figure, axes):
            for side in (side for one in axes for side in (one.xaxis, one.yaxis)):
                side.set_major_formatter(_ticks(self.language))
            yield figure, axes


def wrap(text: str, width: int = 38, lines: int = 2) -> str:
    r"""Break a label in lines; a longer one ends in dots.

    >>> wrap("een twee drie vier", 9)
    'een twee\ndrie vier'
    """
    broken = textwrap.wrap(text, width)
    if len(broken) > lines:
        last = textwrap.shorten(" ".join(broken[lines - 1 :]), width, placeholder="…")
        # One word alone is longer than the line.
        last = last if last != "…" else f"{broken[lines - 1][: width - 1]}…"
        broken = [*broken[: lines - 1], last]
    return "\n".join(broken)


def wrap_with(text: str, end: str, width: int, lines: int = 2) -> str:
    r"""Break a label in lines; `end` stays whole behind it, on a line of its own where it must.

    >>> wrap_with("een twee drie vier", "(n ≥ 10)", 9, 1)
    'een twee…\n(n ≥ 10)'
    """
    broken = wrap(text, width, lines)
    is_short = len(broken.rpartition("\n")[2]) + len(end) < width
    return f"{broken}{' ' if is_short else chr(10)}{end}"


def title_of(subject: str, seen: str, width: int) -> str:
    r"""Say of what a picture is and what is seen in it, which is never left out for want of room.

    >>> title_of("een twee drie", "vier", 9)
    'een twee\ndrie:\nvier'
    """
    whole = f"{subject}: {seen}"
    return whole if len(whole) <= width else f"{wrap(subject, width)}:\n{wrap(seen, width)}"


@contextmanager
def canvas(
    size: tuple[float, float], title: str, foot: str, rows: int = 1, columns: int = 1
) -> "Iterator[tuple[Figure, list[Axes]]]":
    """Open a figure with a title above and a note below."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width, height = size
    with mpl.rc_context(_STYLE):
        higher = height + _LINE * title.count("\n")
        figure = Figure(figsize=(width, higher), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=13)
        figure.supxlabel(foot, x=0.01, ha="left", fontsize=9, color=GREY)
        yield figure, axes


def _ticks(language: Language) -> "Formatter":
    """Write the numbers of an axis as matplotlib does, with the decimal mark of the language."""
    from matplotlib.ticker import ScalarFormatter

    mark = write_tick(0.5, 1, language)[1]

    class Ticks(ScalarFormatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return str(super().__call__(x, pos)).replace(".", mark)

    return Ticks()


def to_bytes(figure: "Figure", kind: str) -> bytes:
    """Render a figure as "png" or "svg"; the same figure always gives the same bytes."""
    import matplotlib as mpl

    buffer = io.BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    with mpl.rc_context(_STYLE):
        if layout := figure.get_layout_engine():
            # Once, and by itself: laid out again, what was drawn moves by a hair, and a figure that
            # has a layout is drawn an extra time for it whenever it is saved.
            figure.set_dpi(_DPI)
            layout.execute(figure)
            figure.set_layout_engine(None)
        figure.savefig(buffer, format=kind, dpi=_DPI, metadata=metadata)
    return buffer.getvalue()


_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    # A label is what people wrote: "from $5 to $10" is no formula, and half of one no fault.
    "text.parse_math": False,
    "svg.hashsalt": "blijfwijzer",
    "svg.fonttype": "none",
}
