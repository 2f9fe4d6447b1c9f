"""What is drawn of the estimates of one claim."""

import numpy as np
import pandas as pd

from blijfwijzer.publish.language.numbers import number
from blijfwijzer.publish.pictures.culture_pictures import LEAST_PERCENT
from blijfwijzer.publish.pictures.marks import Drawing
from blijfwijzer.publish.pictures.row_pictures import Legend, find_range, mark_of, records
from blijfwijzer.survey.texts import Value, say

_NOT_DRAWN = ("rank", "chance")
_LEAST_SPAN = {"percent": LEAST_PERCENT, "points": LEAST_PERCENT}
"""Span of an axis of estimates, at least, by how they are written; a tenth for others."""
_WITHOUT_ZERO = ("mean", "area")
"""Places on a scale, and areas under a curve, have no zero to reach to."""


def choose_drawn(estimates: pd.DataFrame, main: str) -> pd.DataFrame:
    """Take what is drawn: numbers of one kind, that which most of the deciding ones have.

    Numbers of another kind mean nothing on the same axis. A rank is no amount, and a chance is
    about the verdict, not about people.
    """
    known = [number(value) is not None for value in estimates["value"]]
    estimates = estimates[np.array(known, dtype=bool) & ~estimates["key"].isin(_NOT_DRAWN)]
    deciding = estimates.loc[estimates["sort"] == main, "key"]
    if not len(deciding):
        return estimates.head(0)
    # Of kinds that as many have, the first one counts.
    return estimates[estimates["key"] == deciding.value_counts(sort=False).idxmax()]


def draw_estimates(
    estimates: pd.DataFrame, drawn: pd.DataFrame, main: str, caption: Value
) -> Drawing:
    """Draw the estimates of one claim: diamonds for those that decide, rings for other ways.

    Parameters
    ----------
    estimates : one row per estimate: name, sort, value, low, high, measure (what it is a number
        of, in words), key (the same for programs) and kind (how it is written)
    drawn : those that are drawn, all of one kind
    main : `sort` of those that decide
    """
    first = drawn.iloc[0]
    rows = tuple(
        mark_of(row, "value", "diamond" if row["sort"] == main else "ring")
        if place in drawn.index
        else ()
        for place, row in zip(estimates.index, records(estimates), strict=True)
    )
    signs: Legend = (("diamond", say("legend.main")),)
    if set(drawn["sort"]) - {main}:
        signs = (*signs, ("ring", say("legend.check")))
    return Drawing(
        find_range(drawn.assign(label=drawn["name"]), "value", caption, first["kind"]),
        first["measure"],
        rows,
        signs,
        has_zero=first["key"] not in _WITHOUT_ZERO,
        least=_LEAST_SPAN.get(first["kind"], 0.1),
    )
