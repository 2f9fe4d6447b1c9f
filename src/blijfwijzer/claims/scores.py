"""The claim that culture tells more of who intends to leave than careers do (H19)."""

import numpy as np

from blijfwijzer.claims.estimates import ClaimEstimate, Measure, stated
from blijfwijzer.claims.findings import (
    ClaimFinding,
    Decision,
    Effect,
    NotTestableError,
    Requirement,
    decide,
)
from blijfwijzer.claims.prediction import out_of_fold
from blijfwijzer.claims.reader import Reader
from blijfwijzer.estimation.curves import area_under_curve
from blijfwijzer.estimation.intervals import Estimate, linearise
from blijfwijzer.risk.outcomes import barred_columns
from blijfwijzer.survey.texts import Message

GAIN = 0.01
"""Gain in area under the curve below which it is none: a fiftieth of what parts chance from
certainty. Ours."""
_CHANCE = 0.5


def culture_beyond_career(reader: Reader) -> ClaimFinding:
    """H19: culture tells who intends to leave, beyond what careers tell.

    Two penalised logistic regressions, each predicting organisations that it did not see; the
    difference of their weighted areas under the curve, with an error that knows of units
    (Obuchowski 1997).
    """
    outcome, culture = reader.of("vertrekintentie"), list(reader.culture)
    if not culture:
        raise NotTestableError("claim.h19.no_culture")
    concept = reader.codebook.concepts["vertrekintentie"]
    barred = frozenset({concept.column or ""})
    if concept.outcome is not None:
        barred = barred_columns(reader.codebook, reader.codebook.outcomes[concept.outcome])
    risks = out_of_fold(reader, outcome, barred, (False, True), culture)
    (career, moved), (both, moved_both) = (
        area_under_curve(outcome, risk, reader.design.weight) for risk in risks
    )
    # Career variables that tell nothing can rank worse than chance, which is no gain of culture's.
    apart = both - max(career, _CHANCE), moved_both - moved * (career > _CHANCE)
    n = int((~np.isnan(outcome)).sum())
    of_career, of_both, gain = (
        linearise(value, influence, reader.design, n)
        for value, influence in ((career, moved), (both, moved_both), apart)
    )
    return ClaimFinding(
        estimates=(
            stated("claim.h19.career", Measure.AREA, of_career),
            ClaimEstimate("with_culture", Measure.AREA, of_both, Message("claim.h19.both")),
            stated("claim.h19.gain", Measure.GAIN, gain),
        ),
        effect=Effect(gain, Message("claim.h19.effect")),
        decision=_gains(gain),
        notes=(Message("claim.h19.note"),),
    )


def _gains(gain: Estimate) -> Decision:
    """Say whether culture adds anything.

    Knowing more cannot harm; that it helps less than counts is what speaks against the claim.
    """
    found = decide([Requirement(gain, floor=GAIN)])
    if found.direction in ("short", "opposite"):
        return Decision("opposite", found.p, found.by)
    return found
