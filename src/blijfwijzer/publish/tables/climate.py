"""The tables of `climate`: how scales measure, how it is to work in each unit, and who may know."""

from blijfwijzer.disclosure.release import ColumnKind
from blijfwijzer.publish.spec import (
    ENDS,
    ShownColumn,
    ShownTable,
    count,
    ends_of,
    flag,
    mean,
    metric,
    observed,
    points,
    share,
    text,
    whole,
)
from blijfwijzer.publish.tables.score import CHANGEABLE, CONTRAST, DRIVER, GROUP, LEVEL, N

NONE = "–"
"""Stands where there is no figure, or where a group is the reference itself."""
AGAINST = {"sector": "its largest unit", "all": "everyone", "previous": "the wave before"}
"""What a group is held against, in words for `docs/`."""

_SCALE = text("scale", "label of the scale")
_LABEL = text("label", "what the unit is called", heading="unit_label")
_LARGEST = text(
    "sector", "the largest unit that it is part of", heading="largest", is_optional=True
)
_DIMENSION = text("dimension", "label of the dimension")
_POOLED = mean(
    "pooled", "mean drawn towards that of the unit above, in points of the scale", ends=ENDS
)
_BEHAVIOUR = text("behaviour", "what happened")
_ATTRIBUTE = text("attribute", "background that parts people in groups")
_FAVOURABLE = "share of own answers that are favourable (low ones where low is better)"
_GRADE = "`pooled` as a grade of 1 to 10, 10 being best"
_RELIABILITY = "weight of the group's own answers in `pooled`, in [0, 1]; missing for everyone"
_WAY = "how its change is net of who responded: `raked`, `regressed` or `as_is`"
_MARK = "`better`, `worse`, `no_mark` (no difference that counts) or empty (not compared)"
_JUDGEMENT = (
    "whether the group may be compared with those in other largest units: `comparable`, `with "
    "care`, `not comparable` (held against its own largest unit only), `not tested`; empty for "
    "everyone"
)


def _note(heading: str) -> ShownColumn:
    return text("note", "what a reader should know", heading=heading, is_long=True)


def _metric(name: str, meaning: str) -> ShownColumn:
    return metric(name, meaning, absent=NONE)


def _interval(name: str, meaning: str) -> ShownColumn:
    return metric(name, meaning, ends=ends_of(name))


def _change(name: str, meaning: str, kind: ColumnKind) -> ShownColumn:
    """Declare a difference of means or of percentages, to one decimal and with its sign."""
    heading = f"{name}_points" if kind == "points" else name
    return ShownColumn(name, meaning, kind, written="points", heading=heading, ends=ends_of(name))


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
    mark = text(f"{name}_mark", _MARK, written="verdict", is_optional=is_optional)
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
        text(f"{name}_mark", _MARK),
    )


