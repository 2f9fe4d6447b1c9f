"""Claims about teams: which dimensions go together, and how far they differ (H1, H1b, H17, H18)."""

from itertools import combinations

import numpy as np

from blijfwijzer.claims.estimates import ClaimEstimate, Measure, bare
from blijfwijzer.claims.findings import (
    ClaimFinding,
    Decision,
    Effect,
    NotTestableError,
    Requirement,
    decide,
)
from blijfwijzer.claims.halves import Halves, explained, halve_teams, share_between, shrink_teams
from blijfwijzer.claims.reader import Reader
from blijfwijzer.estimation.curves import areas_by_draw
from blijfwijzer.estimation.intervals import Estimate, from_draws
from blijfwijzer.estimation.means import estimate_share
from blijfwijzer.estimation.moments import covariances
from blijfwijzer.estimation.resampling import Draws
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
"""Share of draws in which the pair must be among the best, or in which it must not. Ours."""
LARGE_GAIN = 0.02
"""Difference of R2 below which it is none: a small effect (Cohen 1988, p. 413: f2 = .02)."""
_HALVINGS = 5
_PERMUTATIONS = 200
LARGE_SHARE = 0.03
"""Share of variance between units below which an average hides little (domain notes, C, H18)."""
_FEWEST_OTHERS = 3


def good_together(reader: Reader) -> ClaimFinding:
    """H1: teams good on safety and performance orientation are good on all else, and the converse.

    Means of teams are shrunk to the mean of all by their reliability (empirical Bayes; Efron &
    Morris 1975). Good is the top quarter on both of the pair; good on all else is above the median
    of teams on each other dimension. Poor mirrors it. As one mood colours all that a person says,
    the pair as one half of a team sees it must also tell more of the rest as the other half sees
    it than the pair of a team chosen at random does (a permutation of teams).
    """
    names = _ordered(reader)
    means, design = shrink_teams(reader, names)
    good, poor = _extremes(means[:, :2])
    agrees = _agreement(means[:, 2:], good, poor)
    found, of_good, of_poor = (
        estimate_share(values, design)
        for values in (agrees, np.where(good, agrees, np.nan), np.where(poor, agrees, np.nan))
    )
    halves = halve_teams(reader, _scores(reader, names), reader.half)
    across = estimate_share(_across(halves), halves.design)
    chance = _by_chance(halves, reader.seed)
    apart = float(np.nanmean(agrees) - np.nanmean(_other_pairs(means)))
    share = Measure.SHARE
    return ClaimFinding(
        estimates=(
            ClaimEstimate("all_others_agree", share, found, Message("claim.h1.all_others_agree")),
            ClaimEstimate("good", share, of_good, Message("claim.h1.good")),
            ClaimEstimate("poor", share, of_poor, Message("claim.h1.poor")),
            ClaimEstimate("other_half", share, across, Message("claim.h1.other_half")),
            ClaimEstimate(
                "by_chance", share, bare(chance, across.n), Message("claim.h1.by_chance")
            ),
        ),
        effect=Effect(found, Message("claim.h1.effect")),
        decision=decide([Requirement(found, bound=0.5), Requirement(across, bound=chance)]),
        checks=(
            ClaimEstimate(
                "other_pairs",
                Measure.DIFFERENCE,
                bare(apart, found.n),
                Message("claim.h1.other_pairs"),
            ),
        ),
    )


