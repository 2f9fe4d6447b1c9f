"""Claims about teams: which dimensions go together, and what goes with them (H1-H4, H17, H18)."""

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from blijfwijzer.culture.design import Design
from blijfwijzer.culture.estimation import Estimate, Regression, combine, estimate_mean
from blijfwijzer.culture.evidence import (
    FEWEST_IN_HALF,
    FEWEST_TEAMS,
    Evidence,
    NotTestableError,
    covariances,
    from_draws,
    within_strata,
)
from blijfwijzer.culture.findings import Finding, Line, Part, bare, conclude, with_direction
from blijfwijzer.survey.codebook import Text
from blijfwijzer.survey.concepts import CONCEPTS

Array = NDArray[np.float64]

FEWEST_ANSWERS = 10
"""Answers of a team, for it to be called good or poor (domain notes, C, H1)."""
WORST = 0.25
"""Share of teams that counts as worrying."""
TOP_PAIRS = 5 / 21
"""Among which share of the pairs a special pair must be (domain notes, C, H1b)."""
CERTAIN = 0.95
"""Share of bootstraps in which the pair must be among them."""
LARGE_SHARE = 0.03
"""Share of variance between units below which an average hides little (domain notes, C, H18)."""
_FEWEST_OTHERS = 3
_PAIR = ("psychologische_veiligheid", "prestatiegerichtheid")
_CONDITIONS = (
    "missiegedrevenheid",
    "open_en_mensgericht",
    "psychologische_veiligheid",
    "samenwerking",
    "externe_orientatie",
    "leervermogen",
)


def good_together(evidence: Evidence) -> Finding:
    """H1: teams good on safety and performance orientation are good on all else, and the converse.

    Means of teams are shrunk to the mean of all by their reliability (empirical Bayes; Efron &
    Morris 1975). Good is the top quarter on both of the pair; good on all else is above the median
    of teams on each other dimension. Poor mirrors it.
    """
    names = _ordered(evidence)
    means, design = _shrunk_means(evidence, names)
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
    halves, place, picks = _half_means(evidence, evidence.dimensions[names].to_numpy())
    pairs = list(combinations(range(len(names)), 2))
    weights = np.column_stack([np.ones(len(place)), picks[place]])
    areas = np.stack([_area_of_pair(halves, pair, weights) for pair in pairs])
    ranks = (areas > areas[0]).sum(axis=0) + 1
    allowed = max(1, round(TOP_PAIRS * len(pairs)))
    n = len(place)
    best = int(np.argmax(areas[:, 0]))
    among = float((ranks[1:] <= allowed).mean())
    mean_of_others = areas[1:].mean(axis=0)
    lines = [
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
        Line(
            "other_pairs",
            "AUC van het paar min die van de andere paren gemiddeld",
            "AUC of the pair less the mean of the other pairs",
            from_draws(
                float(areas[0, 0] - mean_of_others[0]), areas[0, 1:] - mean_of_others[1:], n
            ),
        ),
    ]
    finding = conclude(
        lines,
        [],
        (float(ranks[0]), "plaats onder de paren", "rank among pairs"),
        sensitivity,
        note=Text(
            nl="Eén algemene factor maakt elk paar bruikbaar; daarom telt de plaats, niet de AUC.",
            en="One general factor makes any pair useful; so the rank counts, not the AUC.",
        ),
    )
    return with_direction(
        finding,
        "claimed" if among >= CERTAIN else "opposite" if among <= 1 - CERTAIN else "neither",
    )


