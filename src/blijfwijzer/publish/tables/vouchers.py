"""The tables that `vouchers` adds to a report."""

from blijfwijzer.publish.spec import ShownColumn, ShownTable
from blijfwijzer.publish.tables.score import FACTS, GROUP, LABEL, LEVEL, SECTOR

_DIVIDED = (
    *(LABEL, LEVEL, SECTOR),
    ShownColumn("kind", "text", "vouchers by risk, by lot and by signal", is_optional=True),
    ShownColumn("vouchers", "whole", "vouchers offered"),
    ShownColumn("need", "whole", "people who need it, by the estimated rate"),
    ShownColumn(
        "extra", "mean", "people in need expected to train who would not", heading="extra_of_need"
    ),
)
_TABLES = (
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
            ShownColumn("rule", "text", "the rule"),
            ShownColumn("is_plan", "flag", "whether it is the one that is proposed"),
            ShownColumn("extra", "mean", "people expected to train who would not otherwise"),
            ShownColumn("cost_per_extra", "whole", "euros for each of these", "euro"),
            ShownColumn("need_reached", "points", "share reached of those in need", "tenths"),
            ShownColumn("exclusion", "points", "share missed of those in need", "tenths"),
            ShownColumn("inclusion", "points", "share reached without need", "tenths"),
        ),
    ),
    ShownTable("lottery", "something to know of the sealed draw", FACTS.columns),
)
TABLES = {table.name: table for table in _TABLES}
