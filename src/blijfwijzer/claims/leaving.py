"""Claims about leaving: why, who, and how content people are (H5, H6, H16)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from blijfwijzer.claims.estimates import (
    ClaimEstimate,
    Domain,
    Measure,
    about,
    bare,
    by_concept,
)
from blijfwijzer.claims.findings import (
    FLOOR_D,
    FLOOR_SHARE,
    ClaimFinding,
    Decision,
    Effect,
    NotTestableError,
    Requirement,
    decide,
)
from blijfwijzer.claims.reader import Reader
from blijfwijzer.estimation.intervals import Estimate, from_draws, linearise
from blijfwijzer.estimation.means import difference, estimate_mean, estimate_share
from blijfwijzer.estimation.regression import Regression, combine, regress
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.concepts import CONCEPTS, MOTIVES
from blijfwijzer.survey.texts import Message

RANK_CERTAINTY = 0.80
"""Share of bootstraps in which a motive must hold its rank (domain notes, C, H5)."""
_FEWEST_LEAVERS = 100
_MOST_STEPS = 10
_BEST = 0.8
"""Place in performance above which someone is among the most productive: the highest fifth."""
_OTHER, _CULTURE = MOTIVES[:2]


def second_motive(reader: Reader) -> ClaimFinding:
    """H5: discontent with the culture is the second motive to leave, after wanting something else.

    Shares of motives among those who intend to leave, in public administration where the survey
    says who works there; ranks with a bootstrap of whole units.
    """
    leaves = reader.of("vertrekintentie") == 1
    knows_sector = reader.has("openbaar_bestuur")
    inside = leaves & (reader.of("openbaar_bestuur") == 1) if knows_sector else leaves
    motives = {name: reader.of(name) for name in MOTIVES if reader.has(name)}
    shares, drawn, n = _shares(reader, motives, inside)
    if n < _FEWEST_LEAVERS:
        raise NotTestableError(Message("claim.h5.few_leavers", {"needed": _FEWEST_LEAVERS}))
    names = list(motives)
    culture, other = names.index(_CULTURE), names.index(_OTHER)
    certain = _holds_rank(drawn, culture, other)
    rivals, rivals_drawn = (np.delete(x, [culture, other], axis=-1) for x in (shares, drawn))
    rank, ahead = (
        from_draws(float(found), draws, n)
        for found, draws in (
            (_rank(shares[None], culture)[0], _rank(drawn, culture)),
            (shares[culture] - rivals.max(), drawn[:, culture] - rivals_drawn.max(axis=1)),
        )
    )
    # Not second in most draws and not second as found: another motive is.
    is_second, is_other = certain >= RANK_CERTAINTY, certain <= 1 - RANK_CERTAINTY
    return ClaimFinding(
        estimates=(
            *(
                ClaimEstimate(
                    name,
                    Measure.SHARE,
                    from_draws(shares[at], drawn[:, at], n),
                    CONCEPTS[name],
                    Domain(name, (inside & (motives[name] == 1),)),
                )
                for at, name in enumerate(names)
            ),
            ClaimEstimate("rank", Measure.RANK, rank, Message("claim.h5.rank")),
            ClaimEstimate(
                "certainty", Measure.CHANCE, bare(certain, n), Message("claim.h5.certainty")
            ),
        ),
        effect=Effect(ahead, Message("claim.h5.effect")),
        decision=Decision("claimed" if is_second else "opposite" if is_other else "neither"),
        checks=_other_groupings(reader, motives, leaves, inside),
        notes=() if knows_sector else (Message("claim.h5.note"),),
        domain=Domain("", (inside,)),
    )


def productive_leave(reader: Reader) -> ClaimFinding:
    """H6: the most productive look for another job most often.

    The claim is about the highest fifth of performance against all others, unadjusted. Beside it
    stand the plain relation over all, the one that holds sector, satisfaction, age and education
    equal, and the reversal between them: meta-analyses find the first negative and the second
    positive (Zimmerman & Darnold 2009).
    """
    rated = [n for n in ("prestatie_leiding", "prestatie_eigen") if reader.has(n)]
    if not rated:
        raise NotTestableError(Message("claim.h6.no_performance"))
    looks, place = reader.of("zoekt_werk"), _place(reader.of(rated[0]))
    best = difference(looks, place > _BEST, place <= _BEST, reader.design)
    relations = {name: _relations(reader, name, looks) for name in rated}
    plain, adjusted, shift = (one.estimate for one in relations[rated[0]])
    return ClaimFinding(
        estimates=(
            ClaimEstimate(
                "best",
                Measure.DIFFERENCE,
                best,
                about("claim.h6.best", rated[0]),
                Domain("best", (place > _BEST,)),
            ),
            *relations[rated[0]],
        ),
        effect=Effect(best, Message("claim.h6.effect")),
        # The share that looks is about one in seven, so that a point is a fourteenth of it.
        decision=decide([Requirement(best, floor=FLOOR_SHARE / 2)]),
        checks=(
            *(one for name in rated[1:] for one in relations[name]),
            *(one for name in rated for one in _by_rating(reader, name, looks)),
        ),
        notes=(_reversal(plain, adjusted, shift),),
    )


def satisfaction_order(reader: Reader) -> ClaimFinding:
    """H16: people are satisfied with job and team, less with the organisation.

    Paired differences of means, in points of the answers' own scale.
    """
    whole, design = reader.of("tevreden_organisatie"), reader.design
    known = ~np.isnan(whole)
    mean = np.average(whole[known], weights=design.weight[known])
    spread = float(np.sqrt(np.average((whole[known] - mean) ** 2, weights=design.weight[known])))
    apart = {
        name: estimate_mean(reader.of(name) - whole, design)
        for name in ("tevreden_baan", "tevreden_team")
    }
    means = {
        name: estimate_mean(reader.of(name), design) for name in (*apart, "tevreden_organisatie")
    }
    smallest = min(apart.values(), key=lambda estimate: estimate.value)
    return ClaimFinding(
        estimates=by_concept("claim.h16.apart", Measure.SCALE, apart),
        effect=Effect(smallest, Message("claim.h16.effect")),
        decision=decide([Requirement(found, floor=FLOOR_D * spread) for found in apart.values()]),
        checks=by_concept("claim.h16.mean", Measure.MEAN, means, "mean_"),
    )


def _shares(reader: Reader, motives: dict[str, Array], inside: Mask) -> tuple[Array, Array, int]:
    """Weighted shares of motives, as found and per draw of units."""
    answers = np.stack(list(motives.values()), axis=1)
    rows = inside & ~np.isnan(answers).any(axis=1)
    place, picks = reader.draw()
    weight = reader.design.weight[rows]
    columns = np.column_stack([np.ones(rows.sum()), answers[rows]]) * weight[:, None]
    sums = np.stack([np.bincount(place[rows], c, len(picks)) for c in columns.T], axis=1)
    whole, drawn = sums.sum(axis=0), picks.T @ sums
    total = np.where(drawn[:, :1] > 0, drawn[:, :1], np.nan)
    found = whole[1:] / whole[0] if whole[0] > 0 else np.full(len(motives), np.nan)
    return found, np.asarray(drawn[:, 1:] / total), int(rows.sum())


def _rank(shares: Array, culture: int) -> Array:
    """Place of culture among the motives, a row each."""
    return np.asarray((shares > shares[:, [culture]]).sum(axis=1) + 1.0)


def _holds_rank(drawn: Array, culture: int, other: int) -> float:
    """Share of draws in which wanting something else is first and culture second."""
    rest = np.delete(drawn, [culture, other], axis=1).max(axis=1)
    return float(((drawn[:, other] > drawn[:, culture]) & (drawn[:, culture] > rest)).mean())


def _other_groupings(
    reader: Reader, motives: dict[str, Array], leaves: Mask, inside: Mask
) -> tuple[ClaimEstimate, ...]:
    """Give the certainty when managers are part of the culture, and over all sectors."""

    def certainty(name: str, label: str, of: dict[str, Array], rows: Mask) -> ClaimEstimate:
        _, drawn, n = _shares(reader, of, rows)
        found = _holds_rank(drawn, list(of).index(_CULTURE), list(of).index(_OTHER))
        return ClaimEstimate(name, Measure.CHANCE, bare(found, n), Message(label))

    made = [certainty("all_sectors", "claim.h5.all_sectors", motives, leaves)]
    if "motief_leiding" in motives:
        rest = {name: values for name, values in motives.items() if name != "motief_leiding"}
        rest[_CULTURE] = np.fmax(motives[_CULTURE], motives["motief_leiding"])
        made.insert(0, certainty("with_manager", "claim.h5.with_manager", rest, inside))
    return tuple(made)


def _relations(reader: Reader, name: str, looks: Array) -> tuple[ClaimEstimate, ...]:
    """Relation of looking for work with a rating: plain, with others held equal, the shift."""
    rating = reader.z(name)
    adjusters = {n: reader.z(n) for n in ("tevredenheid", "leeftijd", "opleiding") if reader.has(n)}
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
            estimate_share(np.where(step.inside, looks, np.nan), reader.design),
            Message("claim.h6.of_rating", {"step": step.label, "concept": CONCEPTS[name]}),
            Domain(step.name, (step.inside,)),
        )
        for step in _steps(reader.of(name), name)
    )


def _steps(rating: Array, name: str) -> Sequence[_Step]:
    """Part people by the rating itself, or in fifths where it has many values."""
    values = np.unique(rating[~np.isnan(rating)])
    if len(values) <= _MOST_STEPS:
        return [
            _Step(
                f"rating_{value:g}_{name}",
                Message("claim.h6.rating", {"rating": float(value)}),
                rating == value,
            )
            for value in values
        ]
    fifth = np.ceil(_place(rating) * 5)
    return [
        _Step(f"fifth_{one}_{name}", Message("claim.h6.fifth", {"fifth": one}), fifth == one)
        for one in range(1, 6)
        if (fifth == one).any()
    ]


def _shift(before: Regression, after: Regression, reader: Reader) -> Estimate:
    """Difference of the rating's effect between two regressions on the same responses, per 2 sd."""
    place = [list(fitted.table.index).index("rating") for fitted in (before, after)]
    value = float(after.coefficients[place[1]] - before.coefficients[place[0]])
    influence = after.influence[:, place[1]] - before.influence[:, place[0]]
    return linearise(value * 2.0, influence * 2.0, reader.design, before.n)


def _reversal(plain: Estimate, adjusted: Estimate, shift: Estimate) -> Message:
    """Say whether the relation reverses, moves or stays when satisfaction is held equal."""
    if plain.high < 0 < adjusted.low or adjusted.high < 0 < plain.low:
        return Message("claim.h6.reverses")
    if shift.low > 0 or shift.high < 0:
        return Message("claim.h6.moves_up" if shift.value > 0 else "claim.h6.moves_down")
    return Message("claim.h6.stays")