def brave_teams(evidence: Evidence) -> Finding:
    """H2: safety and performance orientation together go with commitment and performance."""
    source = evidence.other_half if evidence.has_teams else np.asarray
    commitment = _pair_regression(evidence, "betrokkenheid", halves=evidence.has_teams)
    parts = [Part(combine(commitment, {name: 1.0})) for name in ("safety", "performance")]
    joint = combine(commitment, {"safety": 1.0, "performance": 1.0, "both": 1.0})
    parts.append(Part(joint))
    lines = [
        Line(
            "safety",
            "Betrokkenheid per sd veiligheid",
            "Commitment per sd of safety",
            parts[0].estimate,
        ),
        Line(
            "performance",
            "Betrokkenheid per sd prestatiegerichtheid",
            "Commitment per sd of performance orientation",
            parts[1].estimate,
        ),
        Line(
            "both",
            "Wederzijdse versterking (product)",
            "Interaction (product)",
            combine(commitment, {"both": 1.0}),
        ),
        Line("joint", "Betrokkenheid: beide een sd hoger", "Commitment: both one sd higher", joint),
    ]
    sensitivity = [
        Line(
            f"own_{name}",
            f"Met eigen antwoorden: {nl}",
            f"With own answers: {en}",
            combine(_pair_regression(evidence, "betrokkenheid", halves=False), {name: 1.0}),
        )
        for name, nl, en in (
            ("safety", "veiligheid", "safety"),
            ("performance", "prestatiegerichtheid", "performance orientation"),
        )
    ]
    for name in ("prestatie_leiding", "prestatie_eigen"):
        if not evidence.has(name):
            continue
        # The manager's rating has another source than the culture score, so no halves are needed.
        values = [evidence.of(part) for part in _PAIR]
        if name == "prestatie_eigen":
            values = [np.asarray(source(v)) for v in values]
        pair = evidence.standardise(sum(evidence.standardise(v) for v in values) / 2)
        found = combine(evidence.fit(evidence.z(name), {"pair": pair}), {"pair": 1.0})
        line = Line(
            name,
            f"{CONCEPTS[name].nl} per sd van het paar",
            f"{CONCEPTS[name].en} per sd of the pair",
            found,
        )
        if name == "prestatie_leiding" or not evidence.has("prestatie_leiding"):
            lines.append(line)
            parts.append(Part(found))
        else:
            sensitivity.append(line)
    effect = (
        joint.value,
        "sd betrokkenheid als beide een sd hoger zijn",
        "sd of commitment when both are one sd higher",
    )
    return conclude(lines, parts, effect, sensitivity, note=_halves_note(evidence))


def room_matters(evidence: Evidence) -> Finding:
    """H3: red tape takes room away, and lack of room lowers commitment and performance.

    Indirect effect: red tape -> room, times room -> outcome given red tape, in standard deviations,
    with a bootstrap of whole units (MacKinnon, Lockwood & Williams 2004).
    """
    lines, parts, sensitivity = [], [], []
    place, picks = evidence.draw()
    outcomes = [
        name
        for name in ("betrokkenheid", "prestatie_leiding", "prestatie_eigen")
        if evidence.has(name)
    ]
    for name in outcomes:
        # Commitment is told by who tells of room too; the manager's rating is not.
        same_source = name != "prestatie_leiding"
        halves = evidence.has_teams and same_source
        found = _indirect(evidence, name, place, picks, halves)
        line = Line(
            f"indirect_{name}",
            f"Indirect effect van regeldruk via ruimte: {name}",
            f"Indirect effect of red tape through room: {name}",
            found,
        )
        if name == "prestatie_eigen" and "prestatie_leiding" in outcomes:
            sensitivity.append(line)
            continue
        lines.append(line)
        parts.append(Part(found, -1))
        if halves:
            own = _indirect(evidence, name, place, picks, False)
            sensitivity.append(
                Line(
                    f"own_{name}", f"Met eigen antwoorden: {name}", f"With own answers: {name}", own
                )
            )
    effect = (
        parts[0].estimate.value,
        "sd betrokkenheid per sd regeldruk, via ruimte",
        "sd of commitment per sd of red tape, through room",
    )
    return conclude(lines, parts, effect, sensitivity, note=_halves_note(evidence))


