"""The tables of `climate`: how scales measure, how it is to work in each unit, and who may know."""

from blijfwijzer.disclosure.release import ColumnKind
from blijfwijzer.publish.spec import ENDS, ShownColumn, ShownTable, ends_of
from blijfwijzer.publish.tables.score import CHANGEABLE, CONTRAST, DRIVER, GROUP, LEVEL, N

NONE = "–"
"""Stands where there is no figure, or where a group is the reference itself."""
AGAINST = {"sector": "its largest unit", "all": "everyone", "previous": "the wave before"}
"""What a group is held against, in words for `docs/`."""

_SCALE = ShownColumn("scale", "text", "label of the scale")
_LABEL = ShownColumn("label", "text", "what the unit is called", heading="unit_label")
_LARGEST = ShownColumn(
    "sector", "text", "the largest unit that it is part of", heading="largest", is_optional=True
)
_DIMENSION = ShownColumn("dimension", "text", "label of the dimension")
_POOLED = ShownColumn(
    "pooled", "mean", "mean drawn towards that of the unit above, in points of the scale", ends=ENDS
)
_BEHAVIOUR = ShownColumn("behaviour", "text", "what happened")
_ATTRIBUTE = ShownColumn("attribute", "text", "background that parts people in groups")
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
    return ShownColumn("note", "text", "what a reader should know", heading=heading, is_long=True)


def _metric(name: str, meaning: str) -> ShownColumn:
    return ShownColumn(name, "metric", meaning, absent=NONE)


def _interval(name: str, meaning: str) -> ShownColumn:
    return ShownColumn(name, "metric", meaning, ends=ends_of(name))


def _change(name: str, meaning: str, kind: ColumnKind) -> ShownColumn:
    """Declare a difference of means or of percentages, to one decimal and with its sign."""
    heading = f"{name}_points" if kind == "points" else name
    return ShownColumn(name, kind, meaning, "points", heading, ends=ends_of(name))


def _against(name: str) -> tuple[ShownColumn, ...]:
    """Declare how a unit differs from a reference; absent where there is no wave before."""
    is_optional = name == "previous"
    difference = ShownColumn(
        f"{name}_difference",
        "mean",
        f"difference from {AGAINST[name]}",
        "points",
        ends=ends_of(name),
        is_optional=is_optional,
    )
    mark = ShownColumn(f"{name}_mark", "text", _MARK, "verdict", is_optional=is_optional)
    return difference, mark


def _against_in_file(name: str) -> tuple[ShownColumn, ...]:
    """Declare what programs are told of a difference."""
    return (
        ShownColumn(f"{name}_mean", "mean", f"mean of {AGAINST[name]}"),
        ShownColumn(
            f"{name}_difference",
            "mean",
            f"difference from {AGAINST[name]}, in points of the scale",
            ends=ends_of(name),
        ),
        ShownColumn(f"{name}_d", "metric", "the same in standard deviations between people"),
        ShownColumn(f"{name}_mark", "text", _MARK),
    )


