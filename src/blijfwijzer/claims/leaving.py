"""The claim about who looks for other work (H6)."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from blijfwijzer.claims.estimates import ClaimEstimate, Domain, Measure, about
from blijfwijzer.claims.findings import ClaimFinding, Effect, NotTestableError, Requirement, decide
from blijfwijzer.claims.reader import RATINGS, Reader
from blijfwijzer.claims.thresholds import FLOOR_SHARE
from blijfwijzer.estimation.intervals import Estimate, linearise
from blijfwijzer.estimation.regression import Regression, combine, regress
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.texts import Message

_MOST_STEPS = 10
_BEST = 0.8
"""Place in performance above which someone is among the most productive: the highest fifth."""


def productive_leave(reader: Reader) -> ClaimFinding:
    """H6: the most productive look for another job most often.

    The claim is about the highest fifth of performance against all others, unadjusted. Beside it
    stand the plain relation over all, the one that holds sector, satisfaction, age and education
    equal, and the reversal between them: meta-analyses find the first negative and the second
    positive (Zimmerman & Darnold 2009).
    """
    rated = reader.present(RATINGS)
    if not rated:
        raise NotTestableError("claim.h6.no_performance")
    looks, place = reader.of("zoekt_werk"), _place(reader.of(rated[0]))
    best = reader.difference(looks, place > _BEST, place <= _BEST)
    top = Domain("best", (place > _BEST,))
    relations = {name: _relations(reader, name, looks) for name in rated}
    plain, adjusted, shift = (one.estimate for one in relations[rated[0]])
    return ClaimFinding(
        estimates=(
            ClaimEstimate("best", Measure.DIFFERENCE, best, about("claim.h6.best", rated[0]), top),
            *relations[rated[0]],
        ),
        effect=Effect(best, Message("claim.h6.effect")),
        # The share that looks is about one in seven, so that a point is a fourteenth of it.
        decision=decide([Requirement(best, floor=FLOOR_SHARE / 2)]),
        checks=(
            *(one for name in rated[1:] for one in relations[name]),
            *(one for name in rated for one in _by_rating(reader, name, looks)),
        ),
        notes=(tell_reversal(plain, adjusted, shift),),
    )


def _relations(reader: Reader, name: str, looks: Array) -> tuple[ClaimEstimate, ...]:
    """Relation of looking for work with a rating: plain, with others held equal, the shift."""
    rating = reader.z(name)
    adjusters = {n: reader.z(n) for n in reader.present(("tevredenheid", "leeftijd", "opleiding"))}
    known = ~np.isnan(np.column_stack([rating, *adjusters.values()])).any(axis=1)
    outcome = np.where(known, looks, np.nan)
    alone = regress(outcome, pd.DataFrame({"rating": rating}), reader.design)
    at_equal = reader.fit(outcome, {"rating": rating, **adjusters})
    plain, adjusted = (combine(fitted, {"rating": 2.0}) for fitted in (alone, at_equal))
    shift = _shift(alone, at_equal, reader)
    points = Measure.DIFFERENCE
    return (
        ClaimEstimate(f"plain_{name}", points, plain, about("claim.h6.plain", name)),
        ClaimEstimate(f"adjusted_{name}", points, adjusted, Message("claim.h6.adjusted")),
        ClaimEstimate(f"reversal_{name}", points, shift, Message("claim.h6.reversal")),
    )


def _place(rating: Array) -> Array:
    """Share of people that is rated at most as high, ties counting half; NaN where not rated."""
    return np.asarray(pd.Series(rating).rank(pct=True, method="average"), dtype=np.float64)


class _Step(NamedTuple):
    """Those who are rated alike."""

    name: str
    label: Message
    inside: Mask


def _by_rating(reader: Reader, name: str, looks: Array) -> tuple[ClaimEstimate, ...]:
    """Share that looks for work, of those who are rated alike."""
    return tuple(
        ClaimEstimate(
            step.name,
            Measure.SHARE,
            reader.share(np.where(step.inside, looks, np.nan)),
            Message("claim.h6.of_rating", {"step": step.label, "concept": CONCEPTS[name]}),
            Domain(step.name, (step.inside,)),
        )
        for step in _steps(reader.of(name), name)
    )


def _steps(rating: Array, name: str) -> Iterator[_Step]:
    """Part people by the rating itself, or in fifths where it has many values."""
    values = np.unique(rating[~np.isnan(rating)])
    if len(values) <= _MOST_STEPS:
        for value in values:
            label = Message("claim.h6.rating", {"rating": float(value)})
            yield _Step(f"rating_{value:g}_{name}", label, rating == value)
        return
    fifths = np.ceil(_place(rating) * 5)
    for fifth in range(1, 6):
        if (fifths == fifth).any():
            label = Message("claim.h6.fifth", {"fifth": fifth})
            yield _Step(f"fifth_{fifth}_{name}", label, fifths == fifth)


def _shift(before: Regression, after: Regression, reader: Reader) -> Estimate:
    """Difference of the rating's effect between two regressions on the same responses, per 2 sd."""
    old, new = ((fitted.table.index == "rating").astype(float) for fitted in (before, after))
    value = float(after.coefficients @ new - before.coefficients @ old)
    influence = after.influence(new) - before.influence(old)
    return linearise(value * 2.0, influence * 2.0, reader.design, before.n)


def tell_reversal(plain: Estimate, adjusted: Estimate, shift: Estimate) -> Message:
    """Say whether the relation reverses, moves or stays when satisfaction is held equal."""
    if plain.high < 0 < adjusted.low or adjusted.high < 0 < plain.low:
        return Message("claim.h6.reverses")
    if shift.low > 0 or shift.high < 0:
        return Message("claim.h6.moves_up" if shift.value > 0 else "claim.h6.moves_down")
    return Message("claim.h6.stays")
