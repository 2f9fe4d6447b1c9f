"""The tables of `climate` on how well scales measure, and for whom they mean the same."""

from blijfwijzer.publish.columns import (
    ShownColumn,
    ends_of,
    mean,
    metric,
    points,
    text,
    whole,
)
from blijfwijzer.publish.spec import ShownTable
from blijfwijzer.publish.tables.shared import ATTRIBUTE, LEVEL, NONE, SCALE, N, note


def _metric(name: str, meaning: str) -> ShownColumn:
    return metric(name, meaning, absent=NONE)


def _interval(name: str, meaning: str) -> ShownColumn:
    return metric(name, meaning, ends=ends_of(name))


TABLES = (
    ShownTable(
        "scales",
        "a scale",
        (
            SCALE,
            whole("items", "items of the scale"),
            N,
            metric("alpha", "Cronbach's alpha", ends=ends_of("alpha"), absent=NONE),
            metric("omega", "McDonald's omega", ends=ends_of("omega"), absent=NONE),
            _metric("rmsea", "root mean square error of approximation of one factor"),
            _metric("cfi", "comparative fit of one factor"),
            _metric("srmr", "standardised root mean square residual of one factor"),
            note("remark"),
        ),
        counted_by="n",
    ),
    ShownTable(
        "items",
        "an item of a scale",
        (
            SCALE,
            text("item", "its label"),
            _metric("rest", "correlation with the sum of the other items"),
            metric(
                "loading",
                "loading on one factor of ordinal answers",
                ends=ends_of("loading"),
                absent=NONE,
            ),
        ),
    ),
    ShownTable(
        "agreement",
        "a scale and unit level",
        (
            *(SCALE, LEVEL, whole("units", "units of that level")),
            points(
                "share",
                "share of variance that lies between units",
                written="tenths",
                heading="variance",
                ends=ends_of("share"),
                absent=NONE,
            ),
            _interval("icc1", "what one person's answer tells of the unit"),
            _interval("icc2", "how reliable the mean of a unit is"),
            _interval("rwg", "how much those in a unit agree"),
            note("note_all"),
        ),
    ),
    ShownTable(
        "comparable",
        "a background and scale",
        (
            *(ATTRIBUTE, SCALE),
            text("judgement", "whether groups may be compared by it", written="verdict"),
            text("reason", "why", heading="why", is_long=True),
            text("barred", "groups that are not compared"),
            whole("different", "items that mean something else", absent=NONE),
            _metric("made", "difference that these items make, in points of the scale"),
        ),
    ),
    ShownTable(
        "compared",
        "a group by a background, and scale",
        (
            *(ATTRIBUTE, text("label", "the group"), SCALE, N),
            mean("observed", "difference from everyone", written="points"),
            note("note"),
        ),
        counted_by="n",
    ),
)
