"""The tables of `score`: of the report and the workbook, and those for programs."""

from dataclasses import replace

from blijfwijzer.publish.columns import (
    ENDS,
    band,
    count,
    ends_of,
    metric,
    observed,
    share,
    text,
    whole,
)
from blijfwijzer.publish.spec import ShownTable
from blijfwijzer.publish.tables.shared import (
    ATTRIBUTE,
    CHANGEABLE,
    CONTRAST,
    DRIVER,
    FACTS,
    GROUP,
    LABEL,
    LEVEL,
    REASON,
    SECTOR,
    VERDICT,
    N,
)

TARGET = text("target", "the risk that the row is about")
_RATE = share("rate", "share to whom the risk applies, answers and model", ends=ENDS)
_REFERENCE = share("reference", "rate of the others that it is held against")
_TALENT = tuple(
    share(f"talent_{who}", f"share that wants to leave of {whom}", is_optional=True)
    for who, whom in (("best", "those who perform best"), ("rest", "the others"))
)
_NONRESPONSE = share(
    "{target}_nonresponse_low",
    "bounds of the rate if those who did not respond differ",
    heading="nonresponse",
    ends=("", "{target}_nonresponse_high"),
    is_optional=True,
)

TABLES = (
    ShownTable(
        "rejected",
        "a reason for which forms were refused",
        (REASON, band("responses", "forms", written="count")),
    ),
    ShownTable(
        "rejected_file",
        "a reason for which forms were refused",
        (
            text("reason", "the reason, and the column that it is about"),
            count("responses", "forms"),
        ),
        files=("rejected.csv",),
        is_for_programs=True,
    ),
    FACTS,
    ShownTable(
        "wave",
        "a question that the model looks at",
        (
            text("column", "name in the codebook"),
            text("label", "its label", heading="question"),
            share("missing_then", "share without an answer in training"),
            share("missing_now", "share without an answer in this wave"),
            share("unseen", "share with an answer that training did not have"),
            share("moved_to_limit", "share drawn to the limits of training"),
            metric("drift", "population stability index against training"),
            VERDICT,
        ),
    ),
    ShownTable(
        "sectors",
        "a risk and largest unit",
        (TARGET, text("label", "the unit", heading="sector"), N, _RATE),
    ),
    ShownTable(
        "flagged",
        "a risk and group that stands out",
        (
            *(GROUP, TARGET, LABEL, LEVEL, SECTOR, N, _RATE, _REFERENCE),
            share("probability", "probability that its rate is higher"),
            share("stability", "share of samples of units in which it stands out"),
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
            *(N, band("people", "people who work there")),
            share("{target}_rate", _RATE.meaning, heading="rate_of", ends=ends_of("{target}")),
            _NONRESPONSE,
            *_TALENT,
        ),
    ),
    ShownTable(
        "groups_file",
        "a group that is shown",
        (
            *(GROUP, LABEL, LEVEL),
            text("parent", "id of the unit above it"),
            text("sector", "id of the largest unit"),
            text("sector_label", "what that is called, if it is shown"),
            text("kind", "unit, or cross: a unit crossed with an answer"),
            count("n", "respondents"),
            count("people", "people who work there"),
            share("response", "share of them that responded"),
            count("own_n", "respondents in no smaller unit that is shown"),
            count("own_people", "people in no smaller unit that is shown"),
            share("profile", "share with the simple profile", is_optional=True),
            share("{target}_rate", _RATE.meaning, ends=ends_of("{target}")),
            replace(_NONRESPONSE, is_optional=False),
            text("{target}_source", "from what the rate was estimated"),
            share("{target}_reference", _REFERENCE.meaning),
            share("{target}_probability", "probability that its rate is higher"),
            share("{target}_stability", "share of samples in which it stands out"),
            text("{target}_verdict", "whether it stands out"),
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
            text("label", "who, in words", heading="who", is_long=True),
            N,
            observed("rate", "share to whom the risk applies", ends=ENDS),
            _REFERENCE,
        ),
        counted_by="n",
    ),
    ShownTable(
        "fairness",
        "a group by a background",
        (
            *(ATTRIBUTE, LABEL, N),
            observed("selection", "share in groups that stand out"),
            observed("missed", "share of those in need that is missed", ends=ENDS),
            observed("inclusion", "share of those selected without need"),
        ),
        counted_by="n",
    ),
    ShownTable(
        "gaps",
        "a background",
        (
            ATTRIBUTE,
            share("gap", "largest difference in missed between groups", ends=ENDS),
            metric("ratio", "smallest over largest share that is selected"),
        ),
    ),
    ShownTable(
        "conclusions",
        "a background",
        (ATTRIBUTE, text("conclusion", "one plain sentence", is_long=True)),
    ),
    ShownTable(
        "withheld",
        "a reason for which groups are not shown",
        (REASON, whole("groups", "groups"), band("people", "respondents in these")),
    ),
    ShownTable(
        "rolled_up",
        "groups of one level that were too small",
        (
            LABEL,
            LEVEL,
            text("into", "with what they were put together", written="verdict"),
            REASON,
        ),
    ),
)
