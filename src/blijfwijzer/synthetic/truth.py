"""What is true of the built-in survey: the probability of each outcome, given the answers.

Both are functions of what a model can see, with bends and interactions on purpose, plus an effect
of the organisation that it cannot see. The shapes are ours (assumptions); their directions follow
the meta-analyses in the project's notes: satisfaction, commitment and engagement lower the
intention to leave, most where they are low; good performers are slightly more inclined to leave
at the same satisfaction (Zimmerman & Darnold 2009).
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import ndtr

from blijfwijzer.survey.arrays import Array

EMPLOYABILITY_CUT = 12.5
"""Total of the four items (4-20) below which employability is in the bottom third."""
EMPLOYABILITY_SPREAD = 2.6
EMPLOYABILITY_MEAN = 13.7
EMPLOYABILITY_NOISE = 0.8
"""Standard deviation of what is not explained, of a total with standard deviation about 1."""


def leaving_margin(seen: pd.DataFrame) -> Array:
    """Log odds of intending to leave, but for a constant and the organisation's effect.

    Parameters
    ----------
    seen : one row per respondent; scale scores and career variables as answered, with means in
        place of missing ones
    """
    satisfaction = seen["tevredenheid"] - 3.7
    poor = np.maximum(0, 3.3 - seen["tevredenheid"])
    unsafe = np.maximum(0, 3.2 - seen["psychologische_veiligheid"])
    tenure = seen["dienstjaren"]
    margin = (
        -0.85 * satisfaction
        + 0.9 * poor
        - 0.55 * (seen["betrokkenheid"] - 3.5)
        - 0.22 * (seen["bevlogenheid"] - 3.9)
        + 0.55 * unsafe
        - 0.20 * (seen["open_en_mensgericht"] - 3.6)
        - 0.15 * (seen["prestatiegerichtheid"] - 3.3)
        - 0.12 * (seen["ruimte_professional"] - 3.5)
        + 0.30 * (seen["inzetbaarheid"] - 3.4)
        + 0.14 * (seen["prestatie_eigen"] - 7.4) * (1 + 1.2 * (satisfaction < -0.5))
        - 0.030 * np.minimum(tenure, 25)
        + 0.35 * (tenure < 2)
        + 0.75 * (seen["contract"] != 1)
        + 0.25 * (seen["opleiding"] == 3) * (seen["leervermogen"] < 3.2)
        - 0.25 * seen["aangemoedigd"]
        + 0.50 * seen["intern_intimidatie"]
    )
    # Scaled so that the attainable AUC is about .82, that of all attitudes together (B.5).
    return np.asarray(0.82 * margin, dtype=np.float64)


def ingredient_margins(seen: pd.DataFrame) -> dict[str, Array]:
    """Log odds of an agreement, training and a move, but for constants and organisations.

    Little-mobile, lower educated, long-serving employees get fewer of all three (claims H7, H8),
    and more so together.
    """
    low, high = seen["opleiding"] == 1, seen["opleiding"] == 3
    long = np.maximum(0, seen["dienstjaren"] - 15) / 10
    both = low * (seen["dienstjaren"] >= 20)
    climate = seen["leervermogen"] - 3.4
    margins = {
        "ontwikkelafspraak": -0.45 * low
        + 0.15 * high
        - 0.20 * long
        - 0.30 * both
        + 0.35 * climate
        + 0.9 * (seen["aangemoedigd"] - 0.45)
        + 0.2 * seen["leidinggevende"],
        "scholing": -0.65 * low
        + 0.45 * high
        - 0.22 * long
        - 0.25 * both
        + 0.30 * climate
        + 0.7 * (seen["aangemoedigd"] - 0.45)
        + 0.01 * (seen["uren"] - 32),
        "interne_stappen": -0.40 * low
        + 0.25 * high
        - 0.25 * long
        - 0.35 * both
        + 0.30 * seen["leidinggevende"]
        + 0.20 * (seen["samenwerking"] - 3.7)
        - 0.5 * (seen["dienstjaren"] < 2),
    }
    return {name: np.asarray(margin, dtype=np.float64) for name, margin in margins.items()}


def employability_mean(seen: pd.DataFrame) -> Array:
    """Give expected employability, standardised: lower for the low educated and long-serving."""
    return np.asarray(
        -0.45 * (seen["opleiding"] == 1)
        + 0.22 * (seen["opleiding"] == 3)
        - 0.022 * (seen["dienstjaren"] - 12)
        - 0.25 * (seen["opleiding"] == 1) * (seen["dienstjaren"] >= 20)
        + 0.12 * (seen["prestatie_eigen"] - 7.4)
        + 0.18 * (seen["leervermogen"] - 3.4)
        + 0.15 * (seen["bevlogenheid"] - 3.9)
        + 0.15 * seen["leidinggevende"],
        dtype=np.float64,
    )


def low_employability(mean: Array) -> Array:
    """Probability that the total of the items is below the cut."""
    cut = (EMPLOYABILITY_CUT - EMPLOYABILITY_MEAN) / EMPLOYABILITY_SPREAD
    return np.asarray(ndtr((cut - mean) / EMPLOYABILITY_NOISE))


def falling_behind(low: Array, agreement: Array, training: Array, move: Array) -> Array:
    """Probability of low employability and at least two of three things lacking.

    The four are independent given what is seen, so the count has a Poisson-binomial distribution.
    """
    a, b, c = 1 - agreement, 1 - training, 1 - move
    return np.asarray(low * (a * b + a * c + b * c - 2 * a * b * c))


def solve_shift(rate_at: Callable[[float], float], rate: float) -> float:
    """Find the constant at which a rate that rises with it is `rate`, by halving."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        if rate_at(middle) > rate:
            high = middle
        else:
            low = middle
    return (low + high) / 2
