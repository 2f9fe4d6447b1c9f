"""Columns, and a table, that several stories show."""

from blijfwijzer.disclosure.release import ColumnKind
from blijfwijzer.publish.columns import ENDS, ShownColumn, band, ends_of, flag, mean, points, text
from blijfwijzer.publish.spec import ShownTable

NONE = "–"
"""Stands where there is no figure, or where a group is the reference itself."""
GROUP = text("group", "id of the group, which ties tables together", is_key=True)
LABEL = text("label", "what the group is called")
LEVEL = text("level", "its unit level", written="verdict")
N = band("n", "respondents")
SECTOR = text("sector", "the largest unit that it is part of")
VERDICT = text("verdict", "what came of it", written="verdict")
DRIVER = text("driver", "scale or column that the contribution is of")
CHANGEABLE = flag("is_changeable", "whether an employer can change it")
CONTRAST = points(
    "contrast", "difference from the reference in its contribution to the risk", ends=ENDS
)
UNIT = text("label", "what the unit is called", heading="unit_label")
LARGEST = text("sector", "the largest unit that it is part of", heading="largest", is_optional=True)
SCALE = text("scale", "label of the scale")
DIMENSION = text("dimension", "label of the dimension")
POOLED = mean(
    "pooled", "mean drawn towards that of the unit above, in points of the scale", ends=ENDS
)
MARK = "`better`, `worse`, `no_mark` (no difference that counts) or empty (not compared)"
ATTRIBUTE = text("attribute", "background that parts people in groups")
REASON = text("reason", "why")
FACTS = ShownTable(
    "facts",
    "something that was read, or from which the page was made",
    (text("label", "what", heading="what"), text("value", "its value")),
)


def note(heading: str) -> ShownColumn:
    """Declare sentences on a row."""
    return text("note", "what a reader should know", heading=heading, is_long=True)


def change(name: str, meaning: str, kind: ColumnKind) -> ShownColumn:
    """Declare a difference of means or of percentages, to one decimal and with its sign."""
    heading = f"{name}_points" if kind == "points" else name
    return ShownColumn(name, meaning, kind, written="points", heading=heading, ends=ends_of(name))
