"""Whether a scale measures the same thing for the groups that are compared by it.

Where items function differently for people who are alike, part of a difference between groups is
made by the questions instead of by what is asked about. That is told here per scale and group,
with a judgement that decides whether its comparison with all others is shown, shown with a warning,
or withheld; and in sum per scale and attribute.
What cannot be seen this way is a scale of which all items shift alike: then the items agree, and
only something outside the scale could tell.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.culture.item_answers import are_alike, prepare
from blijfwijzer.culture.item_tests import SIGNIFICANT
from blijfwijzer.culture.items import purify
from blijfwijzer.culture.judgements import ScaleTest, judge_groups
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import adjust
from blijfwijzer.survey.arrays import Array, Codes, Mask
from blijfwijzer.survey.codebook import Codebook, Scale
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.scales import recode_items

FEWEST_IN_GROUP = 200
"""Respondents of a group for it to be tested (Scott et al. 2009: fewer miss DIF too often)."""
FEWEST_UNITS = 5
"""Units in which a group must have members: fewer do not show how much units differ."""
_ITEM_COLUMNS = [
    *("scale", "item", "attribute", "group", "n", "p_uniform", "p_nonuniform", "p"),
    *("r2_change", "class", "gap", "is_different"),
]


@dataclass(frozen=True)
class Invariance:
    """Which items function differently, and what that does to comparisons."""

    items: pd.DataFrame
    """One row per item, attribute and group, held against all other groups: n of all; p_uniform
    (everywhere higher or lower) and p_nonuniform (steeper or flatter); p (both, adjusted over the
    attribute's items and groups); r2_change and its class A, B or C; `gap`: by how much the group
    answers otherwise than a typical other with the same score, on the item's own scale;
    `is_different`: p below .05, a gap that exceeds its own error, and class B or C or a gap of the
    floor or more."""
    scales: pd.DataFrame
    """One row per scale and attribute: items, different (items that do so for any group),
    judgement, reason; `made`: the largest difference of a group from the others that its different
    items make, on the scale; `observed`: the difference of that group; groups, barred and untested
    (names of those that are not comparable, and of those that could not be tested)."""
    groups: pd.DataFrame
    """One row per scale, attribute and group: n; observed (mean less that of all tested groups),
    made (by items that function differently) with its error, and left (the rest), on the scale;
    judgement and reason: "with care" for a group that could not be tested."""

    def barred(self, attribute: str) -> dict[str, frozenset[str]]:
        """Give the groups that each scale may not compare with others."""
        table = self.groups
        if table.empty:
            return {}
        table = table[(table["attribute"] == attribute) & (table["judgement"] == "not comparable")]
        return {str(scale): frozenset(map(str, g)) for scale, g in table.groupby("scale")["group"]}


def assess_invariance(
    responses: Responses,
    codebook: Codebook,
    design: Design,
    attributes: dict[str, pd.Series],
    floor: float = 0.05,
) -> Invariance:
    """Test each item of each scale for each group, and judge which groups can be compared.

    Each group is held against all others together. Items that function differently in it are
    taken out of the others' rest score one by one, the most different first. A group is "not
    comparable" by a scale when those items surely make a difference of `floor` or more, or when
    half of the items or more are different; "with care" when any is, or when it could not be
    tested. That is about groups of 200 respondents in five units or more; smaller ones have a row
    of their own. A scale is not comparable as a whole when it leaves fewer than two groups.

    Parameters
    ----------
    responses : one row per response
    attributes : name to the group of each response; missing for none
    floor : smallest difference that counts, as a share of the scale's span (0.2 on 1-5)
    """
    groups = {name: of.reset_index(drop=True).astype("object") for name, of in attributes.items()}
    tests = [
        _test_scale(_read(scale, responses, codebook), attribute, group, design, floor)
        for attribute, group in groups.items()
        for scale in codebook.scales.values()
    ]
    rows = [row for test in tests for row in test.items]
    items = pd.DataFrame(rows, columns=_ITEM_COLUMNS)
    for _, places in items.groupby("attribute").groups.items():
        items.loc[places, "p"] = adjust(items.loc[places, "p"], "bh")
    items["is_different"] &= items["p"] < SIGNIFICANT
    keys = ["scale", "attribute", "group"]
    different = items[items["is_different"]].groupby(keys)["item"].agg(set).to_dict()
    judged = [judge_groups(test, different, floor) for test in tests]
    scales = pd.DataFrame([row for row, _ in judged])
    tables = pd.concat([table for _, table in judged], ignore_index=True) if judged else scales
    return Invariance(items, scales, tables)


@dataclass(frozen=True)
class _Asked:
    """A scale, and the answers to the items of it that the survey has."""

    scale: Scale
    values: pd.DataFrame
    span: float


def _read(scale: Scale, responses: Responses, codebook: Codebook) -> _Asked:
    items = [item for item in scale.items if item in responses]
    low, high = codebook.columns[scale.items[0]].span or (0.0, 1.0)
    return _Asked(scale, recode_items(responses, scale, codebook)[items], high - low)


def _test_scale(
    asked: _Asked, attribute: str, group: pd.Series, design: Design, floor: float
) -> ScaleTest:
    values, scale = asked.values, asked.scale
    complete = values.notna().all(axis=1).to_numpy() & group.notna().to_numpy()
    complete &= len(values.columns) > 0
    sizes = group[complete].value_counts()
    design, units = _units_of(group, sizes, complete, design)
    large = (sizes >= FEWEST_IN_GROUP) & (units >= FEWEST_UNITS)
    names = sorted(sizes.index[large], key=str)
    complete &= group.isin(names).to_numpy()
    answers, part = values.to_numpy()[complete], design.take(complete)
    code = pd.Categorical(group[complete], categories=names).codes.astype(np.intp)
    reason = _untestable(answers, code, part.weight, len(scale.items))
    small = sizes.index if reason else sizes.index[~large]
    untested = {str(name): int(sizes[name]) for name in sorted(small, key=str)}
    if reason:
        nothing = pd.DataFrame(columns=["n", "share", "observed"])
        return ScaleTest(scale, attribute, asked.span, reason, untested, [], None, nothing)
    part = part if part.replicates is not None else part.within()
    told = [str(name) for name in names]
    ready = prepare(tuple(values.columns), answers, code, told, part, asked.span)
    rows, shifts = purify(ready, floor)
    for row in rows:
        row |= {"scale": scale.name, "attribute": attribute, "n": len(answers)}
    reason = "two items" if answers.shape[1] == 2 else ""
    groups = _observe(answers.mean(axis=1), code, part.weight).set_axis(told)
    return ScaleTest(scale, attribute, asked.span, reason, untested, rows, shifts, groups)


def _units_of(
    group: pd.Series, sizes: pd.Series, complete: Mask, design: Design
) -> tuple[Design, pd.Series]:
    """Give a design in which groups have several units, and how many each has."""
    if design.replicates is not None:
        return design, sizes
    units = pd.Series(design.cluster)[complete].groupby(group[complete]).nunique()
    if units.max() != 1:
        return design, units.reindex(sizes.index)
    # The groups are the units themselves, so that each is known from its own people.
    everyone = np.arange(len(group))
    return Design(design.weight, everyone, np.zeros_like(everyone)), sizes


def _observe(score: Array, code: Codes, weight: Array) -> pd.DataFrame:
    """Say how far the mean of each group lies from that of all."""
    total, mean = np.bincount(code, weight), np.average(score, weights=weight)
    apart = np.bincount(code, weight * score) / total - mean
    return pd.DataFrame({"n": np.bincount(code), "share": total / total.sum(), "observed": apart})


def _untestable(answers: Array, group: Codes, weight: Array, items: int) -> str:
    if items < 2:
        return "one item"
    if answers.shape[1] < 2:
        return "absent"
    if len(np.unique(group)) < 2:
        return "few groups"
    if (np.ptp(answers, axis=0) == 0).any():
        return "one answer"
    return "alike" if are_alike(answers, group, weight) else ""
