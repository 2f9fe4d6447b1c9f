"""The claim that HR measures do little unless the culture changes (H15)."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.claims.evidence import Evidence, NotTestableError
from blijfwijzer.claims.findings import (
    Finding,
    Line,
    Part,
    conclude,
)
from blijfwijzer.estimation.influences import (
    Estimate,
    Regression,
    combine,
    marginal_difference,
)
from blijfwijzer.survey.codebook import Text

Array = NDArray[np.float64]


def measures_need_culture(evidence: Evidence) -> Finding:
    """H15: an HR measure does little where the culture is poor.

    Logistic regression of the intention to leave on the measure, culture and their product; the
    product is tested on log odds, since the same odds ratio gives a larger difference of shares
    where more want to leave. The measure's difference is also told at -1 and +1 sd of culture.
    """
    culture = evidence.standardise(_general(evidence))
    used, leaves = evidence.of("hr_instrument"), evidence.of("vertrekintentie")
    columns = _interaction(used, culture)
    fitted = evidence.fit(leaves, columns, "logistic")
    product = combine(fitted, {"product": 1.0})
    poor = combine(fitted, {"used": 1.0, "product": -1.0})
    good = combine(fitted, {"used": 1.0, "product": 1.0})
    lines = [
        Line(
            "product",
            "Verschil in effect per sd cultuur (logodds)",
            "Difference in effect per sd of culture (log odds)",
            product,
        ),
        Line(
            "poor",
            "Instrument bij cultuur -1 sd (logodds vertrekintentie)",
            "Measure at culture -1 sd (log odds of intending to leave)",
            poor,
        ),
        Line("good", "Instrument bij cultuur +1 sd", "Measure at culture +1 sd", good),
    ]
    sensitivity = [
        Line(
            f"share_{name}",
            f"Verschil in aandeel bij cultuur {sign} sd",
            f"Difference of shares at culture {sign} sd",
            _at_culture(fitted, evidence, at, leaves, used, culture),
        )
        for name, sign, at in (("poor", "-1", -1.0), ("good", "+1", 1.0))
    ]
    if evidence.has("inzetbaarheid"):
        other = evidence.fit(evidence.z("inzetbaarheid"), columns)
        sensitivity.append(
            Line(
                "employability",
                "Inzetbaarheid: verschil in effect per sd cultuur",
                "Employability: difference in effect per sd of culture",
                combine(other, {"product": 1.0}),
            )
        )
    if evidence.has_teams:
        told = evidence.standardise(evidence.other_half(culture))
        by_others = evidence.fit(leaves, _interaction(used, told), "logistic")
        sensitivity.append(
            Line(
                "other_half",
                "Met de cultuur zoals de andere helft van het team die ziet",
                "With culture as the other half of the team sees it",
                combine(by_others, {"product": 1.0}),
            )
        )
    effect = (
        product,
        "verschil dat een sd cultuur maakt voor het instrument, in logodds",
        "difference that a sd of culture makes for the measure, in log odds",
    )
    note = Text(
        nl="Samenhang: wie een instrument gebruikt, kan al anders zijn.",
        en="Association: those who use a measure may already differ.",
    )
    return conclude(lines, [Part(product, -1), Part(good, -1)], effect, sensitivity, note=note)


def _general(evidence: Evidence) -> Array:
    """Mean of the standardised culture dimensions."""
    columns = [evidence.standardise(values.to_numpy()) for _, values in evidence.dimensions.items()]
    if not columns:
        raise NotTestableError(
            Text(nl="de enquête heeft geen cultuurdimensies", en="the survey has no culture scales")
        )
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


def _at_culture(
    fitted: Regression, evidence: Evidence, at: float, leaves: Array, used: Array, culture: Array
) -> Estimate:
    """Difference in probability between using a measure or not, were culture at `at`."""
    inside = ~np.isnan(leaves) & ~np.isnan(used) & ~np.isnan(culture)
    size = np.where(inside, 1.0, np.nan)
    held = {"culture": at * size, "culture_squared": at**2 * size}
    one = pd.DataFrame({"used": size, **held, "product": at * size, **evidence.levels()})
    one = one[list(fitted.table.index[1:])]
    zero = one.assign(used=one["used"] * 0, product=one["product"] * 0)
    return marginal_difference(fitted, one, zero, evidence.design)
