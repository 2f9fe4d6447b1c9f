"""Claims about teams: which dimensions go together, and how far they differ (H1, H1b, H17, H18)."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.claims.evidence import Evidence, NotTestableError
from blijfwijzer.claims.findings import Finding, Line, Part, bare, conclude, with_direction
from blijfwijzer.claims.halves import Halves, explained, halve_teams, share_between, shrink_teams
from blijfwijzer.estimation.curves import areas_by_draw
from blijfwijzer.estimation.influences import estimate_share
from blijfwijzer.estimation.intervals import from_draws
from blijfwijzer.estimation.moments import covariances
from blijfwijzer.survey.codebook import Text
from blijfwijzer.survey.concepts import PAIR

Array = NDArray[np.float64]

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


def good_together(evidence: Evidence) -> Finding:
    """H1: teams good on safety and performance orientation are good on all else, and the converse.

    Means of teams are shrunk to the mean of all by their reliability (empirical Bayes; Efron &
    Morris 1975). Good is the top quarter on both of the pair; good on all else is above the median
    of teams on each other dimension. Poor mirrors it. As one mood colours all that a person says,
    the pair as one half of a team sees it must also tell more of the rest as the other half sees
    it than the pair of a team chosen at random does (a permutation of teams).
    """
    names = _ordered(evidence)
    means, design = shrink_teams(evidence, names)
    good, poor = _extremes(means[:, :2])
    agrees = _agreement(means[:, 2:], good, poor)
    found = estimate_share(agrees, design)
    halves = halve_teams(evidence, evidence.dimensions[names].to_numpy())
    across = estimate_share(_across(halves), halves.design)
    chance = _by_chance(halves, evidence.seed)
    others = [
        _pair_agreement(means, pair)
        for pair in combinations(range(len(names)), 2)
        if pair != (0, 1)
    ]
    apart = float(np.nanmean(agrees) - np.nanmean(others))
    lines = [
        Line(
            "all_others_agree",
            "Aandeel teams, uiterst op beide, dat op alle andere dimensies dezelfde kant uit gaat",
            "Share of teams, extreme on both, that are on the same side on all other dimensions",
            found,
        ),
        Line(
            "good",
            "waarvan goede teams",
            "of which good teams",
            estimate_share(np.where(good, agrees, np.nan), design),
        ),
        Line(
            "poor",
            "waarvan zorgelijke teams",
            "of which worrying teams",
            estimate_share(np.where(poor, agrees, np.nan), design),
        ),
        Line(
            "other_half",
            "Hetzelfde, met het paar uit de ene helft en de rest uit de andere helft van een team",
            "The same, the pair from one half and the rest from the other half of a team",
            across,
        ),
        Line(
            "by_chance",
            "Dat aandeel als het paar van een willekeurig ander team komt",
            "That share if the pair is that of another team, at random",
            bare(chance, across.n),
        ),
    ]
    sensitivity = [
        Line(
            "other_pairs",
            "Verschil met het gemiddelde van alle andere paren dimensies",
            "Difference with the mean of all other pairs of dimensions",
            bare(apart, found.n),
        ),
    ]
    parts = [Part(found, 1, bound=0.5), Part(across, 1, bound=chance)]
    effect = (
        found,
        "aandeel van de uiterste teams dat op alles dezelfde kant uit gaat (nodig: meer dan 0,50)",
        "share of extreme teams on the same side on everything (needed: more than 0.50)",
    )
    return conclude(lines, parts, effect, sensitivity)


def special_pair(evidence: Evidence) -> Finding:
    """H1b: no other pair finds worrying teams so well.

    A team worries when it is in the worst quarter on the mean of the dimensions outside the pair,
    as seen by one half of it; the other half's mean on the pair predicts that. Each half has each
    part once, and teams are halved several times. Pairs are ranked by area under the curve, with a
    bootstrap of whole units.
    """
    names = _ordered(evidence)
    pairs = list(combinations(range(len(names)), 2))
    areas, n = _areas_of_pairs(evidence, names, pairs)
    ranks = (areas > areas[0]).sum(axis=0) + 1
    allowed = max(1, round(TOPPAIRS * len(pairs)))
    best = int(np.argmax(areas[:, 0]))
    labels = [evidence.label(names[place]) for place in pairs[best]]
    among = float((ranks[1:] <= allowed).mean())
    apart = areas[0] - areas[1:].mean(axis=0)
    ahead = from_draws(float(apart[0]), apart[1:], n)
    lines = [
        Line(
            "rank",
            f"Plaats van het paar onder alle {len(pairs)} paren",
            f"Rank of the pair among all {len(pairs)} pairs",
            from_draws(float(ranks[0]), ranks[1:].astype(float), n),
        ),
        Line(
            "among_best",
            f"Kans dat het paar bij de beste {allowed} hoort",
            f"Chance that the pair is among the best {allowed}",
            bare(among, n),
        ),
        Line(
            "ahead",
            "AUC van het paar min het gemiddelde van de andere paren",
            "AUC of the pair less the mean of the other pairs",
            ahead,
        ),
        Line(
            "area", "AUC van het paar", "AUC of the pair", from_draws(areas[0, 0], areas[0, 1:], n)
        ),
    ]
    sensitivity = [
        Line(
            "best_pair",
            f"AUC van het beste paar: {' en '.join(label.nl for label in labels)}",
            f"AUC of the best pair: {' and '.join(label.en for label in labels)}",
            from_draws(areas[best, 0], areas[best, 1:], n),
        ),
    ]
    finding = conclude(
        lines,
        [],
        (ahead, "AUC boven het gemiddelde van de andere paren", "AUC above the other pairs"),
        sensitivity,
        note=Text(
            nl="Eén algemene factor maakt elk paar bruikbaar; daarom telt niet de AUC maar de "
            "plaats onder de paren, en hoe ver het paar voorligt.",
            en="One general factor makes any pair useful; so not the AUC counts but the rank "
            "among the pairs, and how far the pair is ahead.",
        ),
    )
    # A pair that is among the best and hardly better than any two is not special.
    is_ahead = ahead.value >= SPECIAL and ahead.low > 0
    if among >= RANK_CERTAINTY and is_ahead:
        return with_direction(finding, "claimed")
    is_other = among <= 1 - RANK_CERTAINTY
    return with_direction(finding, "opposite" if is_other else "neither")


def example_over_rules(evidence: Evidence) -> Finding:
    """H17: managers' example explains more of a team's safety than rules and policy do.

    Safety of one half of a team, explained by what the other half says of example and of rules.
    For two blocks the difference in general dominance is the difference in R2.
    """
    rules = [name for name in ("gedragsregels", "omgangsbeleid") if evidence.has(name)]
    names = ["psychologische_veiligheid", "voorbeeldgedrag", *rules]
    values = np.stack([evidence.of(name) for name in names], axis=1)
    halves = halve_teams(evidence, values)
    ways = ((halves.first, halves.second), (halves.second, halves.first))
    rows = np.vstack([np.column_stack([safe[:, 0], told[:, 1:]]) for safe, told in ways])
    both = np.concatenate([halves.place, halves.place])
    found, drawn = covariances(rows, np.ones(len(rows)), both, halves.picks)
    every = np.concatenate([found[None], drawn])
    example = np.array([explained(matrix, [1]) for matrix in every])
    rule = np.array([explained(matrix, list(range(2, len(names)))) for matrix in every])
    n = len(halves.place)
    apart = from_draws(float(example[0] - rule[0]), example[1:] - rule[1:], n)
    lines = [
        Line(
            "example",
            "Verklaarde variantie van veiligheid: voorbeeldgedrag",
            "Explained variance of safety: example",
            from_draws(float(example[0]), example[1:], n),
        ),
        Line(
            "rules",
            "Verklaarde variantie van veiligheid: regels en beleid",
            "Explained variance of safety: rules and policy",
            from_draws(float(rule[0]), rule[1:], n),
        ),
        Line("difference", "Verschil", "Difference", apart),
    ]
    effect = (apart, "verschil in R2 tussen teams", "difference in R2 between teams")
    return conclude(lines, [Part(apart, 1, floor=LARGE_GAIN)], effect)


def hidden_variation(evidence: Evidence) -> Finding:
    """H18: averages hide large differences between teams, organisations and sectors.

    Share of variance that lies between units of a level, those above it included: ICC(1) by
    one-way analysis of variance (Shrout & Fleiss 1979), with a bootstrap of whole units. People
    count alike, since the weights stand for a population and not for its units.
    """
    measured = {str(name): values.to_numpy() for name, values in evidence.dimensions.items()}
    if not measured:
        raise NotTestableError(
            Text(nl="de enquête heeft geen cultuurdimensies", en="the survey has no culture scales")
        )
    place, picks = evidence.draw_units()
    lines, shares = [], {}
    for level in evidence.units:
        unit = evidence.units[level].to_numpy()
        if len(np.unique(unit[unit >= 0])) < 2:
            continue
        made = [share_between(values, unit, place, picks) for values in measured.values()]
        n = int(sum((unit >= 0) & ~np.isnan(next(iter(measured.values())))))
        draws = np.mean([m[1] for m in made], axis=0)
        shares[level] = from_draws(float(np.mean([m[0] for m in made])), draws, n)
        name = str(level)
        lines.append(
            Line(
                f"between_{name}",
                f"Aandeel van de variantie tussen eenheden: {evidence.label(name).nl}",
                f"Share of variance between units: {evidence.label(name).en}",
                shares[level],
            )
        )
    if not shares:
        raise NotTestableError(Text(nl="er is maar één eenheid", en="there is one unit only"))
    largest = max(shares.values(), key=lambda share: share.value)
    smallest = evidence.label(str(evidence.units.columns[-1]))
    sensitivity = []
    for name in ("vertrekintentie", *measured):
        values = measured.get(name, evidence.of(name) if evidence.has(name) else None)
        if values is not None:
            share, drawn = share_between(values, evidence.team, place, picks)
            sensitivity.append(
                Line(
                    name,
                    f"{smallest.nl}: {evidence.label(name).nl}",
                    f"{smallest.en}: {evidence.label(name).en}",
                    from_draws(share, drawn, int((~np.isnan(values)).sum())),
                )
            )
    effect = (
        largest,
        "grootste aandeel van de variantie tussen eenheden (nodig: meer dan 0,03)",
        "largest share of variance between units (needed: more than 0.03)",
    )
    return conclude(lines, [Part(largest, 1, bound=LARGE_SHARE)], effect, sensitivity)


def _ordered(evidence: Evidence) -> list[str]:
    """Dimensions with the pair in front."""
    others = [str(name) for name in evidence.dimensions if name not in PAIR]
    if len(others) < _FEWEST_OTHERS:
        raise NotTestableError(
            Text(
                nl=f"naast het paar zijn er {len(others)} cultuurdimensies; nodig zijn er "
                f"{_FEWEST_OTHERS}",
                en=f"beside the pair there are {len(others)} culture dimensions; "
                f"{_FEWEST_OTHERS} are needed",
            )
        )
    return [*PAIR, *others]


def _extremes(pair: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    low, high = np.nanquantile(pair, [WORST, 1 - WORST], axis=0)
    return (pair >= high).all(axis=1), (pair <= low).all(axis=1)


def _agreement(others: Array, good: NDArray[np.bool_], poor: NDArray[np.bool_]) -> Array:
    """Whether each extreme team is on its side of the median on all others; NaN for the rest."""
    middle = np.nanmedian(others, axis=0)
    agrees = np.full(len(others), np.nan)
    agrees[good] = (others[good] > middle).all(axis=1)
    agrees[poor] = (others[poor] < middle).all(axis=1)
    return agrees


def _pair_agreement(means: Array, pair: tuple[int, int]) -> float:
    good, poor = _extremes(means[:, list(pair)])
    agrees = _agreement(np.delete(means, pair, axis=1), good, poor)
    return float(np.nanmean(agrees)) if (good | poor).any() else np.nan


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
    evidence: Evidence, names: list[str], pairs: list[tuple[int, int]]
) -> tuple[Array, int]:
    """Area under the curve of each pair, a row each: as found, then of each draw of units.

    Also gives the teams it rests on, in the first halving.
    """
    values = evidence.dimensions[names].to_numpy()
    made, teams = [], []
    for halving in range(_HALVINGS):
        halves = halve_teams(evidence.halved_again(halving), values)
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
