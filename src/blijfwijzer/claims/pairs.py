"""Claims about the pair of dimensions that is said to tell good teams from poor ones (H1, H1b)."""

from dataclasses import replace
from itertools import combinations

import numpy as np

from blijfwijzer.claims.estimates import Measure, stated
from blijfwijzer.claims.findings import (
    ClaimFinding,
    Decision,
    Effect,
    NotTestableError,
    Requirement,
    decide,
)
from blijfwijzer.claims.halves import Halves, draw_teams, halve_teams
from blijfwijzer.claims.reader import Reader
from blijfwijzer.estimation.curves import areas_by_draw
from blijfwijzer.estimation.intervals import Estimate, estimate_of, from_finished
from blijfwijzer.estimation.means import estimate_share
from blijfwijzer.estimation.moments import standardise
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.concepts import PAIR
from blijfwijzer.survey.texts import Message

WORST = 0.25
"""Share of teams that counts as worrying."""
TOPPAIRS = 5 / 21
"""Among which share of the pairs a special pair must be (domain notes, C, H1b)."""
SPECIAL = 0.05
"""By how much the area under the curve of a special pair must exceed the mean of the other pairs.
Ours: a quarter of what parts a useful .70 from chance."""
RANK_CERTAINTY = 0.95
"""Share of draws in which the pair must be among the best. Ours."""
_HALVINGS = 5
_PERMUTATIONS = 200
_FEWEST_OTHERS = 3
_DRAWS = 20
"""Of true means, for what is told beside the verdict."""


def good_together(reader: Reader) -> ClaimFinding:
    """H1: teams good on safety and performance orientation are good on all else, and the converse.

    Good is the top quarter on both of the pair; good on all else is above the median of teams on
    each other dimension. Poor mirrors it. It is of what teams are, and not of what a few of their
    people said: the share is that of draws of true means, in which the mood that colours all that
    one person says is told apart from what a team has in common. The pair as one half of a team
    sees it must also tell more of the rest as the other half sees it than the pair of a team
    chosen at random does (a permutation of teams).
    """
    names = _ordered(reader)
    teams = draw_teams(reader, names)
    made = [_agree_of(means) for means in np.moveaxis(teams.draws, -1, 0)]
    found, of_good, of_poor = (
        _over_draws([estimate_share(values, teams.design) for values in of_draws])
        for of_draws in zip(*made, strict=True)
    )
    halves = halve_teams(reader, _scores(reader, names), reader.half)
    # Whether each team that is extreme to one half is on that side of all else to the other.
    seen = _extremes(halves.first[:, :2])
    across = estimate_share(_agreement(halves.second[:, 2:], *seen), halves.design)
    # Those on the smaller side are teams here, each of many people.
    across = replace(across, fewest=float("nan"))
    chance = _by_chance(halves, *seen, reader.seed)
    others = [_other_pairs(means) for means in np.moveaxis(teams.draws[..., :_DRAWS], -1, 0)]
    apart = float(found.value - np.nanmean(others))
    share = Measure.SHARE
    return ClaimFinding(
        estimates=(
            stated("claim.h1.all_others_agree", share, found),
            stated("claim.h1.good", share, of_good),
            stated("claim.h1.poor", share, of_poor),
            stated("claim.h1.other_half", share, across),
            stated("claim.h1.by_chance", share, Estimate.bare(chance, across.n)),
        ),
        effect=Effect(found, Message("claim.h1.effect")),
        decision=decide([Requirement(found, bound=0.5), Requirement(across, bound=chance)]),
        checks=(stated("claim.h1.other_pairs", Measure.DIFFERENCE, Estimate.bare(apart, found.n)),),
    )


def _agree_of(means: Array) -> tuple[Array, Array, Array]:
    """Whether each extreme team agrees; of good ones, and of poor ones."""
    good, poor = _extremes(means[:, :2])
    agrees = _agreement(means[:, 2:], good, poor)
    return agrees, np.where(good, agrees, np.nan), np.where(poor, agrees, np.nan)


def _over_draws(made: list[Estimate]) -> Estimate:
    """Join the estimates of draws, each of them as if true means were known (Rubin 1987, ch. 3).

    Degrees of freedom are those of Barnard & Rubin (1999), since clusters may be few.
    """
    known = [one for one in made if not np.isnan(one.se)]
    if len(known) < 2:
        return Estimate.bare()
    value = float(np.mean([one.value for one in known]))
    n = round(float(np.mean([one.n for one in known])))
    between = float(np.var([one.value for one in known], ddof=1)) * (1 + 1 / len(known))
    total = float(np.mean([one.se**2 for one in known])) + between
    share, whole = between / total if total > 0 else 0.0, known[0].df
    observed = (whole + 1) / (whole + 3) * whole * (1 - share)
    df = 1 / (1 / max(observed, 1e-9) + share**2 / (len(known) - 1))
    found = estimate_of(value, total, df, n)
    # With less than one degree of freedom it reaches beyond what a share can be.
    return replace(found, low=np.clip(found.low, 0.0, 1.0), high=np.clip(found.high, 0.0, 1.0))