def special_pair(reader: Reader) -> ClaimFinding:
    """H1b: no other pair finds worrying teams so well.

    A team worries when it is in the worst quarter on the mean of the dimensions outside the pair,
    as seen by one half of it; the other half's mean on the pair predicts that. Each half has each
    part once, and teams are halved several times. Pairs are ranked by area under the curve, with a
    bootstrap of whole units.
    """
    names = _ordered(reader)
    pairs = list(combinations(range(len(names)), 2))
    areas, n = _areas_of_pairs(reader, names, pairs)
    ranks = (areas > areas[0]).sum(axis=0) + 1.0
    allowed = max(1, round(TOPPAIRS * len(pairs)))
    best = int(np.argmax(areas[:, 0]))
    first, second = (reader.label(names[place]) for place in pairs[best])
    among = float((ranks[1:] <= allowed).mean())
    apart = areas[0] - areas[1:].mean(axis=0)
    rank, ahead, area, of_best = (
        from_draws(float(row[0]), row[1:], n) for row in (ranks, apart, areas[0], areas[best])
    )
    # A pair that is among the best and hardly better than any two is not special.
    is_special = among >= RANK_CERTAINTY and ahead.value >= SPECIAL and ahead.low > 0
    is_other = among <= 1 - RANK_CERTAINTY
    return ClaimFinding(
        estimates=(
            ClaimEstimate(
                "rank", Measure.RANK, rank, Message("claim.h1b.rank", {"pairs": len(pairs)})
            ),
            ClaimEstimate(
                "among_best",
                Measure.CHANCE,
                bare(among, n),
                Message("claim.h1b.among_best", {"allowed": allowed}),
            ),
            ClaimEstimate("ahead", Measure.GAIN, ahead, Message("claim.h1b.ahead")),
            ClaimEstimate("area", Measure.AREA, area, Message("claim.h1b.area")),
        ),
        effect=Effect(ahead, Message("claim.h1b.effect")),
        decision=Decision("claimed" if is_special else "opposite" if is_other else "neither"),
        checks=(
            ClaimEstimate(
                "best_pair",
                Measure.AREA,
                of_best,
                Message("claim.h1b.best_pair", {"first": first, "second": second}),
            ),
        ),
        notes=(Message("claim.h1b.note"),),
    )


def example_over_rules(reader: Reader) -> ClaimFinding:
    """H17: managers' example explains more of a team's safety than rules and policy do.

    Safety of one half of a team, explained by what the other half says of example and of rules.
    For two blocks the difference in general dominance is the difference in R2.
    """
    rules = [name for name in ("gedragsregels", "omgangsbeleid") if reader.has(name)]
    names = ["psychologische_veiligheid", "voorbeeldgedrag", *rules]
    halves = halve_teams(reader, np.stack([reader.of(n) for n in names], axis=1), reader.half)
    ways = ((halves.first, halves.second), (halves.second, halves.first))
    rows = np.vstack([np.column_stack([one[:, 0], other[:, 1:]]) for one, other in ways])
    both = np.concatenate([halves.place, halves.place])
    matrix, drawn = covariances(rows, np.ones(len(rows)), Draws(both, halves.picks))
    every = np.concatenate([matrix[None], drawn])
    by_example = np.array([explained(matrix, [1]) for matrix in every])
    by_rules = np.array([explained(matrix, list(range(2, len(names)))) for matrix in every])
    example, of_rules, apart = (
        from_draws(float(row[0]), row[1:], len(halves.place))
        for row in (by_example, by_rules, by_example - by_rules)
    )
    return ClaimFinding(
        estimates=(
            ClaimEstimate("example", Measure.VARIANCE, example, Message("claim.h17.example")),
            ClaimEstimate("rules", Measure.VARIANCE, of_rules, Message("claim.h17.rules")),
            ClaimEstimate("difference", Measure.DIFFERENCE, apart, Message("claim.h17.difference")),
        ),
        effect=Effect(apart, Message("claim.h17.effect")),
        decision=decide([Requirement(apart, floor=LARGE_GAIN)]),
    )


def hidden_variation(reader: Reader) -> ClaimFinding:
    """H18: averages hide large differences between teams, organisations and sectors.

    Share of variance that lies between units of a level, those above it included: ICC(1) by
    one-way analysis of variance (Shrout & Fleiss 1979), with a bootstrap of whole units. People
    count alike, since the weights stand for a population and not for its units.
    """
    measured = {name: reader.dimension(name) for name in reader.dimensions}
    if not measured:
        raise NotTestableError(Message("claim.untestable.no_dimensions"))
    shares = _between_units(reader, measured)
    if not shares:
        raise NotTestableError(Message("claim.h18.one_unit"))
    largest = max(shares.values(), key=lambda share: share.value)
    return ClaimFinding(
        estimates=tuple(
            ClaimEstimate(
                f"between_{level}",
                Measure.VARIANCE,
                share,
                Message("claim.h18.between", {"level": reader.label(level)}),
            )
            for level, share in shares.items()
        ),
        effect=Effect(largest, Message("claim.h18.effect")),
        decision=decide([Requirement(largest, bound=LARGE_SHARE)]),
        checks=_between_teams(reader, measured),
    )