_INSTRUMENT = (
    ShownTable(
        "scales",
        "a scale",
        (
            _SCALE,
            whole("items", "items of the scale"),
            N,
            metric("alpha", "Cronbach's alpha", ends=ends_of("alpha"), absent=NONE),
            metric("omega", "McDonald's omega", ends=ends_of("omega"), absent=NONE),
            _metric("rmsea", "root mean square error of approximation of one factor"),
            _metric("cfi", "comparative fit of one factor"),
            _metric("srmr", "standardised root mean square residual of one factor"),
            _note("remark"),
        ),
        counted_by="n",
        held="everyone",
    ),
    ShownTable(
        "items",
        "an item of a scale",
        (
            _SCALE,
            text("item", "its label"),
            _metric("rest", "correlation with the sum of the other items"),
            metric(
                "loading",
                "loading on one factor of ordinal answers",
                ends=ends_of("loading"),
                absent=NONE,
            ),
        ),
        held="everyone",
    ),
    ShownTable(
        "agreement",
        "a scale and unit level",
        (
            *(_SCALE, LEVEL, whole("units", "units of that level")),
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
            _note("note_all"),
        ),
        held="everyone",
    ),
    ShownTable(
        "comparable",
        "a background and scale",
        (
            *(_ATTRIBUTE, _SCALE),
            text("judgement", "whether groups may be compared by it", written="verdict"),
            text("reason", "why", heading="why", is_long=True),
            text("barred", "groups that are not compared"),
            whole("different", "items that mean something else", absent=NONE),
            _metric("made", "difference that these items make, in points of the scale"),
        ),
        held="everyone",
    ),
    ShownTable(
        "compared",
        "a group by a background, and scale",
        (
            *(_ATTRIBUTE, text("label", "the group"), _SCALE, N),
            mean("observed", "difference from everyone", written="points"),
            _note("note"),
        ),
        counted_by="n",
        held="parts",
    ),
)
_UNITS = (
    ShownTable(
        "climate",
        "a group and dimension",
        (
            *(GROUP, _LABEL, LEVEL, _LARGEST, _DIMENSION, N, _POOLED),
            metric("reliability", _RELIABILITY),
            observed("favourable", _FAVOURABLE),
            mean("grade", _GRADE),
            text("judgement", _JUDGEMENT, written="verdict", heading="judgement_unit"),
            *(column for name in AGAINST for column in _against(name)),
            text("previous_way", _WAY, written="verdict", is_optional=True),
        ),
        held="groups",
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
            _POOLED,
            metric("reliability", _RELIABILITY),
            observed("favourable", _FAVOURABLE),
            mean("grade", _GRADE),
            *(column for name in AGAINST for column in _against_in_file(name)),
            text("previous_way", _WAY),
        ),
        counted_by="n",
        files=("climate.parquet",),
        is_for_programs=True,
        held="groups",
    ),
    ShownTable("hidden", "a unit of which nothing is shown", (GROUP, _LABEL, LEVEL, _LARGEST)),
    ShownTable(
        "trend",
        "a scale, of everyone or of a largest unit",
        (
            *(_SCALE, text("place", "of whom")),
            whole("items", "items that both waves have", heading="items_common"),
            N,
            mean("before", "mean of own answers before", heading="before_own"),
            mean("now", "mean of own answers now", heading="now_own"),
            _change("raw", "difference of these", "mean"),
            _change("net", "the same, net of who responded", "mean"),
            text("mark", _MARK, written="verdict", heading="verdict"),
            flag("is_net", "whether the waves could be made equal in who responded"),
        ),
        counted_by="n",
        held="groups",
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
        held="parts",
    ),
)
_WORRYING = (
    ShownTable(
        "worrying",
        "a unit on the list and dimension",
        (
            *(GROUP, _LABEL, LEVEL, _LARGEST, N, _DIMENSION),
            flag("is_screened", "whether units are screened by it"),
            _POOLED,
            mean("reference", "what it is held against"),
            mean("difference", "difference from that", written="points"),
            share("probability", "probability that it is so low", heading="probability_low"),
        ),
        counted_by="n",
        held="groups",
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
            _note("why_not"),
        ),
        held="counts",
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
        held="everyone",
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
        held="everyone",
    ),
    ShownTable(
        "worrying_drivers",
        "a unit on the list and what its intention to leave goes with",
        (_LABEL, DRIVER, CHANGEABLE, CONTRAST),
        held="groups",
    ),
    ShownTable(
        "remedies",
        "a unit on the list and what is said to help",
        (
            _LABEL,
            text("dimension", "what is low", heading="dimensions", is_long=True),
            text("text", "what helps, in the source", heading="helps", is_long=True),
            text("claim", "the claim that tests it", heading="claim_tests"),
        ),
    ),
)
_CONDUCT = (
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
        held="parts",
    ),
    ShownTable(
        "conduct_changes",
        "a behaviour",
        (
            *(_BEHAVIOUR, N),
            share("before", "share in the wave before"),
            share("now", "share in this wave"),
            _change("raw", "difference of these", "points"),
            _change("net", "the same, net of who responded", "points"),
        ),
        counted_by="n",
        held="parts",
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
        held="parts",
    ),
)
TABLES = {t.name: t for t in (*_INSTRUMENT, *_UNITS, *_WORRYING, *_CONDUCT)}
