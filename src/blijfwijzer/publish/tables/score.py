"""The tables of `score`: of the report and the workbook, and those for programs."""

from dataclasses import replace

from blijfwijzer.publish.spec import ENDS, ShownColumn, ShownTable, ends_of

GROUP = ShownColumn("group", "text", "id of the group, which ties tables together", is_key=True)
LABEL = ShownColumn("label", "text", "what the group is called")
LEVEL = ShownColumn("level", "text", "its unit level", "verdict")
TARGET = ShownColumn("target", "text", "the risk that the row is about")
N = ShownColumn("n", "band", "respondents")
SECTOR = ShownColumn("sector", "text", "the largest unit that it is part of")
VERDICT = ShownColumn("verdict", "text", "what came of it", "verdict")
DRIVER = ShownColumn("driver", "text", "scale or column that the contribution is of")
CHANGEABLE = ShownColumn("is_changeable", "flag", "whether an employer can change it")
CONTRAST = ShownColumn(
    "contrast", "points", "difference from the reference in its contribution to the risk", ends=ENDS
)
_RATE = ShownColumn("rate", "share", "share to whom the risk applies, answers and model", ends=ENDS)
_REFERENCE = ShownColumn("reference", "share", "rate of the others that it is held against")
_ATTRIBUTE = ShownColumn("attribute", "text", "background that parts people in groups")
_REASON = ShownColumn("reason", "text", "why")
_TALENT = tuple(
    ShownColumn(f"talent_{who}", "share", f"share that wants to leave of {whom}", is_optional=True)
    for who, whom in (("best", "those who perform best"), ("rest", "the others"))
)
_NONRESPONSE = ShownColumn(
    "{target}_nonresponse_low",
    "share",
    "bounds of the rate if those who did not respond differ",
    heading="nonresponse",
    ends=("", "{target}_nonresponse_high"),
    is_optional=True,
)

REJECTED = ShownTable(
    "rejected",
    "a reason for which forms were refused",
    (_REASON, ShownColumn("responses", "band", "forms", "count")),
)
REJECTED_FILE = ShownTable(
    "rejected_file",
    "a reason for which forms were refused",
    (
        ShownColumn("reason", "text", "the reason, and the column that it is about"),
        ShownColumn("responses", "count", "forms"),
    ),
    files=("rejected.csv",),
    is_for_programs=True,
)
FACTS = ShownTable(
    "facts",
    "something that was read, or from which the page was made",
    (
        ShownColumn("label", "text", "what", heading="what"),
        ShownColumn("value", "text", "its value"),
    ),
)
WITHHELD = ShownTable(
    "withheld",
    "a reason for which groups are not shown",
    (
        _REASON,
        ShownColumn("groups", "whole", "groups"),
        ShownColumn("people", "band", "respondents in these"),
    ),
)

_TABLES = (
    REJECTED,
    REJECTED_FILE,
    FACTS,
    ShownTable(
        "wave",
        "a question that the model looks at",
        (
            ShownColumn("column", "text", "name in the codebook"),
            ShownColumn("label", "text", "its label", heading="question"),
            ShownColumn("missing_then", "share", "share without an answer in training"),
            ShownColumn("missing_now", "share", "share without an answer in this wave"),
            ShownColumn("unseen", "share", "share with an answer that training did not have"),
            ShownColumn("moved_to_limit", "share", "share drawn to the limits of training"),
            ShownColumn("drift", "metric", "population stability index against training"),
            VERDICT,
        ),
    ),
    ShownTable(
        "sectors",
        "a risk and largest unit",
        (TARGET, ShownColumn("label", "text", "the unit", heading="sector"), N, _RATE),
    ),
    ShownTable(
        "flagged",
        "a risk and group that stands out",
        (
            *(GROUP, TARGET, LABEL, LEVEL, SECTOR, N, _RATE, _REFERENCE),
            ShownColumn("probability", "share", "probability that its rate is higher"),
            ShownColumn("stability", "share", "share of samples of units in which it stands out"),
            VERDICT,
        ),
    ),
    ShownTable(
        "drivers",
        "a group that stands out and what its risk goes with",
        (GROUP, TARGET, LABEL, DRIVER, CHANGEABLE, CONTRAST),
    ),
    ShownTable(
        "groups",
        "a group that is shown",
        (
            *(LABEL, LEVEL),
            replace(SECTOR, is_optional=True),
            *(N, ShownColumn("people", "band", "people who work there")),
            ShownColumn(
                "{target}_rate",
                "share",
                _RATE.meaning,
                heading="rate_of",
                ends=ends_of("{target}"),
            ),
            _NONRESPONSE,
            *_TALENT,
        ),
    ),
    ShownTable(
        "groups_file",
        "a group that is shown",
        (
            *(GROUP, LABEL, LEVEL),
            ShownColumn("parent", "text", "id of the unit above it"),
            ShownColumn("sector", "text", "id of the largest unit"),
            ShownColumn("sector_label", "text", "what that is called, if it is shown"),
            ShownColumn("kind", "text", "unit, or cross: a unit crossed with an answer"),
            ShownColumn("n", "count", "respondents"),
            ShownColumn("people", "count", "people who work there"),
            ShownColumn("response", "share", "share of them that responded"),
            ShownColumn("own_n", "count", "respondents in no smaller unit that is shown"),
            ShownColumn("own_people", "count", "people in no smaller unit that is shown"),
            ShownColumn("profile", "share", "share with the simple profile", is_optional=True),
            ShownColumn("{target}_rate", "share", _RATE.meaning, ends=ends_of("{target}")),
            replace(_NONRESPONSE, is_optional=False),
            ShownColumn("{target}_source", "text", "from what the rate was estimated"),
            ShownColumn("{target}_reference", "share", _REFERENCE.meaning),
            ShownColumn("{target}_probability", "share", "probability that its rate is higher"),
            ShownColumn("{target}_stability", "share", "share of samples in which it stands out"),
            ShownColumn("{target}_verdict", "text", "whether it stands out"),
            *_TALENT,
        ),
        counted_by="n",
        files=("groups.csv", "groups.parquet"),
        is_for_programs=True,
    ),
    ShownTable(
        "segments",
        "a segment found on half of the units and measured on the other",
        (
            TARGET,
            ShownColumn("label", "text", "who, in words", heading="who", is_long=True),
            N,
            ShownColumn("rate", "observed", "share to whom the risk applies", ends=ENDS),
            _REFERENCE,
        ),
        counted_by="n",
    ),
    ShownTable(
        "fairness",
        "a group by a background",
        (
            *(_ATTRIBUTE, LABEL, N),
            ShownColumn("selection", "observed", "share in groups that stand out"),
            ShownColumn("missed", "observed", "share of those in need that is missed", ends=ENDS),
            ShownColumn("inclusion", "observed", "share of those selected without need"),
        ),
        counted_by="n",
    ),
    ShownTable(
        "gaps",
        "a background",
        (
            _ATTRIBUTE,
            ShownColumn("gap", "share", "largest difference in missed between groups", ends=ENDS),
            ShownColumn("ratio", "metric", "smallest over largest share that is selected"),
        ),
    ),
    ShownTable(
        "conclusions",
        "a background",
        (_ATTRIBUTE, ShownColumn("conclusion", "text", "one plain sentence", is_long=True)),
    ),
    WITHHELD,
    ShownTable(
        "rolled_up",
        "groups of one level that were too small",
        (
            LABEL,
            LEVEL,
            ShownColumn("into", "text", "with what they were put together", "verdict"),
            _REASON,
        ),
    ),
)
TABLES = {table.name: table for table in _TABLES}
