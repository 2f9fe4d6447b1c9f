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
from scipy.sparse import csr_array

from blijfwijzer.culture.dimensions import Dimension
from blijfwijzer.culture.screened import Screened
from blijfwijzer.errors import CultureError
from blijfwijzer.estimation.group_means import summarise_means
from blijfwijzer.estimation.group_means import within_variance as pooled_variance
from blijfwijzer.estimation.pooling import FEWEST, pool_jointly
from blijfwijzer.groups.flags import control_discoveries
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array, Codes
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.concepts import CONCEPTS, PAIR
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


def is_below(draws: Array, cut: Array) -> Array:
    """Chance that each unit is below the cut, a column per dimension, on all of them.

    Parameters
    ----------
    draws : units x dimensions x draws
    """
    return np.asarray((draws < cut[:, :, None]).all(axis=1).mean(axis=1))


def _nothing(pair: tuple[str, ...], reason: Message) -> Screening:
    units, reasons = pd.DataFrame(columns=UNIT_COLUMNS), pd.DataFrame(columns=REASON_COLUMNS)
    return Screening(units, reasons, pair, float("nan"), float("nan"), reason)


def find_pair(
    dimensions: tuple[Dimension, ...], codebook: Codebook, settings: CultureSettings
) -> list[int] | Message:
    """Find the places of the two dimensions that units are screened on, or say what is lacking.

    Raises
    ------
    CultureError
        The settings name a dimension that is not there.
    """
    names = [dimension.name for dimension in dimensions]
    # A codebook without concepts may still name its scales after them.
    mapped = [codebook.concepts[name].scale if name in codebook.concepts else name for name in PAIR]
    pair = [str(name) for name in settings.pair or mapped]
    if set(pair) <= set(names) and pair[0] != pair[1]:
        return [names.index(name) for name in pair]
    if settings.pair:
        raise CultureError(
            f"culture.pair: {' and '.join(pair)} are not two of the dimensions of codebook "
            f"{codebook.survey.name}. Choose from {', '.join(names)}."
        )
    first, second = (CONCEPTS[name] for name in PAIR)
    return Message("screening.reason.no_pair", {"first": first, "second": second})


def draw_pair(
    screened: Screened, places: list[int], draws: int, rng: np.random.Generator
) -> tuple[Codes, Array] | Message:
    """Draw from what the means of each unit on some dimensions may jointly be.

    Returns
    -------
    Respondents per unit who answered all, and units x dimensions x draws; NaN for a unit without
    any. Or why it cannot be done.
    """
    known = np.asarray(~np.isnan(screened.scores[:, places]).any(axis=1))
    members = screened.members(known)
    areas = [
        summarise_means(screened.scores[:, place], screened.weight, members) for place in places
    ]
    n = areas[0]["n"].to_numpy()
    used = np.flatnonzero(n > 0)
    if len(used) < FEWEST:
        return Message("screening.reason.few_units", {"units": len(used), "fewest": FEWEST})
    within = within_covariance(screened, places, members)
    if not _is_definite(within):
        return Message("screening.reason.alike")
    means = np.column_stack([area["mean"].to_numpy() for area in areas])[used]
    effective = areas[0]["effective_n"].to_numpy()[used]
    found = np.full((len(n), len(places), draws), np.nan)
    found[used] = pool_jointly(means, within, effective, screened.parents.iloc[used], draws, rng)
    return n, found


def within_covariance(screened: Screened, places: list[int], members: csr_array) -> Array:
    """Covariance between people of one unit, pooled over units.

    From the variances of sums: cov(x, y) = (var(x + y) - var(x) - var(y)) / 2.
    """
    columns = [screened.scores[:, place] for place in places]

    def variance(values: Array) -> float:
        return pooled_variance(summarise_means(values, screened.weight, members))[0]

    found = np.diag([variance(column) for column in columns])
    for row in range(len(places)):
        for column in range(row):
            both = variance(columns[row] + columns[column])
            shared = (both - found[row, row] - found[column, column]) / 2
            found[row, column] = found[column, row] = shared
    return found


def _is_definite(covariance: Array) -> bool:
    if np.isnan(covariance).any() or not (np.diag(covariance) > 1e-12).all():
        return False
    deviations = np.sqrt(np.diag(covariance))
    return bool(np.linalg.eigvalsh(covariance / np.outer(deviations, deviations)).min() > 1e-6)


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
