"""Claims about teams: which dimensions go together, and how far they differ (H1, H1b, H17, H18)."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.culture.estimation import Estimate, estimate_mean
from blijfwijzer.culture.evidence import (
    Evidence,
    NotTestableError,
    covariances,
    from_draws,
    p_against,
)
from blijfwijzer.culture.findings import Finding, Line, Part, bare, conclude, with_direction
from blijfwijzer.culture.teams import explained, halve_teams, share_between, shrink_teams
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
LARGE_SHARE = 0.03
"""Share of variance between units below which an average hides little (domain notes, C, H18)."""
_FEWEST_OTHERS = 3


def good_together(evidence: Evidence) -> Finding:
    """H1: teams good on safety and performance orientation are good on all else, and the converse.

    Means of teams are shrunk to the mean of all by their reliability (empirical Bayes; Efron &
    Morris 1975). Good is the top quarter on both of the pair; good on all else is above the median
    of teams on each other dimension. Poor mirrors it.
    """
    names = _ordered(evidence)
    means, design = shrink_teams(evidence, names)
    good, poor = _extremes(means[:, :2])
    agrees = _agreement(means[:, 2:], good, poor)
    found = estimate_mean(agrees, design)
    top = estimate_mean(np.where(good, agrees, np.nan), design)
    bottom = estimate_mean(np.where(poor, agrees, np.nan), design)
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
        Line("good", "waarvan goede teams", "of which good teams", top),
        Line("poor", "waarvan zorgelijke teams", "of which worrying teams", bottom),
    ]
    chance = 0.5 ** (len(names) - 2)
    sensitivity = [
        Line(
            "other_pairs",
            "Verschil met het gemiddelde van alle andere paren dimensies",
            "Difference with the mean of all other pairs of dimensions",
            bare(apart, found.n),
        ),
        Line(
            "by_chance",
            "Aandeel als dimensies niets met elkaar te maken hadden",
            "Share if dimensions had nothing to do with each other",
            bare(chance, found.n),
        ),
        Line(
            "other_half",
            "Hetzelfde, met het paar uit de ene helft en de rest uit de andere helft van een team",
            "The same, the pair from one half and the rest from the other half of a team",
            _agreement_across_halves(evidence, names),
        ),
    ]
    effect = (found.value - 0.5, "aandeel boven een half", "share above one half")
    return conclude(lines, [Part(found, 1, bound=0.5)], effect, sensitivity)


def special_pair(evidence: Evidence) -> Finding:
    """H1b: no other pair finds worrying teams so well.

    A team worries when it is in the worst quarter on the mean of the dimensions outside the pair,
    as seen by one half of it; the other half's mean on the pair predicts that. Each half has each
    part once. Pairs are ranked by area under the curve, with a bootstrap of whole units.
    """
    names = _ordered(evidence)
    halves, place, picks = halve_teams(evidence, evidence.dimensions[names].to_numpy())
    pairs = list(combinations(range(len(names)), 2))
    weights = np.column_stack([np.ones(len(place)), picks[place]])
    areas = np.stack([_area_of_pair(halves, pair, weights) for pair in pairs])
    ranks = (areas > areas[0]).sum(axis=0) + 1
    allowed = max(1, round(TOPPAIRS * len(pairs)))
    n = len(place)
    best = int(np.argmax(areas[:, 0]))
    among = float((ranks[1:] <= allowed).mean())
    apart = areas[0] - areas[1:].mean(axis=0)
    ahead = from_draws(float(apart[0]), apart[1:], n)
    lines = [
        Line(
            "ahead",
            "AUC van het paar min het gemiddelde van de andere paren",
            "AUC of the pair less the mean of the other pairs",
            ahead,
        ),
        Line(
            "rank",
            f"Plaats van het paar onder alle {len(pairs)} paren",
            f"Rank of the pair among all {len(pairs)} pairs",
            from_draws(float(ranks[0]), ranks[1:].astype(float), n),
        ),
        Line(
            "area", "AUC van het paar", "AUC of the pair", from_draws(areas[0, 0], areas[0, 1:], n)
        ),
        Line(
            "among_best",
            f"Kans dat het paar bij de beste {allowed} hoort",
            f"Chance that the pair is among the best {allowed}",
            bare(among, n),
        ),
    ]
    sensitivity = [
        Line(
            "best_pair",
            f"AUC van het beste paar: {names[pairs[best][0]]} en {names[pairs[best][1]]}",
            f"AUC of the best pair: {names[pairs[best][0]]} and {names[pairs[best][1]]}",
            from_draws(areas[best, 0], areas[best, 1:], n),
        ),
    ]
    # The claim is about much: a pair that is hardly better than any two is not special.
    finding = conclude(
        lines,
        [Part(ahead, 1, floor=SPECIAL)],
        (ahead.value, "AUC boven het gemiddelde van de andere paren", "AUC above the other pairs"),
        sensitivity,
        note=Text(
            nl="Eén algemene factor maakt elk paar bruikbaar; daarom telt het verschil met de "
            "andere paren, niet de AUC.",
            en="One general factor makes any pair useful; so the difference with the other pairs "
            "counts, not the AUC.",
        ),
    )
    if finding.direction == "claimed" and ranks[0] > allowed:
        return with_direction(finding, "neither", 1.0)
    if ahead.high < SPECIAL:
        return with_direction(finding, "opposite", p_against(ahead, SPECIAL))
    return finding


def example_over_rules(evidence: Evidence) -> Finding:
    """H17: managers' example explains more of a team's safety than rules and policy do.

    Safety of one half of a team, explained by what the other half says of example and of rules.
    For two blocks the difference in general dominance is the difference in R2.
    """
    rules = [name for name in ("gedragsregels", "omgangsbeleid") if evidence.has(name)]
    names = ["psychologische_veiligheid", "voorbeeldgedrag", *rules]
    values = np.stack([evidence.of(name) for name in names], axis=1)
    halves, place, picks = halve_teams(evidence, values)
    rows = np.vstack([np.column_stack([halves[1 - h][:, 0], halves[h][:, 1:]]) for h in (0, 1)])
    both = np.concatenate([place, place])
    found, drawn = covariances(rows, np.ones(len(rows)), both, picks)
    every = np.concatenate([found[None], drawn])
    example = np.array([explained(matrix, [1]) for matrix in every])
    rule = np.array([explained(matrix, list(range(2, len(names)))) for matrix in every])
    n = len(place)
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
    effect = (apart.value, "verschil in R2 tussen teams", "difference in R2 between teams")
    return conclude(lines, [Part(apart)], effect)


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
    place, picks = evidence.draw()
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
                f"Aandeel van de variantie tussen eenheden: {name}",
                f"Share of variance between units: {name}",
                shares[level],
            )
        )
    if not shares:
        raise NotTestableError(Text(nl="er is maar één eenheid", en="there is one unit only"))
    largest = max(shares.values(), key=lambda share: share.value)
    smallest_unit = str(evidence.units.columns[-1])
    sensitivity = []
    for name in ("vertrekintentie", *measured):
        values = measured.get(name, evidence.of(name) if evidence.has(name) else None)
        if values is not None:
            share, drawn = share_between(values, evidence.team, place, picks)
            sensitivity.append(
                Line(
                    name,
                    f"{smallest_unit}: {name}",
                    f"{smallest_unit}: {name}",
                    from_draws(share, drawn, int((~np.isnan(values)).sum())),
                )
            )
    effect = (
        largest.value,
        "aandeel van de variantie tussen eenheden",
        "share of variance between units",
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


def _agreement_across_halves(evidence: Evidence, names: list[str]) -> Estimate:
    try:
        halves, _, _ = halve_teams(evidence, evidence.dimensions[names].to_numpy())
    except NotTestableError:
        return bare(np.nan, 0)
    good, poor = _extremes(halves[0][:, :2])
    agrees = _agreement(halves[1][:, 2:], good, poor)
    return bare(float(np.nanmean(agrees)), int((~np.isnan(agrees)).sum()))


def _area_of_pair(halves: tuple[Array, Array], pair: tuple[int, int], weights: Array) -> Array:
    """Mean over both directions of the AUC with which a pair finds worrying teams, per draw."""
    areas = []
    for predictor, truth in (halves, halves[::-1]):
        score = -_standard(predictor[:, list(pair)]).mean(axis=1)
        rest = _standard(np.delete(truth, pair, axis=1)).mean(axis=1)
        areas.append(_areas(score, rest <= np.quantile(rest, WORST), weights))
    return np.asarray(np.mean(areas, axis=0))


def _standard(columns: Array) -> Array:
    spread = columns.std(axis=0)
    return np.asarray((columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def _areas(score: Array, is_worrying: NDArray[np.bool_], weights: Array) -> Array:
    """Area under the curve for each column of weights; ties count half."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(score[order]) > 0))
    ordered, is_one = weights[order], is_worrying[order][:, None]
    worrying, others = np.where(is_one, ordered, 0.0), np.where(is_one, 0.0, ordered)
    if len(starts) < len(score):
        worrying, others = (np.add.reduceat(w, starts, axis=0) for w in (worrying, others))
    below = np.cumsum(others, axis=0) - others / 2
    total = worrying.sum(axis=0) * others.sum(axis=0)
    return np.asarray((worrying * below).sum(axis=0) / np.where(total > 0, total, np.nan))