def each_condition(evidence: Evidence) -> Finding:
    """H4: each of six conditions goes with commitment, by itself.

    Which of them counts most is told by general dominance (Budescu 1993): the mean gain in R2 over
    all sets of the others; shares of a whole that add up.
    """
    names = [name for name in _CONDITIONS if evidence.has(name)]
    if len(names) < _FEWEST_OTHERS:
        raise NotTestableError(
            Text(
                nl=f"de enquête heeft {len(names)} van de zes voorwaarden; nodig zijn er "
                f"{_FEWEST_OTHERS}",
                en=f"the survey has {len(names)} of the six conditions; "
                f"{_FEWEST_OTHERS} are needed",
            )
        )
    outcome = evidence.z("betrokkenheid")
    read = evidence.other_half if evidence.has_teams else np.asarray
    columns = {name: evidence.standardise(np.asarray(read(evidence.of(name)))) for name in names}
    lines, parts, sensitivity = [], [], []
    for name, values in columns.items():
        found = combine(evidence.fit(outcome, {name: values}), {name: 1.0})
        parts.append(Part(found))
        lines.append(
            Line(
                name,
                f"Betrokkenheid per sd: {CONCEPTS[name].nl}",
                f"Commitment per sd: {CONCEPTS[name].en}",
                found,
            )
        )
    joint = evidence.fit(outcome, columns)
    shares = _dominance(evidence, outcome, columns)
    for name in names:
        sensitivity += [
            Line(
                f"joint_{name}",
                f"Alle tegelijk: {CONCEPTS[name].nl}",
                f"All at once: {CONCEPTS[name].en}",
                combine(joint, {name: 1.0}),
            ),
            Line(
                f"dominance_{name}",
                f"Aandeel in de verklaarde variantie: {CONCEPTS[name].nl}",
                f"Share of explained variance: {CONCEPTS[name].en}",
                bare(shares[name], joint.n),
            ),
        ]
        if evidence.has_teams:
            own = combine(evidence.fit(outcome, {name: evidence.z(name)}), {name: 1.0})
            sensitivity.append(
                Line(
                    f"own_{name}",
                    f"Met eigen antwoorden: {CONCEPTS[name].nl}",
                    f"With own answers: {CONCEPTS[name].en}",
                    own,
                )
            )
    median = float(np.median([part.estimate.value for part in parts]))
    effect = (median, "sd betrokkenheid per sd, mediaan", "sd of commitment per sd, median")
    needed = len(names) // 2 + 1
    return conclude(lines, parts, effect, sensitivity, needed, _halves_note(evidence))


def example_over_rules(evidence: Evidence) -> Finding:
    """H17: managers' example explains more of a team's safety than rules and policy do.

    Safety of one half of a team, explained by what the other half says of example and of rules.
    For two blocks the difference in general dominance is the difference in R2.
    """
    rules = [name for name in ("gedragsregels", "omgangsbeleid") if evidence.has(name)]
    names = ["psychologische_veiligheid", "voorbeeldgedrag", *rules]
    values = np.stack([evidence.of(name) for name in names], axis=1)
    halves, place, picks = _half_means(evidence, values)
    rows = np.vstack([np.column_stack([halves[1 - h][:, 0], halves[h][:, 1:]]) for h in (0, 1)])
    both = np.concatenate([place, place])
    found, drawn = covariances(rows, np.ones(len(rows)), both, picks)
    every = np.concatenate([found[None], drawn])
    example = np.array([_r2(matrix, [1]) for matrix in every])
    rule = np.array([_r2(matrix, list(range(2, len(names)))) for matrix in every])
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
    one-way analysis of variance (Shrout & Fleiss 1979), with a bootstrap of whole units.
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
        made = [_between_share(values, unit, place, picks) for values in measured.values()]
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
            share, drawn = _between_share(values, evidence.team, place, picks)
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
    others = [str(name) for name in evidence.dimensions if name not in _PAIR]
    if len(others) < _FEWEST_OTHERS:
        raise NotTestableError(
            Text(
                nl=f"naast het paar zijn er {len(others)} cultuurdimensies; nodig zijn er "
                f"{_FEWEST_OTHERS}",
                en=f"beside the pair there are {len(others)} culture dimensions; "
                f"{_FEWEST_OTHERS} are needed",
            )
        )
    return [*_PAIR, *others]


def _too_few_teams(count: int) -> NotTestableError:
    return NotTestableError(
        Text(
            nl=f"{count} teams zijn groot genoeg; nodig zijn er {FEWEST_TEAMS}",
            en=f"{count} teams are large enough; {FEWEST_TEAMS} are needed",
        )
    )


def _team_sums(values: Array, team: NDArray[np.intp], count: int) -> tuple[Array, Array, Array]:
    """Size, sum and sum of squares of each team, over answers that are known."""
    known = ~np.isnan(values) & (team >= 0)
    size = np.bincount(team[known], minlength=count).astype(float)
    total = np.bincount(team[known], values[known], minlength=count)
    return size, total, np.bincount(team[known], values[known] ** 2, minlength=count)


