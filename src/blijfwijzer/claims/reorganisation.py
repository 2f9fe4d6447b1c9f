"""The claim that reorganisations harm (H13)."""

import numpy as np

from blijfwijzer.claims.estimates import Measure, by_concept
from blijfwijzer.claims.findings import (
    ClaimFinding,
    Effect,
    NotTestableError,
    Sign,
    decide,
    of_each,
)
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.thresholds import FLOOR_D
from blijfwijzer.estimation.intervals import Estimate, linearise
from blijfwijzer.estimation.moments import within
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.texts import Message

_HARMED: dict[str, Sign] = {
    "bevlogenheid": -1,
    "tevredenheid": -1,
    "prestatie_leiding": -1,
    "prestatie_eigen": -1,
    "vertrekintentie": 1,
}


def reorganising_harms(reader: Reader) -> ClaimFinding:
    """H13: reorganisations harm wellbeing and performance.

    Differences within organisations, in standard deviations: each organisation has a level of its
    own, so that poor organisations that also reorganise do not count as harm.
    """
    exposed = reader.of("reorganisatie")
    names = reader.present(_HARMED)
    if "prestatie_leiding" in names:
        names = [name for name in names if name != "prestatie_eigen"]
    if not names:
        raise NotTestableError("claim.h13.nothing_measured")
    inside = {name: contrast_within_units(reader, reader.z(name), exposed) for name in names}
    plain = {name: reader.slope(reader.z(name), exposed) for name in names}
    median = float(np.median([abs(found.value) for found in inside.values()]))
    return ClaimFinding(
        estimates=by_concept("claim.h13.within", Measure.DEVIATION, inside),
        effect=Effect(Estimate.bare(median), Message("claim.h13.effect")),
        decision=decide(of_each(inside, _HARMED, floor=FLOOR_D), len(names) // 2 + 1),
        checks=by_concept("claim.h13.plain", Measure.DEVIATION, plain, "plain_"),
        notes=(Message("claim.h13.note"),),
    )


def contrast_within_units(reader: Reader, outcome: Array, exposed: Array) -> Estimate:
    """Coefficient of exposure with a level for each cluster (the within estimator)."""
    design = reader.design
    centred = within(np.column_stack([exposed, outcome]), design.units.of_response, design.weight)
    known = ~np.isnan(centred).any(axis=1)
    weight, n = np.where(known, design.weight, 0.0), int(known.sum())
    x, y = np.where(known, centred.T, 0.0)
    spread = float((weight * x**2).sum())
    if not spread > 0:
        return Estimate.bare(n=n)
    slope = float((weight * x * y).sum() / spread)
    return linearise(slope, weight * x * (y - slope * x) / spread, design, n)
