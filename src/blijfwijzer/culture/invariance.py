"""Whether a scale measures the same thing for the groups that are compared by it.

Where items function differently for people who are alike, part of a difference between groups is
made by the questions instead of by what is asked about. That is told here per scale and attribute,
with a judgement that decides whether a comparison is shown, shown with a warning, or withheld.
What cannot be seen this way is a scale of which all items shift alike: then the items agree, and
only something outside the scale could tell.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.culture.design import Design, own_units
from blijfwijzer.culture.estimation import adjust
from blijfwijzer.culture.items import SIGNIFICANT, are_alike, prepare, purify
from blijfwijzer.survey.codebook import Codebook, Scale, Text
from blijfwijzer.survey.scales import recode_items

Array = NDArray[np.float64]

Judgement = Literal["comparable", "with care", "not comparable"]
FEWEST_IN_GROUP = 200
"""Respondents of a group for it to be tested (Scott et al. 2009: fewer miss DIF too often)."""
FEWEST_UNITS = 5
"""Units in which a group must have members: fewer do not show how much units differ."""
REASONS = {
    "": Text(nl="geen vraag werkt verschillend", en="no item functions differently"),
    "small": Text(
        nl="sommige vragen werken verschillend, maar samen maakt dat weinig uit",
        en="some items function differently, but together that matters little",
    ),
    "large": Text(
        nl="vragen die verschillend werken maken een verschil dat groot genoeg is om te tellen",
        en="items that function differently make a difference that is large enough to count",
    ),
    "no anchor": Text(
        nl="te veel vragen werken verschillend om te weten welke wel vergelijkbaar zijn",
        en="too many items function differently to know which are comparable",
    ),
    "one item": Text(
        nl="met één vraag is dit niet na te gaan", en="one item leaves nothing to check this with"
    ),
    "two items": Text(
        nl="met twee vragen is niet te zien welke verschillend werkt",
        en="two items do not show which of them functions differently",
    ),
    "one answer": Text(
        nl="een vraag die iedereen gelijk beantwoordt zegt niets",
        en="an item that everybody answers alike tells nothing",
    ),
    "alike": Text(
        nl="vragen zijn gelijk: een antwoord volgt uit dat op de andere",
        en="items are alike: an answer follows from those to the others",
    ),
    "absent": Text(nl="de vragenlijst heeft deze vragen niet", en="the survey lacks these items"),
    "few groups": Text(
        nl="te weinig groepen zijn groot genoeg om na te gaan",
        en="too few groups are large enough to check",
    ),
    "few units": Text(
        nl="te weinig eenheden om te weten hoe zeker dit is",
        en="too few units to know how sure this is",
    ),
    "small group": Text(
        nl="deze groep is te klein om na te gaan",
        en="this group is too small to check",
    ),
}
"""Why a judgement is what it is, by the codes in the column `reason`."""
_ITEM_COLUMNS = [
    "scale",
    "item",
    "attribute",
    "n",
    "p_uniform",
    "p_nonuniform",
    "p",
    "r2_change",
    "class",
    "gap",
    "group",
    "is_different",
]


@dataclass(frozen=True)
class Invariance:
    """Which items function differently, and what that does to comparisons."""

    items: pd.DataFrame
    """One row per item and attribute: n; p_uniform (everywhere higher or lower) and p_nonuniform
    (steeper or flatter); p (both, adjusted over the attribute's items); r2_change and its class A,
    B or C; `gap`: by how much the most different `group` answers differently from the others with
    the same score, on the item's own scale; `is_different`: p below .05 and class B or C, or a gap
    of the floor or more that exceeds its own error."""
    scales: pd.DataFrame
    """One row per scale and attribute: items, different (items that function differently),
    judgement, reason; `made`: the largest difference between two groups that these items make, on
    the scale; `observed`: the difference between these two; groups, untested (names of those too
    small to test)."""
    groups: pd.DataFrame
    """One row per scale, attribute and group: n; observed (mean less that of all tested groups),
    made (by items that function differently) and left (the rest), on the scale; judgement and
    reason: those of the scale, or "with care" for a group that is too small to test."""


def assess_invariance(
    responses: pd.DataFrame,
    codebook: Codebook,
    design: Design,
    attributes: dict[str, pd.Series],
    floor: float = 0.05,
) -> Invariance:
    """Test each item of each scale for each attribute, and judge whether groups can be compared.

    Items that function differently are taken out of the others' rest score one by one, the most
    different first. A scale is "not comparable"
    when those items make a difference between two groups of `floor` or more, or when half of its
    items or more are different; "with care" when any is, or when it could not be tested. That is
    about groups of 200 respondents in five units or more; smaller ones have a row of their own.

    Parameters
    ----------
    responses : one row per response
    attributes : name to the group of each response; missing for none
    floor : smallest difference that counts, as a share of the scale's span (0.2 on 1-5)
    """
    tests = [
        _test_scale(scale, attribute, group, responses, codebook, design, floor)
        for attribute, group in attributes.items()
        for scale in codebook.scales.values()
    ]
    rows = [row for test in tests for row in test.items]
    items = pd.DataFrame(rows, columns=_ITEM_COLUMNS)
    for _, places in items.groupby("attribute").groups.items():
        items.loc[places, "p"] = adjust(items.loc[places, "p"], "bh")
    items["is_different"] &= items["p"] < SIGNIFICANT
    different = items[items["is_different"]].groupby(["scale", "attribute"])["item"].agg(set)
    judged = [
        _judge(test, different.get((test.scale.name, test.attribute), set()), floor)
        for test in tests
    ]
    scales = pd.DataFrame([row for row, _ in judged])
    groups = pd.concat([table for _, table in judged], ignore_index=True) if judged else scales
    return Invariance(items, scales, groups)


@dataclass(frozen=True)
class _Test:
    """What was found of one scale and attribute."""

    scale: Scale
    attribute: str
    span: float
    reason: str
    untested: dict[str, int]
    """Respondents of each group that is too small to test."""
    items: list[dict[str, Any]]
    shifts: pd.DataFrame
    """One row per tested group, one column per item: by how much it answers differently."""
    groups: pd.DataFrame
    """One row per tested group: n and observed."""


def _test_scale(
    scale: Scale,
    attribute: str,
    group: pd.Series,
    responses: pd.DataFrame,
    codebook: Codebook,
    design: Design,
    floor: float,
) -> _Test:
    items = [item for item in scale.items if item in responses]
    low, high = codebook.columns[scale.items[0]].span or (0.0, 1.0)
    values = recode_items(responses, scale, codebook)[items]
    group = group.reset_index(drop=True).astype("object")
    complete = (values.notna().all(axis=1).to_numpy() & group.notna().to_numpy()) & bool(items)
    sizes = group[complete].value_counts()
    units = pd.Series(design.cluster)[complete].groupby(group[complete]).nunique()
    if design.replicates is not None:
        units = sizes
    elif units.max() == 1:
        # The groups are the units themselves, so that each is known from its own people.
        everyone = np.arange(len(group))
        design = Design(design.weight, everyone, np.zeros_like(everyone))
        units = sizes
    large = (sizes >= FEWEST_IN_GROUP) & (units.reindex(sizes.index) >= FEWEST_UNITS)
    names = sorted(sizes.index[large], key=str)
    untested = {str(name): int(sizes[name]) for name in sorted(sizes.index[~large], key=str)}
    complete &= group.isin(names).to_numpy()
    answers = values.to_numpy()[complete]
    code = pd.Categorical(group[complete], categories=names).codes.astype(np.intp)
    part = design.take(complete)
    reason = _untestable(answers, code, part.weight, len(scale.items))
    nothing = pd.DataFrame(columns=["n", "observed"])
    if reason:
        return _Test(scale, attribute, high - low, reason, untested, [], pd.DataFrame(), nothing)
    if part.replicates is None:
        part = own_units(part, np.ones(len(part.weight), dtype=bool))
    ready = prepare(tuple(items), answers, code, [str(n) for n in names], part, high - low)
    rows, shifts = purify(ready, floor)
    for row in rows:
        row |= {"scale": scale.name, "attribute": attribute, "n": len(answers)}
    score = answers.mean(axis=1)
    mean = np.average(score, weights=part.weight)
    of_group = np.bincount(code, part.weight * score) / np.bincount(code, part.weight)
    groups = pd.DataFrame({"n": np.bincount(code), "observed": of_group - mean}, index=ready.names)
    reason = "two items" if len(items) == 2 else ""
    return _Test(scale, attribute, high - low, reason, untested, rows, shifts, groups)


def _untestable(answers: Array, group: NDArray[np.intp], weight: Array, items: int) -> str:
    if items < 2:
        return "one item"
    if answers.shape[1] < 2:
        return "absent"
    if len(np.unique(group)) < 2:
        return "few groups"
    if (np.ptp(answers, axis=0) == 0).any():
        return "one answer"
    return "alike" if are_alike(answers, group, weight) else ""


def _judge(test: _Test, different: set[str], floor: float) -> tuple[dict[str, Any], pd.DataFrame]:
    """Judge a scale, and tell what its different items make of each group's mean."""
    count = test.shifts.shape[1]
    used = [item for item in test.shifts.columns if item in different]
    made = test.shifts[used].sum(axis=1) / max(count, 1)
    groups = test.groups.assign(made=made, left=test.groups["observed"] - made)
    row: dict[str, Any] = {
        "scale": test.scale.name,
        "attribute": test.attribute,
        "items": count,
        "different": len(used),
        "made": np.nan,
        "observed": np.nan,
        "groups": len(groups),
        "untested": ", ".join(test.untested),
    }
    judgement: Judgement = "with care" if test.reason else "comparable"
    reason = test.reason
    if len(groups):
        by = made if used else groups["observed"]
        ends = [by.idxmax(), by.idxmin()]
        observed = groups.loc[ends, "observed"]
        row |= {"made": made.max() - made.min(), "observed": observed.iloc[0] - observed.iloc[1]}
        if any(np.isnan(row["p"]) for row in test.items):
            judgement, reason = "with care", "few units"
        if used:
            judgement, reason = "with care", "small"
        if 2 * len(used) >= count:
            judgement, reason = "not comparable", "no anchor"
        elif row["made"] >= floor * test.span:
            judgement, reason = "not comparable", "large"
    told = {"judgement": judgement, "reason": reason}
    return row | told, _judge_groups(test, groups.assign(**told), judgement)


def _judge_groups(test: _Test, groups: pd.DataFrame, judgement: Judgement) -> pd.DataFrame:
    """Add the groups that were too small to test, which are never better than "with care"."""
    small = pd.DataFrame({"n": test.untested, "observed": np.nan, "made": np.nan, "left": np.nan})
    worst: Judgement = "not comparable" if judgement == "not comparable" else "with care"
    small = small.assign(judgement=worst, reason="small group")
    both = small if groups.empty else groups if small.empty else pd.concat([groups, small])
    named = both.rename_axis("group").reset_index()
    named.insert(0, "attribute", test.attribute)
    named.insert(0, "scale", test.scale.name)
    return named