def _shrunk_means(evidence: Evidence, names: list[str]) -> tuple[Array, Design]:
    """Means of teams with enough answers, shrunk; one row per team, and where teams belong."""
    count = int(evidence.team.max(initial=-1)) + 1
    means, sizes = np.empty((count, len(names))), np.empty((count, len(names)))
    for place, name in enumerate(names):
        values = evidence.dimensions[name].to_numpy(dtype=float)
        size, total, squares = _team_sums(values, evidence.team, count)
        icc, centre = _icc(size, total, squares), total.sum() / max(size.sum(), 1.0)
        reliability = size * icc / (1 + (size - 1) * icc)
        means[:, place] = centre + reliability * (total / np.maximum(size, 1) - centre)
        sizes[:, place] = size
    large = (sizes >= FEWEST_ANSWERS).all(axis=1)
    if large.sum() < FEWEST_TEAMS:
        raise _too_few_teams(int(large.sum()))
    return means[large], _design_of_teams(evidence, np.flatnonzero(large))


def _design_of_teams(evidence: Evidence, teams: NDArray[np.intp]) -> Design:
    """Teams count alike; they lie in clusters and strata as their members do."""
    order = np.argsort(evidence.team, kind="stable")
    first = order[np.searchsorted(evidence.team[order], teams)]
    design = evidence.design
    return Design(np.ones(len(teams)), design.cluster[first], design.stratum[first])


def _icc(size: Array, total: Array, squares: Array) -> float:
    kept = size > 0
    size, total, squares = size[kept], total[kept], squares[kept]
    n, groups = size.sum(), len(size)
    between = ((total**2 / size).sum() - total.sum() ** 2 / n) / (groups - 1)
    within = (squares - total**2 / size).sum() / (n - groups)
    usual = (n - (size**2).sum() / n) / (groups - 1)
    return float(np.clip((between - within) / (between + (usual - 1) * within), 0.0, 1.0))


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
        halves, _, _ = _half_means(evidence, evidence.dimensions[names].to_numpy())
    except NotTestableError:
        return bare(np.nan, 0)
    good, poor = _extremes(halves[0][:, :2])
    agrees = _agreement(halves[1][:, 2:], good, poor)
    return bare(float(np.nanmean(agrees)), int((~np.isnan(agrees)).sum()))


def _half_means(
    evidence: Evidence, values: Array
) -> tuple[tuple[Array, Array], NDArray[np.intp], Array]:
    """Means of both halves of each team that has enough answers in both.

    Returns
    -------
    One frame per half with a row per team; the unit of each team; draws of units.
    """
    count = int(evidence.team.max(initial=-1)) + 1
    made = []
    enough = np.ones(count, dtype=bool)
    for half in (False, True):
        team = np.where(evidence.half == half, evidence.team, -1)
        sums = [_team_sums(column, team, count)[:2] for column in values.T]
        enough &= np.stack([size >= FEWEST_IN_HALF for size, _ in sums]).all(axis=0)
        made.append(np.stack([total / np.maximum(size, 1) for size, total in sums], axis=1))
    if enough.sum() < FEWEST_TEAMS:
        raise _too_few_teams(int(enough.sum()))
    order = np.argsort(evidence.team, kind="stable")
    first = order[np.searchsorted(evidence.team[order], np.flatnonzero(enough))]
    place, picks = evidence.draw()
    return (made[0][enough], made[1][enough]), place[first], picks


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
    level = rankdata(score, method="dense").astype(np.intp) - 1
    levels = int(level.max()) + 1
    worrying, others = np.zeros((2, levels, weights.shape[1]))
    np.add.at(worrying, level[is_worrying], weights[is_worrying])
    np.add.at(others, level[~is_worrying], weights[~is_worrying])
    below = np.cumsum(others, axis=0) - others / 2
    total = worrying.sum(axis=0) * others.sum(axis=0)
    return np.asarray((worrying * below).sum(axis=0) / np.where(total > 0, total, np.nan))


def _pair_regression(evidence: Evidence, outcome: str, halves: bool) -> Regression:
    read = evidence.other_half if halves else np.asarray
    safety, performance = (
        evidence.standardise(np.asarray(read(evidence.of(name)))) for name in _PAIR
    )
    columns = {"safety": safety, "performance": performance, "both": safety * performance}
    return evidence.fit(evidence.z(outcome), columns)


