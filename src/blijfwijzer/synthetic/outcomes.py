"""What the outcomes of the built-in survey are made of, and their true probabilities."""

import numpy as np
import pandas as pd

from blijfwijzer.survey.arrays import Array
from blijfwijzer.synthetic.forms import happens
from blijfwijzer.synthetic.opinions import Places
from blijfwijzer.synthetic.truth import (
    EMPLOYABILITY_MEAN,
    EMPLOYABILITY_NOISE,
    EMPLOYABILITY_SPREAD,
    employability_mean,
    falling_behind,
    ingredient_margins,
    leaving_margin,
    low_employability,
    solve_shift,
)
from blijfwijzer.synthetic.workforce import unit_names

# "Something else" first, discontent with the culture second (claim H5; levels assumed).
_MOTIVES = {
    "anders_werk": 0.36,
    "cultuur": 0.29,
    "loopbaan": 0.24,
    "leiding": 0.18,
    "werkdruk": 0.17,
    "salaris": 0.15,
}


def decide_outcomes(
    forms: pd.DataFrame,
    seen: pd.DataFrame,
    people: pd.DataFrame,
    places: Places,
    figure: pd.Series,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw what the outcomes are made of; give the forms and the true probabilities."""
    weight, size = people["weight"].to_numpy(), len(people)
    effects = places.effects[people["organisation"]]
    expected = employability_mean(seen)
    # A higher mean makes a low total rarer, so the shift that is solved for is its opposite.
    mean = expected - solve_shift(
        lambda shift: float(np.average(low_employability(expected - shift), weights=weight)), 1 / 3
    )
    made = ingredient_margins(seen)
    rates = {
        "ontwikkelafspraak": figure["agreement"],
        "scholing": figure["training_2_years"],
        "interne_stappen": figure["internal_move_5_years"],
    }
    drawn = {
        name: happens(made[name] + effects[:, place], rate, weight, rng)
        for place, (name, rate) in enumerate(rates.items(), start=1)
    }
    noise = EMPLOYABILITY_NOISE * rng.standard_normal(size)
    total = np.round(EMPLOYABILITY_MEAN + EMPLOYABILITY_SPREAD * (mean + noise)).clip(4, 20)
    seen = seen.assign(inzetbaarheid=total / 4)
    rate = figure["intends_to_leave"]
    leaves, leaving = happens(leaving_margin(seen) + effects[:, 0], rate, weight, rng)
    moves = drawn["interne_stappen"][0] * (1 + rng.binomial(2, 0.15, size))
    filled = forms.assign(
        **_employability_items(total, rng),
        ontwikkelafspraak=drawn["ontwikkelafspraak"][0],
        scholing=drawn["scholing"][0],
        interne_stappen=moves,
        functies=np.minimum(1 + moves + rng.poisson(seen["dienstjaren"] / 12), 20),
        **_intention(leaves, rng),
        **unit_names(people),
        gewicht=weight,
    )
    low = low_employability(mean)
    behind = falling_behind(low, *(chance for _, chance in drawn.values()))
    return filled, pd.DataFrame({"p_vertrekintentie": leaving, "p_achterblijver": behind})


def _employability_items(total: Array, rng: np.random.Generator) -> dict[str, Array]:
    """Four answers of 1-5 that add up to the total; now and then all are left out."""
    size = len(total)
    items = np.repeat((total // 4)[:, None], 4, axis=1)
    order = rng.random((size, 4)).argsort(axis=1)
    items += order < (total % 4)[:, None]
    # Half move a point from one answer to another, where both stay within 1-5.
    give, take = (rng.integers(0, 4, size) for _ in range(2))
    rows = np.arange(size)
    can = (items[rows, give] > 1) & (items[rows, take] < 5) & (give != take)
    can &= rng.random(size) < 0.5
    items[rows[can], give[can]] -= 1
    items[rows[can], take[can]] += 1
    items[rng.random(size) < 0.01] = 8.0
    return {f"inz_{number}": items[:, number - 1] for number in range(1, 5)}


def _intention(leaves: Array, rng: np.random.Generator) -> dict[str, Array]:
    """Answers about leaving: the intention itself, looking for work, and motives."""
    size, is_leaver = len(leaves), leaves == 1

    def answer(leaver: list[float], other: list[float]) -> Array:
        draw = rng.random(size)
        of = [1.0 + np.digitize(draw, np.cumsum(shares)[:-1]) for shares in (leaver, other)]
        return np.where(is_leaver, of[0], of[1])

    said = answer([0, 0, 0, 0.6, 0.4], [0.45, 0.35, 0.2, 0, 0])
    said[rng.random(size) < 0.01] = 8.0
    motives = {
        f"motief_{name}": (rng.random(size) < share * np.where(is_leaver, 1.0, 0.3)).astype(float)
        for name, share in _MOTIVES.items()
    }
    looks = answer([0.02, 0.1, 0.15, 0.4, 0.33], [0.5, 0.28, 0.14, 0.06, 0.02])
    return {"vertrek": said, "zoekt": looks, **motives}
