"""The tables of `climate` on units with a worrying culture."""

from blijfwijzer.publish.columns import ENDS, flag, mean, metric, share, text, whole
from blijfwijzer.publish.spec import ShownTable
from blijfwijzer.publish.tables.shared import (
    CHANGEABLE,
    CONTRAST,
    DIMENSION,
    DRIVER,
    GROUP,
    LARGEST,
    LEVEL,
    NONE,
    POOLED,
    UNIT,
    N,
    note,
)

TABLES = (
    ShownTable(
        "worrying",
        "a unit on the list and dimension",
        (
            *(GROUP, UNIT, LEVEL, LARGEST, N, DIMENSION),
            flag("is_screened", "whether units are screened by it"),
            POOLED,
            mean("reference", "what it is held against"),
            mean("difference", "difference from that", written="points"),
            share("probability", "probability that it is so low", heading="probability_low"),
        ),
        counted_by="n",
    ),
    ShownTable(
        "screened",
        "a unit level",
        (
            LEVEL,
            whole("units", "units that were screened", heading="units_screened"),
            whole("listed", "units on the list"),
            share("false", "expected share of these that is wrong", absent=NONE),
            share("found", "expected share of worrying units found", absent=NONE),
            note("why_not"),
        ),
    ),
    ShownTable(
        "checks",
        "a unit level and measure of how well its screening works",
        (
            *(LEVEL, text("measure", "the measure")),
            text("kind", "how its value is written", is_key=True),
            metric(
                "value",
                "its value on halves of units",
                heading="value_interval",
                ends=ENDS,
                absent=NONE,
                kind_from="kind",
            ),
        ),
    ),
    ShownTable(
        "pairs",
        "a pair of dimensions",
        (
            LEVEL,
            text("first", "one of the pair"),
            text("second", "the other"),
            flag("is_screened", "whether units are screened by it", heading="is_pair"),
            metric("auc", "how well it finds worrying units", ends=ENDS),
            whole("rank", "its place among the pairs"),
            metric("factor", "how well one general factor does that"),
        ),
    ),
    ShownTable(
        "worrying_drivers",
        "a unit on the list and what its intention to leave goes with",
        (UNIT, DRIVER, CHANGEABLE, CONTRAST),
    ),
    ShownTable(
        "remedies",
        "a unit on the list and what is said to help",
        (
            UNIT,
            text("dimension", "what is low", heading="dimensions", is_long=True),
            text("text", "what helps, in the source", heading="helps", is_long=True),
            text("claim", "the claim that tests it", heading="claim_tests"),
        ),
    ),
)
