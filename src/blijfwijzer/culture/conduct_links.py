"""What goes with unwanted behaviour: safety and the intention to leave, given traits.

That is association: who is treated badly may see the team differently, and the other way round.
"""

from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.culture.behaviours import LEAVES, SAFETY, named
from blijfwijzer.culture.traits import as_columns, find_traits, merge_small, read_traits
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import adjust
from blijfwijzer.estimation.means import deviation, difference
from blijfwijzer.estimation.regression import marginal_difference, regress
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses

LINK_COLUMNS = [
    *(
        "behaviour",
        "source",
        "kind",
        "outcome",
        "n",
        "hits",
        "fewest",
        "plain",
        "plain_low",
        "plain_high",
    ),
    *("adjusted", "low", "high", "p", "odds_ratio", "odds_low", "odds_high", "d", "is_large"),
]
_LOGISTIC_TO_D = np.sqrt(3) / np.pi
"""Log odds ratio to d, as a logistic distribution has a deviation of pi / sqrt(3) (Chinn 2000)."""


def link_behaviours(
    asked: pd.DataFrame,
    concepts: Responses,
    responses: Responses,
    codebook: Codebook,
    design: Design,
    settings: CultureSettings,
) -> pd.DataFrame:
    """Link each behaviour with safety and the intention to leave, given traits."""
    traits = read_traits(responses, find_traits([responses], codebook, settings), codebook)
    everyone = np.ones(len(responses), dtype=bool)
    traits = traits.apply(lambda trait: merge_small(trait, [everyone], settings.minimum_cell))
    adjusters = as_columns(traits).reset_index(drop=True)
    rows = [
        {
            **named(str(behaviour)),
            "outcome": outcome,
            **_link(
                concepts[outcome].to_numpy(dtype=float),
                asked[behaviour].to_numpy(dtype=float),
                adjusters,
                design,
                outcome == LEAVES,
            ),
        }
        for outcome in (SAFETY, LEAVES)
        if outcome in concepts
        for behaviour in asked
    ]
    links = pd.DataFrame(rows, columns=LINK_COLUMNS)
    p = adjust(links["p"].to_numpy(dtype=float), "bh")
    sure = (p <= settings.false_discoveries) & (links["d"].abs() >= settings.floor_d)
    return links.assign(p=p, is_large=sure)


def _link(
    outcome: Array, happened: Array, adjusters: pd.DataFrame, design: Design, is_share: bool
) -> dict[str, Any]:
    plain = difference(outcome, happened == 1, happened == 0, design)
    X = adjusters.assign(happened=happened)
    fitted = regress(outcome, X, design, "logistic" if is_share else "linear")
    slope = fitted.slope("happened")
    row: dict[str, Any] = {
        "n": fitted.n,
        "hits": int((happened[~np.isnan(outcome)] == 1).sum()),
        "fewest": plain.fewest,
        "plain": plain.value,
        "plain_low": plain.low,
        "plain_high": plain.high,
    }
    # Nothing was fitted, or the behaviour follows from the traits, as when all say the same.
    if np.isnan(slope.value):
        return row
    adjusted, d = slope, slope.value / deviation(outcome, design.weight)
    if is_share:
        # Averaged over those of whom the outcome and the behaviour are known, as the fit is.
        known = ~np.isnan(happened + outcome)
        one, zero = (X.assign(happened=np.where(known, of, np.nan)) for of in (1.0, 0.0))
        adjusted, d = marginal_difference(fitted, one, zero, design), slope.value * _LOGISTIC_TO_D
        ends = {"odds_ratio": slope.value, "odds_low": slope.low, "odds_high": slope.high}
        row |= {name: np.exp(end) for name, end in ends.items()}
    told = {"adjusted": adjusted.value, "low": adjusted.low, "high": adjusted.high}
    return row | told | {"p": slope.p, "d": d}