def _between_units(reader: Reader, measured: dict[str, Array]) -> dict[str, Estimate]:
    """Mean share of variance between units, of each level that has two units or more."""
    place, picks = reader.draw_units()
    known = ~np.isnan(next(iter(measured.values())))
    shares = {}
    for level in reader.levels:
        unit = reader.unit(level)
        if len(np.unique(unit[unit >= 0])) >= 2:
            made = [share_between(values, unit, place, picks) for values in measured.values()]
            found = float(np.mean([share for share, _ in made]))
            draws = np.mean([drawn for _, drawn in made], axis=0)
            shares[level] = from_draws(found, draws, int((known & (unit >= 0)).sum()))
    return shares


def _between_teams(reader: Reader, measured: dict[str, Array]) -> tuple[ClaimEstimate, ...]:
    """Share of variance between the smallest units, of leaving and of each dimension."""
    place, picks = reader.draw_units()
    leaves = {name: reader.of(name) for name in ("vertrekintentie",) if reader.has(name)}
    made = []
    for name, values in {**leaves, **measured}.items():
        share, drawn = share_between(values, reader.team, place, picks)
        label = {"level": reader.label(reader.levels[-1]), "concept": reader.label(name)}
        found = from_draws(share, drawn, int((~np.isnan(values)).sum()))
        made.append(
            ClaimEstimate(name, Measure.VARIANCE, found, Message("claim.h18.of_concept", label))
        )
    return tuple(made)


def _ordered(reader: Reader) -> list[str]:
    """Dimensions with the pair in front."""
    others = [name for name in reader.dimensions if name not in PAIR]
    if len(others) < _FEWEST_OTHERS:
        counts = {"dimensions": len(others), "needed": _FEWEST_OTHERS}
        raise NotTestableError(Message("claim.untestable.few_dimensions", counts))
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


def _across(halves: Halves) -> Array:
    """Whether each team that is extreme to one half is on that side of all else to the other."""
    good, poor = _extremes(halves.first[:, :2])
    return _agreement(halves.second[:, 2:], good, poor)


def _by_chance(halves: Halves, seed: int) -> float:
    """Mean of `_across` over permutations of teams, which part the pair from the rest."""
    rng = np.random.default_rng([seed, 3])
    good, poor = _extremes(halves.first[:, :2])
    shares = []
    for _ in range(_PERMUTATIONS):
        order = rng.permutation(len(good))
        shares.append(np.nanmean(_agreement(halves.second[:, 2:], good[order], poor[order])))
    return float(np.mean(shares))


def _areas_of_pairs(
    reader: Reader, names: list[str], pairs: list[tuple[int, int]]
) -> tuple[Array, int]:
    """Area under the curve of each pair, a row each: as found, then of each draw of units.

    Also gives the teams it rests on, in the first halving.
    """
    values = _scores(reader, names)
    made, teams = [], []
    for halving in range(_HALVINGS):
        halves = halve_teams(reader, values, reader.halved_again(halving))
        made.append(np.stack([_area_of_pair(halves, pair) for pair in pairs]))
        teams.append(len(halves.place))
    return np.asarray(np.mean(made, axis=0)), teams[0]


def _area_of_pair(halves: Halves, pair: tuple[int, int]) -> Array:
    """Mean over both directions of the AUC with which a pair finds worrying teams.

    As found, then of each draw of units.
    """
    picks = np.column_stack([np.ones(len(halves.picks)), halves.picks])
    areas = []
    for predictor, truth in ((halves.first, halves.second), (halves.second, halves.first)):
        score = -_standard(predictor[:, list(pair)]).mean(axis=1)
        rest = _standard(np.delete(truth, pair, axis=1)).mean(axis=1)
        is_worrying = rest <= np.quantile(rest, WORST)
        areas.append(areas_by_draw(is_worrying, score, halves.place, picks))
    return np.asarray(np.mean(areas, axis=0))


def _standard(columns: Array) -> Array:
    spread = columns.std(axis=0)
    return np.asarray((columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1.0))
