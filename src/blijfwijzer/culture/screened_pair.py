"""The two dimensions that units are screened on, and what their means may jointly be."""

import numpy as np
from scipy.sparse import csr_array

from blijfwijzer.culture.dimensions import Dimension
from blijfwijzer.culture.screened import Screened
from blijfwijzer.errors import CultureError
from blijfwijzer.estimation.group_means import summarise_means
from blijfwijzer.estimation.group_means import within_variance as pooled_variance
from blijfwijzer.estimation.pooling import FEWEST, pool_jointly
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array, Codes
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.concepts import CONCEPTS, PAIR
from blijfwijzer.survey.texts import Message


def is_below(draws: Array, cut: Array) -> Array:
    """Chance that each unit is below the cut, a column per dimension, on all of them.

    Parameters
    ----------
    draws : units x dimensions x draws
    """
    return np.asarray((draws < cut[:, :, None]).all(axis=1).mean(axis=1))


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
    x, y = (screened.scores[:, place] for place in places)
    of_x, of_y, of_both = (
        pooled_variance(summarise_means(values, screened.weight, members))[0]
        for values in (x, y, x + y)
    )
    shared = (of_both - of_y - of_x) / 2
    return np.array([[of_x, shared], [shared, of_y]])


def _is_definite(covariance: Array) -> bool:
    if np.isnan(covariance).any() or not (np.diag(covariance) > 1e-12).all():
        return False
    deviations = np.sqrt(np.diag(covariance))
    return bool(np.linalg.eigvalsh(covariance / np.outer(deviations, deviations)).min() > 1e-6)
