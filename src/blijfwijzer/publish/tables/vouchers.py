"""The tables that `vouchers` adds to a report, and what `trial` tells a year after."""

from blijfwijzer.publish.spec import ShownTable, flag, mean, metric, points, share, text, whole
from blijfwijzer.publish.tables.score import FACTS, GROUP, LABEL, LEVEL, SECTOR

_DIVIDED = (
    *(LABEL, LEVEL, SECTOR),
    text("kind", "vouchers by risk, by lot and by signal", is_optional=True),
    whole("vouchers", "vouchers offered"),
    whole("need", "people who need it, by the estimated rate"),
    mean("extra", "people in need expected to train who would not", heading="extra_of_need"),
)
_TABLES = (
    ShownTable(
        "vouchers",
        "a group",
        _DIVIDED,
        held="allocation",
    ),
    ShownTable(
        "vouchers_file",
        "a group",
        (GROUP, *_DIVIDED),
        files=("vouchers.csv",),
        is_for_programs=True,
        held="allocation",
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
        held="allocation",
    ),
    ShownTable("lottery", "something to know of the sealed draw", FACTS.columns),
    ShownTable(
        "trial",
        "the comparison of one lottery",
        (
            points("effect", "share that trained, offered less not offered, within strata"),
            points("low", "lower end of its 95 % interval, by the draw; absent if there is none"),
            points("high", "upper end"),
            text("interval", "why there is no interval: few groups, or groups that are all alike"),
            metric("p_value", "of the draw that the offer did nothing, rounded up"),
            whole("ways", "arrangements of the arms that it was held against"),
            share("share_offered", "mean share of the groups that were offered vouchers"),
            share("share_not_offered", "mean share of those that were not"),
            whole("offered", "groups compared that were offered vouchers"),
            whole("not_offered", "groups compared that were not"),
            whole("lost_offered", "groups of the lottery without outcome, offered"),
            whole("lost_not_offered", "the same, not offered"),
            whole("left_out", "groups with an outcome in strata that are left with one arm"),
            text("verified", "by what the lottery is known to be the one that was drawn"),
            text("draw", "which draw it was, with all others among these people"),
            text("analysis", "which analysis of this lottery it is, by its outcomes"),
        ),
        files=("effect.json",),
        is_for_programs=True,
        held="arms",
    ),
)
TABLES = {table.name: table for table in _TABLES}
