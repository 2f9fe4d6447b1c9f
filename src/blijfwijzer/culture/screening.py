"""Units with a worrying culture: low on both dimensions of a pair, with stated probability.

The policy paper says that psychological safety and performance orientation find such units. A unit
is worrying when its true mean lies below the reference on both, by more than the floor that makes
a difference one. Its probability comes from a model of both means together, and the list is the
longest of which the expected share that is not worrying stays below the settings' share. It is in
order of name: it says where to look, and ranks nobody. Whether it can be relied on, and whether
this pair is special, is measured on halves of the respondents (`screening_checks`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.culture.screened import Screened
from blijfwijzer.culture.screened_pair import draw_pair, find_pair, is_below
from blijfwijzer.estimation.discovery import control_discoveries
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Codes
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.texts import Message

UNIT_COLUMNS = ["unit", "n", "probability", "is_listed"]
REASON_COLUMNS = [
    *("unit", "dimension", "is_screened", "n", "pooled", "low", "high"),
    *("reference", "difference", "probability"),
]


@dataclass(frozen=True)
class Screening:
    """Which units have a worrying culture; nothing here is checked for release."""

    units: pd.DataFrame
    """One row per unit, by name: n respondents who answered both dimensions, probability in [0, 1]
    that it is worrying, is_listed."""
    reasons: pd.DataFrame
    """One row per listed unit and dimension: whether the unit was screened on it, n, pooled mean
    with 95 % interval, reference, difference from it, and the probability that the true mean is
    below it by the floor (above it for red tape)."""
    pair: tuple[str, ...]
    """The two dimensions; empty when the survey lacks one."""
    expected_false: float
    """Expected share of the list that is not worrying; NaN when the list is empty."""
    expected_found: float
    """Expected share of the worrying units that is on the list."""
    reason: Message | None = None
    """Why nothing could be screened."""


def screen_units(
    screened: Screened, codebook: Codebook, settings: CultureSettings, seed: int
) -> Screening:
    """Find the units of one level that are low on both dimensions of the pair.

    Returns
    -------
    Without units on the list, empty `reasons`; with a `reason` when the survey does not allow it:
    it lacks a dimension, has fewer than three units, or answers that do not vary.
    """
    rng = np.random.default_rng(seed)
    places = find_pair(screened.dimensions, codebook, settings)
    if isinstance(places, Message):
        return _nothing((), places)
    pair = tuple(screened.dimensions[place].name for place in places)
    found = draw_pair(screened, places, settings.draws, rng)
    if isinstance(found, Message):
        return _nothing(pair, found)
    n, draws = found
    cut = screened.cut(settings)[:, places]
    probability = np.where(n > 0, is_below(draws, cut), np.nan)
    listed = control_discoveries(np.nan_to_num(probability), settings.false_share)
    units = pd.DataFrame(
        {"unit": screened.names, "n": n, "probability": probability, "is_listed": listed}
    )
    reasons = _explain(screened, np.flatnonzero(listed), places, settings, rng)
    units = units.sort_values("unit").reset_index(drop=True)
    false = float((1 - probability[listed]).mean()) if listed.any() else float("nan")
    worrying = np.nansum(probability)
    found_share = float(probability[listed].sum() / worrying) if worrying > 0 else float("nan")
    return Screening(units, reasons, pair, false, found_share)


def _nothing(pair: tuple[str, ...], reason: Message) -> Screening:
    units, reasons = pd.DataFrame(columns=UNIT_COLUMNS), pd.DataFrame(columns=REASON_COLUMNS)
    return Screening(units, reasons, pair, float("nan"), float("nan"), reason)


def _explain(
    screened: Screened,
    listed: Codes,
    places: list[int],
    settings: CultureSettings,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Say of each listed unit which dimensions are low there, how far and how surely."""
    if not len(listed):
        return pd.DataFrame(columns=REASON_COLUMNS)
    cut, tables = screened.cut(settings), []
    for place, dimension in enumerate(screened.dimensions):
        areas, found = screened.pool(place, settings.draws, rng)
        pooled = found.table["pooled"].to_numpy()
        below = (found.draws < cut[:, [place]]).mean(axis=1)
        ends = [dimension.turn(found.table[end].to_numpy()) for end in ("low", "high")]
        reference = dimension.turn(screened.reference[:, place])
        table = pd.DataFrame(
            {
                "unit": screened.names,
                "dimension": dimension.name,
                "is_screened": place in places,
                "n": areas["n"],
                "pooled": dimension.turn(pooled),
                "low": np.minimum(*ends),
                "high": np.maximum(*ends),
                "reference": reference,
                "difference": dimension.turn(pooled) - reference,
                "probability": below,
            }
        )
        known = areas["n"].to_numpy() > 0
        tables.append(table.iloc[listed[known[listed]]])
    # Dimensions in the codebook's order within each unit, units by name.
    return pd.concat(tables).sort_values("unit", kind="stable").reset_index(drop=True)
