"""What tests of examples and of properties share: targeting."""

import numpy as np
import pandas as pd

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
