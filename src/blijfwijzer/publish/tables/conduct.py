"""The tables of `climate` on unwanted behaviour."""

from blijfwijzer.publish.columns import ENDS, ends_of, flag, mean, metric, observed, share, text
from blijfwijzer.publish.spec import ShownTable
from blijfwijzer.publish.tables.shared import NONE, N, change

_BEHAVIOUR = text("behaviour", "what happened")
TABLES = (
    ShownTable(
        "conduct",
        "a behaviour, for everyone or a category",
        (
            *(_BEHAVIOUR, text("by", "by what people are parted")),
            text("category", "the category", heading="label"),
            N,
            observed("share", "share to whom it happened", ends=ENDS),
        ),
        counted_by="n",
    ),
    ShownTable(
        "conduct_changes",
        "a behaviour",
        (
            *(_BEHAVIOUR, N),
            share("before", "share in the wave before"),
            share("now", "share in this wave"),
            change("raw", "difference of these", "points"),
            change("net", "the same, net of who responded", "points"),
        ),
        counted_by="n",
    ),
    ShownTable(
        "conduct_links",
        "a behaviour and what it goes with",
        (
            *(_BEHAVIOUR, text("outcome", "what it goes with"), N),
            text("unit", "in what the difference is expressed"),
            mean("plain", "difference between those it happened to and others", written="points"),
            mean("adjusted", "the same, given traits", written="points", ends=ENDS),
            metric("odds", "odds ratio of shares", ends=ends_of("odds"), absent=NONE),
            flag("is_large", "whether it is sure, and large enough to count"),
        ),
        counted_by="n",
    ),
)
