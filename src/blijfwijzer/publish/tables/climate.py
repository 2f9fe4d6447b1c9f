"""The tables of `climate` on how it is to work in each unit, and what changed."""

from blijfwijzer.publish.columns import (
    ShownColumn,
    count,
    ends_of,
    flag,
    mean,
    metric,
    observed,
    share,
    text,
    whole,
)
from blijfwijzer.publish.spec import ShownTable
from blijfwijzer.publish.tables.shared import (
    DIMENSION,
    GROUP,
    LARGEST,
    LEVEL,
    MARK,
    POOLED,
    SCALE,
    UNIT,
    N,
    change,
)

AGAINST = {"sector": "its largest unit", "all": "everyone", "previous": "the wave before"}
"""What a group is held against, in words for `docs/`."""
_FAVOURABLE = "share of own answers that are favourable (low ones where low is better)"
_GRADE = "`pooled` as a grade of 1 to 10, 10 being best"
_RELIABILITY = "weight of the group's own answers in `pooled`, in [0, 1]; missing for everyone"
_WAY = "how its change is net of who responded: `raked`, `regressed` or `as_is`"
_JUDGEMENT = (
    "whether the group may be compared with those in other largest units: `comparable`, `with "
    "care`, `not comparable` (held against its own largest unit only), `not tested`; empty for "
    "everyone"
)


def _against(name: str) -> tuple[ShownColumn, ...]:
    """Declare how a unit differs from a reference; absent where there is no wave before."""
    is_optional = name == "previous"
    difference = mean(
        f"{name}_difference",
        f"difference from {AGAINST[name]}",
        written="points",
        ends=ends_of(name),
        is_optional=is_optional,
    )
    mark = text(f"{name}_mark", MARK, written="verdict", is_optional=is_optional)
    return difference, mark


def _against_in_file(name: str) -> tuple[ShownColumn, ...]:
    """Declare what programs are told of a difference."""
    return (
        mean(f"{name}_mean", f"mean of {AGAINST[name]}"),
        mean(
            f"{name}_difference",
            f"difference from {AGAINST[name]}, in points of the scale",
            ends=ends_of(name),
        ),
        metric(f"{name}_d", "the same in standard deviations between people"),
        text(f"{name}_mark", MARK),
    )


TABLES = (
    ShownTable(
        "climate",
        "a group and dimension",
        (
            *(GROUP, UNIT, LEVEL, LARGEST, DIMENSION, N, POOLED),
            metric("reliability", _RELIABILITY),
            observed("favourable", _FAVOURABLE),
            mean("grade", _GRADE),
            text("judgement", _JUDGEMENT, written="verdict", heading="judgement_unit"),
            *(column for name in AGAINST for column in _against(name)),
            text("previous_way", _WAY, written="verdict", is_optional=True),
        ),
    ),
    ShownTable(
        "climate_file",
        "a group and dimension",
        (
            text("group", "id of the group; `all` is everyone"),
            text("label", "what it is called"),
            text("level", "its unit level"),
            text("parent", "id of the unit above it"),
            text("sector", "the largest unit that it is part of, if it is shown"),
            text("dimension", "name of the scale in the codebook"),
            text("dimension_label", "its label"),
            text("judgement", _JUDGEMENT),
            count("n", "respondents"),
            POOLED,
            metric("reliability", _RELIABILITY),
            observed("favourable", _FAVOURABLE),
            mean("grade", _GRADE),
            *(column for name in AGAINST for column in _against_in_file(name)),
            text("previous_way", _WAY),
        ),
        counted_by="n",
        files=("climate.parquet",),
        is_for_programs=True,
    ),
    ShownTable("hidden", "a unit of which nothing is shown", (GROUP, UNIT, LEVEL, LARGEST)),
    ShownTable(
        "trend",
        "a scale, of everyone or of a largest unit",
        (
            *(SCALE, text("place", "of whom")),
            whole("items", "items that both waves have", heading="items_common"),
            N,
            mean("before", "mean of own answers before", heading="before_own"),
            mean("now", "mean of own answers now", heading="now_own"),
            change("raw", "difference of these", "mean"),
            change("net", "the same, net of who responded", "mean"),
            text("mark", MARK, written="verdict", heading="verdict"),
            flag("is_net", "whether the waves could be made equal in who responded"),
        ),
        counted_by="n",
    ),
    ShownTable(
        "mix",
        "a trait and category",
        (
            text("trait", "background"),
            text("category", "the group", heading="label"),
            N,
            share("before", "share of the wave before"),
            share("now", "share of this wave"),
        ),
        counted_by="n",
    ),
)