def special_pair(reader: Reader) -> ClaimFinding:
    """H1b: no other pair finds worrying teams so well.

    A team worries when it is in the worst quarter on the mean of the dimensions outside the pair,
    as seen by one half of it; the other half's mean on the pair predicts that. Each half has each
    part once, and teams are halved several times. Pairs are ranked by area under the curve, with a
    bootstrap of whole units.
    """
    names = _ordered(reader)
    pairs = list(combinations(range(len(names)), 2))
    areas, n, df = _areas_of_pairs(reader, names, pairs)
    ranks = (areas > areas[0]).sum(axis=0) + 1.0
    allowed = max(1, round(TOPPAIRS * len(pairs)))
    best = int(np.argmax(areas[:, 0]))
    first, second = (reader.label(names[place]) for place in pairs[best])
    among = float((ranks[1:] <= allowed).mean())
    apart = areas[0] - areas[1:].mean(axis=0)
    rank, ahead, area, of_best = (
        from_finished(row, n, df) for row in (ranks, apart, areas[0], areas[best])
    )
    # A pair that is among the best and hardly better than any two is not special.
    found = decide([Requirement(ahead, floor=SPECIAL)])
    if found.direction == "claimed" and among < RANK_CERTAINTY:
        found = Decision("neither", 1.0, found.by)
    certainty = Estimate.bare(among, n)
    return ClaimFinding(
        estimates=(
            stated("claim.h1b.rank", Measure.RANK, rank, pairs=len(pairs)),
            stated("claim.h1b.among_best", Measure.CHANCE, certainty, allowed=allowed),
            stated("claim.h1b.ahead", Measure.GAIN, ahead),
            stated("claim.h1b.area", Measure.AREA, area),
        ),
        effect=Effect(ahead, Message("claim.h1b.effect")),
        decision=found,
        checks=(stated("claim.h1b.best_pair", Measure.AREA, of_best, first=first, second=second),),
        notes=(Message("claim.h1b.note"),),
    )


def _ordered(reader: Reader) -> list[str]:
    """Dimensions with the pair in front."""
    others = [name for name in reader.dimensions if name not in PAIR]
    if len(others) < _FEWEST_OTHERS:
        counts = {"dimensions": len(others), "needed": _FEWEST_OTHERS}
        raise NotTestableError("claim.untestable.few_dimensions", **counts)
    return [*PAIR, *others]


def _scores(reader: Reader, names: list[str]) -> Array:
    """One row per response, one column per dimension."""
    return np.stack([reader.dimension(name) for name in names], axis=1)


def _extremes(pair: Array) -> tuple[Mask, Mask]:
    low, high = np.nanquantile(pair, [WORST, 1 - WORST], axis=0)
    return (pair >= high).all(axis=1), (pair <= low).all(axis=1)


def _agreement(others: Array, good: Mask, poor: Mask) -> Array:
    """Whether each extreme team is on its side of the median on all others; NaN for the rest."""
    middle = np.nanmedian(others, axis=0)
    agrees = np.full(len(others), np.nan)
    agrees[good] = (others[good] > middle).all(axis=1)
    agrees[poor] = (others[poor] < middle).all(axis=1)
    return agrees


def _other_pairs(means: Array) -> list[float]:
    """Share of teams that agree, of each pair but the first; NaN where no team is extreme."""
    shares = []
    for pair in list(combinations(range(means.shape[1]), 2))[1:]:
        good, poor = _extremes(means[:, list(pair)])
        agrees = _agreement(np.delete(means, pair, axis=1), good, poor)
        shares.append(float(np.nanmean(agrees)) if (good | poor).any() else np.nan)
    return shares


def _by_chance(halves: Halves, good: Mask, poor: Mask, seed: int) -> float:
    """Mean agreement over permutations of teams, which part the pair from the rest."""
    rng = np.random.default_rng([seed, 3])
    shares = []
    for _ in range(_PERMUTATIONS):
        order = rng.permutation(len(good))
        shares.append(np.nanmean(_agreement(halves.second[:, 2:], good[order], poor[order])))
    return float(np.mean(shares))


def _areas_of_pairs(
    reader: Reader, names: list[str], pairs: list[tuple[int, int]]
) -> tuple[Array, int, float]:
    """Area under the curve of each pair, a row each: as found, then of each draw of units.

    Also gives the teams it rests on and their degrees of freedom, in the first halving.
    """
    values = _scores(reader, names)
    made, teams, freedom = [], [], []
    for halving in range(_HALVINGS):
        halves = halve_teams(reader, values, reader.halved_again(halving))
        made.append(np.stack([_area_of_pair(halves, pair) for pair in pairs]))
        teams.append(len(halves.first))
        freedom.append(halves.design.freedom)
    return np.asarray(np.mean(made, axis=0)), teams[0], freedom[0]


def _area_of_pair(halves: Halves, pair: tuple[int, int]) -> Array:
    """Mean over both directions of the AUC with which a pair finds worrying teams.

    As found, then of each draw of units.
    """
    place, times = halves.draws
    picks = np.column_stack([np.ones(len(times)), times])
    areas = []
    for predictor, truth in ((halves.first, halves.second), (halves.second, halves.first)):
        score = -standardise(predictor[:, list(pair)]).mean(axis=1)
        rest = standardise(np.delete(truth, pair, axis=1)).mean(axis=1)
        is_worrying = rest <= np.quantile(rest, WORST)
        areas.append(areas_by_draw(is_worrying, score, place, picks))
    return np.asarray(np.mean(areas, axis=0))