_INSTRUMENT = (
    ShownTable(
        "scales",
        "a scale",
        (
            _SCALE,
            ShownColumn("items", "whole", "items of the scale"),
            N,
            ShownColumn("alpha", "metric", "Cronbach's alpha", absent=NONE, ends=ends_of("alpha")),
            ShownColumn("omega", "metric", "McDonald's omega", absent=NONE, ends=ends_of("omega")),
            _metric("rmsea", "root mean square error of approximation of one factor"),
            _metric("cfi", "comparative fit of one factor"),
            _metric("srmr", "standardised root mean square residual of one factor"),
            _note("remark"),
        ),
        counted_by="n",
    ),
    ShownTable(
        "items",
        "an item of a scale",
        (
            _SCALE,
            ShownColumn("item", "text", "its label"),
            _metric("rest", "correlation with the sum of the other items"),
            ShownColumn(
                "loading",
                "metric",
                "loading on one factor of ordinal answers",
                absent=NONE,
                ends=ends_of("loading"),
            ),
        ),
    ),
    ShownTable(
        "agreement",
        "a scale and unit level",
        (
            *(_SCALE, LEVEL, ShownColumn("units", "whole", "units of that level")),
            ShownColumn(
                "share",
                "points",
                "share of variance that lies between units",
                "tenths",
                "variance",
                absent=NONE,
                ends=ends_of("share"),
            ),
            _interval("icc1", "what one person's answer tells of the unit"),
            _interval("icc2", "how reliable the mean of a unit is"),
            _interval("rwg", "how much those in a unit agree"),
            _note("note_all"),
        ),
    ),
    ShownTable(
        "comparable",
        "a background and scale",
        (
            *(_ATTRIBUTE, _SCALE),
            ShownColumn("judgement", "text", "whether groups may be compared by it", "verdict"),
            ShownColumn("reason", "text", "why", heading="why", is_long=True),
            ShownColumn("barred", "text", "groups that are not compared"),
            ShownColumn("different", "whole", "items that mean something else", absent=NONE),
            _metric("made", "difference that these items make, in points of the scale"),
        ),
    ),
    ShownTable(
        "compared",
        "a group by a background, and scale",
        (
            *(_ATTRIBUTE, ShownColumn("label", "text", "the group"), _SCALE, N),
            ShownColumn("observed", "mean", "difference from everyone", "points"),
            _note("note"),
        ),
        counted_by="n",
    ),
)
_UNITS = (
    ShownTable(
        "climate",
        "a group and dimension",
        (
            *(GROUP, _LABEL, LEVEL, _LARGEST, _DIMENSION, N, _POOLED),
            ShownColumn("reliability", "metric", _RELIABILITY),
            ShownColumn("favourable", "observed", _FAVOURABLE),
            ShownColumn("grade", "mean", _GRADE),
            ShownColumn("judgement", "text", _JUDGEMENT, "verdict", "judgement_unit"),
            *(column for name in AGAINST for column in _against(name)),
            ShownColumn("previous_way", "text", _WAY, "verdict", is_optional=True),
        ),
    ),
    ShownTable(
        "climate_file",
        "a group and dimension",
        (
            ShownColumn("group", "text", "id of the group; `all` is everyone"),
            ShownColumn("label", "text", "what it is called"),
            ShownColumn("level", "text", "its unit level"),
            ShownColumn("parent", "text", "id of the unit above it"),
            ShownColumn("sector", "text", "the largest unit that it is part of, if it is shown"),
            ShownColumn("dimension", "text", "name of the scale in the codebook"),
            ShownColumn("dimension_label", "text", "its label"),
            ShownColumn("judgement", "text", _JUDGEMENT),
            ShownColumn("n", "count", "respondents"),
            _POOLED,
            ShownColumn("reliability", "metric", _RELIABILITY),
            ShownColumn("favourable", "observed", _FAVOURABLE),
            ShownColumn("grade", "mean", _GRADE),
            *(column for name in AGAINST for column in _against_in_file(name)),
            ShownColumn("previous_way", "text", _WAY),
        ),
        counted_by="n",
        files=("climate.parquet",),
        is_for_programs=True,
    ),
    ShownTable("hidden", "a unit of which nothing is shown", (GROUP, _LABEL, LEVEL, _LARGEST)),
    ShownTable(
        "trend",
        "a scale, of everyone or of a largest unit",
        (
            *(_SCALE, ShownColumn("place", "text", "of whom")),
            ShownColumn("items", "whole", "items that both waves have", heading="items_common"),
            N,
            ShownColumn("before", "mean", "mean of own answers before", heading="before_own"),
            ShownColumn("now", "mean", "mean of own answers now", heading="now_own"),
            _change("raw", "difference of these", "mean"),
            _change("net", "the same, net of who responded", "mean"),
            ShownColumn("mark", "text", _MARK, "verdict", "verdict"),
            ShownColumn("is_net", "flag", "whether the waves could be made equal in who responded"),
        ),
        counted_by="n",
    ),
    ShownTable(
        "mix",
        "a trait and category",
        (
            ShownColumn("trait", "text", "background"),
            ShownColumn("category", "text", "the group", heading="label"),
            N,
            ShownColumn("before", "share", "share of the wave before"),
            ShownColumn("now", "share", "share of this wave"),
        ),
        counted_by="n",
    ),
)
_WORRYING = (
    ShownTable(
        "worrying",
        "a unit on the list and dimension",
        (
            *(GROUP, _LABEL, LEVEL, _LARGEST, N, _DIMENSION),
            ShownColumn("is_screened", "flag", "whether units are screened by it"),
            _POOLED,
            ShownColumn("reference", "mean", "what it is held against"),
            ShownColumn("difference", "mean", "difference from that", "points"),
            ShownColumn(
                "probability", "share", "probability that it is so low", heading="probability_low"
            ),
        ),
        counted_by="n",
    ),
    ShownTable(
        "screened",
        "a unit level",
        (
            LEVEL,
            ShownColumn("units", "whole", "units that were screened", heading="units_screened"),
            ShownColumn("listed", "whole", "units on the list"),
            ShownColumn("false", "share", "expected share of these that is wrong", absent=NONE),
            ShownColumn("found", "share", "expected share of worrying units found", absent=NONE),
            _note("why_not"),
        ),
    ),
    ShownTable(
        "checks",
        "a unit level and measure of how well its screening works",
        (
            *(LEVEL, ShownColumn("measure", "text", "the measure")),
            ShownColumn("kind", "text", "how its value is written", is_key=True),
            ShownColumn(
                "value",
                "metric",
                "its value on halves of units",
                heading="value_interval",
                absent=NONE,
                kind_from="kind",
                ends=ENDS,
            ),
        ),
    ),
    ShownTable(
        "pairs",
        "a pair of dimensions",
        (
            LEVEL,
            ShownColumn("first", "text", "one of the pair"),
            ShownColumn("second", "text", "the other"),
            ShownColumn(
                "is_screened", "flag", "whether units are screened by it", heading="is_pair"
            ),
            ShownColumn("auc", "metric", "how well it finds worrying units", ends=ENDS),
            ShownColumn("rank", "whole", "its place among the pairs"),
            ShownColumn("factor", "metric", "how well one general factor does that"),
        ),
    ),
    ShownTable(
        "worrying_drivers",
        "a unit on the list and what its intention to leave goes with",
        (_LABEL, DRIVER, CHANGEABLE, CONTRAST),
    ),
    ShownTable(
        "remedies",
        "a unit on the list and what is said to help",
        (
            _LABEL,
            ShownColumn("dimension", "text", "what is low", heading="dimensions", is_long=True),
            ShownColumn("text", "text", "what helps, in the source", heading="helps", is_long=True),
            ShownColumn("claim", "text", "the claim that tests it", heading="claim_tests"),
        ),
    ),
)
_CONDUCT = (
    ShownTable(
        "conduct",
        "a behaviour, for everyone or a category",
        (
            *(_BEHAVIOUR, ShownColumn("by", "text", "by what people are parted")),
            ShownColumn("category", "text", "the category", heading="label"),
            N,
            ShownColumn("share", "observed", "share to whom it happened", ends=ENDS),
        ),
        counted_by="n",
    ),
    ShownTable(
        "conduct_changes",
        "a behaviour",
        (
            *(_BEHAVIOUR, N),
            ShownColumn("before", "share", "share in the wave before"),
            ShownColumn("now", "share", "share in this wave"),
            _change("raw", "difference of these", "points"),
            _change("net", "the same, net of who responded", "points"),
        ),
        counted_by="n",
    ),
    ShownTable(
        "conduct_links",
        "a behaviour and what it goes with",
        (
            *(_BEHAVIOUR, ShownColumn("outcome", "text", "what it goes with"), N),
            ShownColumn("unit", "text", "in what the difference is expressed"),
            ShownColumn(
                "plain", "mean", "difference between those it happened to and others", "points"
            ),
            ShownColumn("adjusted", "mean", "the same, given traits", "points", ends=ENDS),
            ShownColumn(
                "odds", "metric", "odds ratio of shares", absent=NONE, ends=ends_of("odds")
            ),
            ShownColumn("is_large", "flag", "whether it is sure, and large enough to count"),
        ),
        counted_by="n",
    ),
)
TABLES = {t.name: t for t in (*_INSTRUMENT, *_UNITS, *_WORRYING, *_CONDUCT)}
