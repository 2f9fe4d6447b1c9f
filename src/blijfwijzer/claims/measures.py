"""The claim that HR measures do little unless the culture changes (H15)."""

import numpy as np
import pandas as pd

from blijfwijzer.claims.estimates import ClaimEstimate, Measure, stated
from blijfwijzer.claims.findings import ClaimFinding, Effect, NotTestableError, Requirement, decide
from blijfwijzer.claims.reader import Reader
from blijfwijzer.estimation.intervals import Estimate
from blijfwijzer.estimation.regression import Regression, combine, marginal_difference
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.texts import Message


def measures_need_culture(reader: Reader) -> ClaimFinding:
    """H15: an HR measure does little where the culture is poor.

    Logistic regression of the intention to leave on the measure, culture and their product; the
    product is tested on log odds, since the same odds ratio gives a larger difference of shares
    where more want to leave. The measure's difference is also told at -1 and +1 sd of culture.
    """
    culture = reader.standardise(_general(reader))
    used, leaves = reader.of("hr_instrument"), reader.of("vertrekintentie")
    fitted = reader.fit(leaves, _interaction(used, culture), "logistic")
    product = fitted.slope("product")
    poor = combine(fitted, {"used": 1.0, "product": -1.0})
    good = combine(fitted, {"used": 1.0, "product": 1.0})
    inside = ~np.isnan(leaves) & ~np.isnan(used) & ~np.isnan(culture)
    share_poor, share_good = (_at_culture(fitted, reader, at, inside) for at in (-1.0, 1.0))
    return ClaimFinding(
        estimates=(
            stated("claim.h15.product", Measure.LOG_ODDS, product),
            stated("claim.h15.poor", Measure.LOG_ODDS, poor),
            stated("claim.h15.good", Measure.LOG_ODDS, good),
        ),
        effect=Effect(product, Message("claim.h15.effect")),
        decision=decide([Requirement(product, -1), Requirement(good, -1)]),
        checks=(
            stated("claim.h15.share_poor", Measure.DIFFERENCE, share_poor),
            stated("claim.h15.share_good", Measure.DIFFERENCE, share_good),
            *_other_ways(reader, used, culture, leaves),
        ),
        notes=(Message("claim.h15.note"),),
    )


def _general(reader: Reader) -> Array:
    """Mean of the standardised culture dimensions."""
    columns = [reader.standardise(reader.dimension(name)) for name in reader.dimensions]
    if not columns:
        raise NotTestableError("claim.untestable.no_dimensions")
    held = np.column_stack(columns)
    known = ~np.isnan(held)
    total = np.where(known, held, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def _interaction(used: Array, culture: Array) -> dict[str, Array]:
    return {
        "used": used,
        "culture": culture,
        "culture_squared": culture**2,
        "product": used * culture,
    }


def _other_ways(
    reader: Reader, used: Array, culture: Array, leaves: Array
) -> tuple[ClaimEstimate, ...]:
    """Give the product for employability, and with culture as the other half of a team sees it."""
    made = []
    if reader.has("inzetbaarheid"):
        other = reader.fit(reader.z("inzetbaarheid"), _interaction(used, culture))
        made.append(stated("claim.h15.employability", Measure.DEVIATION, other.slope("product")))
    if reader.has_teams:
        seen = reader.standardise(reader.other_half(culture))
        by_others = reader.fit(leaves, _interaction(used, seen), "logistic")
        made.append(stated("claim.h15.other_half", Measure.LOG_ODDS, by_others.slope("product")))
    return tuple(made)


def _at_culture(fitted: Regression, reader: Reader, at: float, inside: Mask) -> Estimate:
    """Difference in probability between using a measure or not, were culture at `at`."""
    size = np.where(inside, 1.0, np.nan)
    held = {"culture": at * size, "culture_squared": at**2 * size}
    one = pd.DataFrame({"used": size, **held, "product": at * size, **reader.sector_columns()})
    zero = one.assign(used=one["used"] * 0, product=one["product"] * 0)
    return marginal_difference(fitted, one, zero, reader.design)
