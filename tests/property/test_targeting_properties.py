"""Targeting: errors of the rule of flagged groups, by background, with honest sentences."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.estimation.design import Design
from blijfwijzer.fairness.targeting import Rules, audit_targeting


def survey_of(rng, rows=3000, units=60, missed=None):
    """Draw respondents in units; `missed` is the share of those in need who are not selected."""
    sex = pd.Series(rng.choice(["m", "v"], rows))
    chance = sex.map(missed or {"m": 0.5, "v": 0.5}).to_numpy()
    return {
        "in_need": (rng.random(rows) < 0.4).astype(float),
        "selected": (rng.random(rows) >= chance).astype(float),
        "weight": np.ones(rows),
        "units": pd.Series(rng.integers(0, units, rows), name="unit"),
        "attributes": {
            "geslacht": sex,
            "leeftijd": pd.Series(rng.choice(["<35", "35-54", "55+"], rows)),
        },
    }


def audit(survey, minimum=10, bootstraps=100, seed=0, **more):
    survey, columns = dict(survey), more.pop("columns", {})
    design = Design.of_units(survey.pop("weight"), survey.pop("units"))
    rules = Rules(minimum, bootstraps, seed, **more)
    return audit_targeting(**survey, design=design, rules=rules, columns=columns)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 3), min_size=60, max_size=60), st.integers(0, 10_000))
def test_a_weight_equals_so_many_copies(copies, seed):
    draw = np.random.default_rng(seed)
    once = survey_of(draw, rows=60, units=8) | {"weight": np.array(copies, dtype=float)}
    places = np.repeat(np.arange(60), copies)
    often = {
        name: value.iloc[places].reset_index(drop=True)
        if isinstance(value, pd.Series)
        else value[places]
        for name, value in once.items()
        if name not in ("attributes", "weight")
    }
    often["weight"] = np.ones(len(places))
    often["attributes"] = {
        name: group.iloc[places].reset_index(drop=True)
        for name, group in once["attributes"].items()
    }

    weighted, copied = audit(once, minimum=1), audit(often, minimum=1)

    # Where a rate is 0 or 1 the interval rests on the number of people, which copies do change.
    varies = weighted.by_group["value"].between(0, 1, inclusive="neither")
    interval = ["low", "high"]
    gap = ["gap", "gap_low", "gap_high", "ratio"]
    of_one = copied.gaps["attribute"].isin(["geslacht", "leeftijd"])
    pd.testing.assert_series_equal(weighted.by_group["value"], copied.by_group["value"])
    pd.testing.assert_frame_equal(
        weighted.by_group.loc[varies, interval], copied.by_group.loc[varies, interval]
    )
    pd.testing.assert_frame_equal(weighted.gaps.loc[of_one, gap], copied.gaps.loc[of_one, gap])
