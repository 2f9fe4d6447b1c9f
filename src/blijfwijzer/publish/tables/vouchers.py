"""The tables that `vouchers` adds to a report."""

from blijfwijzer.publish.columns import flag, mean, points, text, whole
from blijfwijzer.publish.spec import ShownTable
from blijfwijzer.publish.tables.shared import FACTS, GROUP, LABEL, LEVEL, SECTOR

_DIVIDED = (
    *(LABEL, LEVEL, SECTOR),
    text("kind", "vouchers by risk, by lot and by signal", is_optional=True),
    whole("vouchers", "vouchers offered"),
    whole("need", "people who need it, by the estimated rate"),
    mean("extra", "people in need expected to train who would not", heading="extra_of_need"),
)
TABLES = (
    ShownTable("vouchers", "a group", _DIVIDED),
    ShownTable(
        "vouchers_file",
        "a group",
        (GROUP, *_DIVIDED),
        files=("vouchers.csv",),
        is_for_programs=True,
    ),
    ShownTable(
        "alternatives",
        "a rule that divides the same budget",
        (
            text("rule", "the rule"),
            flag("is_plan", "whether it is the one that is proposed"),
            mean("extra", "people expected to train who would not otherwise"),
            whole("cost_per_extra", "euros for each of these", written="euro"),
            points("need_reached", "share reached of those in need", written="tenths"),
            points("exclusion", "share missed of those in need", written="tenths"),
            points("inclusion", "share reached without need", written="tenths"),
        ),
    ),
    ShownTable("lottery", "something to know of the sealed draw", FACTS.columns),
)
