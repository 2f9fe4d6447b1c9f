"""Whether groups can be compared by a scale, judged by what its different items make."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from blijfwijzer.culture.item_tests import SIGNIFICANT
from blijfwijzer.culture.items import Shifts
from blijfwijzer.survey.codebook import Scale

Judgement = Literal["comparable", "with care", "not comparable"]
REASONS = (
    *("", "small", "large", "no anchor", "one item", "two items", "one answer", "some groups"),
    *("few left", "alike", "absent", "few groups", "few units", "small group"),
)
"""Why a judgement is what it is: codes in the column `reason`."""


@dataclass(frozen=True)
class ScaleTest:
    """What was found of one scale and attribute."""

    scale: Scale
    attribute: str
    span: float
    reason: str
    untested: dict[str, int]
    """Respondents of each group that could not be tested."""
    items: list[dict[str, Any]]
    shifts: Shifts | None
    groups: pd.DataFrame
    """One row per tested group: n, share (of the weight of all) and observed."""


def judge_groups(
    test: ScaleTest, different: dict[Any, set[str]], floor: float
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Judge each group by a scale, and the scale by its groups."""
    key = test.scale.name, test.attribute
    used = {group: different.get((*key, group), set()) for group in map(str, test.groups.index)}
    judged = [_judge_group(test, group, items, floor) for group, items in used.items()]
    columns = ["made", "error", "judgement", "reason"]
    groups = test.groups.join(pd.DataFrame(judged, columns=columns, index=test.groups.index))
    groups["left"] = groups["observed"] - groups["made"]
    judgement, reason = _judge_scale(test, groups, any(used.values()))
    if judgement == "not comparable":
        is_left = groups["judgement"] != judgement
        groups.loc[is_left, ["judgement", "reason"]] = judgement, "few left"
    barred = groups.index[groups["judgement"] == "not comparable"]
    row: dict[str, Any] = {
        "scale": test.scale.name,
        "attribute": test.attribute,
        "items": len(test.shifts.items) if test.shifts else 0,
        "different": len(set().union(*used.values())),
        "made": np.nan,
        "observed": np.nan,
        "groups": len(groups),
        "barred": ", ".join(map(str, barred)),
        "untested": ", ".join(test.untested),
        "judgement": judgement,
        "reason": reason,
    }
    if len(groups):
        others = 1 - groups["share"]
        by = groups["made" if any(used.values()) else "observed"] / others
        top = int(by.abs().argmax())
        for name in ("made", "observed"):
            of_groups = np.sign(by) * groups[name] / others
            row[name] = float(of_groups.iloc[top]) + 0.0
    return row, _with_untested(test, groups.drop(columns="share"), judgement)


def _judge_group(
    test: ScaleTest, group: str, used: set[str], floor: float
) -> tuple[float, float, Judgement, str]:
    """Judge one group by what its different items make of its difference from all others.

    The difference must be sure as well as large, given how many groups there are (Bonferroni), as
    that of the most extreme of many is partly luck.
    """
    if test.shifts is None:
        raise ValueError("a group that was not tested has no shifts")
    count = len(test.shifts.items)
    apart, error = (value / count for value in test.shifts.add_up(group, used))
    others = 1 - float(test.groups["share"].to_dict()[group])
    level = 1 - SIGNIFICANT / 2 / len(test.groups)
    is_sure = abs(apart) > stdtrit(max(test.shifts.freedom, 1), level) * error
    made, error = others * apart, others * error
    if 2 * len(used) >= count:
        return made, error, "not comparable", "no anchor"
    if used and is_sure and abs(apart) >= floor * test.span:
        return made, error, "not comparable", "large"
    if used:
        return made, error, "with care", "small"
    if any(np.isnan(row["p"]) for row in test.items if row["group"] == group):
        return made, error, "with care", "few units"
    return made, error, "with care" if test.reason else "comparable", test.reason


def _judge_scale(test: ScaleTest, groups: pd.DataFrame, is_any: bool) -> tuple[Judgement, str]:
    """Sum up the judgements of groups: a scale compares as long as two are left."""
    if groups.empty:
        return "with care", test.reason
    is_barred = groups["judgement"] == "not comparable"
    if (~is_barred).sum() < 2:
        return "not comparable", str(groups.loc[is_barred, "reason"].mode()[0])
    if is_barred.any():
        return "with care", "some groups"
    warned = groups.loc[groups["judgement"] == "with care", "reason"]
    if warned.empty:
        return "comparable", ""
    return "with care", "small" if is_any else str(warned.iloc[0])


def _with_untested(test: ScaleTest, groups: pd.DataFrame, judgement: Judgement) -> pd.DataFrame:
    """Add the groups that could not be tested, which are never better than "with care"."""
    small = pd.DataFrame({"n": test.untested}).assign(
        **dict.fromkeys(("observed", "made", "error", "left"), np.nan)
    )
    worst: Judgement = "not comparable" if judgement == "not comparable" else "with care"
    small = small.assign(judgement=worst, reason=test.reason if groups.empty else "small group")
    both = small if groups.empty else groups if small.empty else pd.concat([groups, small])
    named = both.rename_axis("group").reset_index()
    named.insert(0, "attribute", test.attribute)
    named.insert(0, "scale", test.scale.name)
    return named
