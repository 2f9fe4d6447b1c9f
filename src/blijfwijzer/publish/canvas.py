"""What all pictures share: size, colour, wrapped labels, the note on what they do not say."""

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blijfwijzer.publish.catalogue import id_of
from blijfwijzer.publish.messages import say
from blijfwijzer.survey.codebook import Language, Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito (2008): told apart by colour-blind people and in grey.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#6b6b6b"


@dataclass(frozen=True)
class Picture:
    """A drawn figure and what it shows, for those who cannot see it."""

    figure: "Figure"
    alt: str


def note(outcome: Outcome, language: Language) -> str:
    """Give the sentence that every picture and page of drivers carries."""
    return say(id_of("plot.foot", outcome.kind), language)


def titled(what: str, outcome: Outcome, language: Language) -> str:
    """Give a picture's title: the outcome, and what is drawn of it."""
    return f"{outcome.label.in_(language)}: {what}"


def wrap(text: str, width: int = 38, lines: int = 2) -> str:
    r"""Break a label in lines; a longer one ends in dots.

    >>> wrap("een twee drie vier", 9)
    'een twee\ndrie vier'
    """
    broken = textwrap.wrap(text, width)
    if len(broken) > lines:
        broken = [
            *broken[: lines - 1],
            textwrap.shorten(" ".join(broken[lines - 1 :]), width, placeholder="…"),
        ]
    return "\n".join(broken)


@contextmanager
def canvas(
    width: float, height: float, title: str, foot: str, rows: int = 1, columns: int = 1
) -> "Iterator[tuple[Figure, list[Axes]]]":
    """Open a figure with a title above and a note below."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=13)
        figure.supxlabel(foot, x=0.01, ha="left", fontsize=9, color=GREY)
        yield figure, axes


def to_bytes(figure: "Figure", kind: str) -> bytes:
    """Render a figure as "png" or "svg"; the same figure always gives the same bytes."""
    import matplotlib as mpl

    buffer = io.BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    with mpl.rc_context(_STYLE):
        figure.savefig(buffer, format=kind, dpi=130, metadata=metadata)
    return buffer.getvalue()


_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "svg.hashsalt": "blijfwijzer",
    "svg.fonttype": "none",
}