def _indirect(
    evidence: Evidence, outcome: str, place: NDArray[np.intp], picks: Array, halves: bool
) -> Estimate:
    read = evidence.other_half if halves else np.asarray
    tape, room = (
        evidence.standardise(np.asarray(read(evidence.of(name))))
        for name in ("regeldruk", "ruimte_professional")
    )
    columns = within_strata(np.column_stack([tape, room, evidence.z(outcome)]), evidence.design)
    found, drawn = covariances(columns, evidence.design.weight, place, picks)
    n = int((~np.isnan(columns).any(axis=1)).sum())
    return from_draws(_product(found), np.array([_product(matrix) for matrix in drawn]), n)


def _product(covariance: Array) -> float:
    """Red tape -> room, times room -> outcome given red tape."""
    first = covariance[0, 1] / covariance[0, 0]
    slopes = np.linalg.lstsq(covariance[:2, :2], covariance[:2, 2], rcond=None)[0]
    return float(first * slopes[1])


def _dominance(evidence: Evidence, outcome: Array, columns: dict[str, Array]) -> dict[str, float]:
    rows = within_strata(np.column_stack([outcome, *columns.values()]), evidence.design)
    place = np.zeros(len(rows), dtype=np.intp)
    matrix = covariances(rows, evidence.design.weight, place, np.ones((1, 1)))[0]
    count = len(columns)
    r2 = {
        chosen: _r2(matrix, [place + 1 for place in chosen])
        for size in range(count + 1)
        for chosen in combinations(range(count), size)
    }
    whole = r2[tuple(range(count))]
    shares = {}
    for place_of, name in enumerate(columns):
        gains = [
            np.mean(
                [
                    r2[tuple(sorted((*chosen, place_of)))] - r2[chosen]
                    for chosen in combinations([p for p in range(count) if p != place_of], size)
                ]
            )
            for size in range(count)
        ]
        shares[name] = float(np.mean(gains) / whole) if whole > 0 else np.nan
    return shares


def _r2(covariance: Array, chosen: list[int]) -> float:
    """R2 of the first column on the chosen ones."""
    if not chosen or not covariance[0, 0] > 0:
        return 0.0
    with_outcome = covariance[chosen, 0]
    slopes = np.linalg.lstsq(covariance[np.ix_(chosen, chosen)], with_outcome, rcond=None)[0]
    return float(slopes @ with_outcome / covariance[0, 0])


def _between_share(
    values: Array, unit: NDArray[np.intp], place: NDArray[np.intp], picks: Array
) -> tuple[float, Array]:
    """ICC(1) as found and per draw, from sums over the units of each cluster."""
    known = ~np.isnan(values) & (unit >= 0)
    pair = pd.factorize(unit[known] * np.int64(len(picks)) + place[known])[0]
    size, total, squares = _team_sums(values[known], pair, int(pair.max(initial=-1)) + 1)
    cluster = np.zeros(len(size), dtype=np.intp)
    cluster[pair] = place[known]
    # Of a unit that spreads over clusters only its parts are drawn, so no interval is told.
    is_nested = len(size) == len(np.unique(unit[known]))
    parts = np.stack(
        [size, total, total**2 / size, squares - total**2 / size, size**2, np.ones(len(size))], 1
    )
    if not is_nested:
        merged = [
            s[np.bincount(unit[known]) > 0]
            for s in _team_sums(values[known], unit[known], int(unit.max()) + 1)
        ]
        return _icc(*merged), np.full(picks.shape[1], np.nan)
    sums = np.stack([np.bincount(cluster, column, len(picks)) for column in parts.T], axis=1)
    drawn = picks.T @ sums
    return _share_of(sums.sum(axis=0)), np.array([_share_of(row) for row in drawn])


def _share_of(sums: Array) -> float:
    n, total, between_sum, within_sum, squares, groups = sums
    if groups < 2 or n <= groups:
        return float("nan")
    between = (between_sum - total**2 / n) / (groups - 1)
    within = within_sum / (n - groups)
    usual = (n - squares / n) / (groups - 1)
    whole = between + (usual - 1) * within
    return float((between - within) / whole) if whole > 0 else float("nan")


def _halves_note(evidence: Evidence) -> Text | None:
    if evidence.has_teams:
        return None
    return Text(
        nl="Er zijn te weinig teams om te halveren: alles komt van dezelfde persoon op één moment, "
        "wat verbanden sterker kan doen lijken.",
        en="There are too few teams to halve: all is told by one person at one moment, which can "
        "make relations look stronger.",
    )
