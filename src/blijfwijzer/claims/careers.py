"""Claims about chances, responsibility, reorganisation and performance (H9, H10, H13, H14)."""

from itertools import combinations

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
    Effect,
    NotTestableError,
    Requirement,
    Sign,
    decide,
)
from blijfwijzer.claims.reader import Reader
from blijfwijzer.claims.training import GAP, MOST
from blijfwijzer.estimation.correlations import polychoric
from blijfwijzer.estimation.intervals import Estimate, from_draws, linearise
from blijfwijzer.estimation.means import difference, estimate_mean, estimate_share
from blijfwijzer.estimation.regression import combine
from blijfwijzer.survey.arrays import Array, Mask
from blijfwijzer.survey.concepts import CONCEPTS
from blijfwijzer.survey.texts import Message

STRONG_RELATION = 0.4
"""Correlation of statement and behaviour above which behaviour shows it (domain notes, C, H10)."""
LARGE_DIFFERENCE = 0.2
"""Standard deviations that count as a difference between groups (domain notes, E.3)."""
_CHANCES: dict[str, Sign] = {"leeftijd": -1, "dienstjaren": -1, "opleiding": 1}
_HARMED: dict[str, Sign] = {
    "bevlogenheid": -1,
    "tevredenheid": -1,
    "prestatie_leiding": -1,
    "prestatie_eigen": -1,
    "vertrekintentie": 1,
}
_OPINIONS: dict[str, Sign] = {
    "onder_aangesproken": -1,
    "uitblinken_meer_werk": 1,
    "prestatie_belonen": 1,
}
"""What H14 says that most see (1) or do not see (-1)."""
_DEEDS = ("scholing", "zoekt_werk", "ontwikkelafspraak", "interne_stap")


def best_chances(reader: Reader) -> ClaimFinding:
    """H9: the young, the recently hired and the highly educated have the best chances.

    Each by itself is what the claim says; what each adds to the others is told beside it.
    """
    chances = reader.z("inzetbaarheid")
    columns = {name: reader.z(name) for name in _CHANCES if reader.has(name)}
    if len(columns) < 2:
        raise NotTestableError(Message("claim.h9.few_traits"))
    alone = {
        name: combine(reader.fit(chances, {name: values}), {name: 1.0})
        for name, values in columns.items()
    }
    together = reader.fit(chances, columns)
    profile = combine(together, {name: 2.0 * _CHANCES[name] for name in columns})
    joint = {name: combine(together, {name: 1.0}) for name in columns}
    return ClaimFinding(
        estimates=(
            *by_concept("claim.h9.trait", Measure.DEVIATION, alone),
            ClaimEstimate("profile", Measure.DEVIATION, profile, Message("claim.h9.profile")),
        ),
        effect=Effect(profile, Message("claim.h9.effect")),
        decision=decide(
            [
                *(Requirement(found, _CHANCES[name]) for name, found in alone.items()),
                Requirement(profile, floor=LARGE_DIFFERENCE),
            ]
        ),
        checks=(
            *by_concept("claim.h9.joint", Measure.DEVIATION, joint, "joint_"),
            *_crossed(reader, chances, columns),
        ),
    )


def words_not_deeds(reader: Reader) -> ClaimFinding:
    """H10: people say that their market value is their own affair, and do not act on it.

    Saying and doing are few ordered answers, so their relation is that of what lies behind them
    (polychoric; Olsson 1979), with a bootstrap of whole units.
    """
    says, acts = reader.of("eigen_marktwaarde"), _acts(reader)
    both = ~np.isnan(says) & ~np.isnan(acts)
    says, acts = np.where(both, says, np.nan), np.where(both, acts, np.nan)
    agrees = np.where(both, reader.agrees("eigen_marktwaarde"), np.nan)
    # Acting is doing at least half of what was asked about.
    does = np.where(both, acts >= MOST, np.nan)
    share, of_deeds = (estimate_share(values, reader.design) for values in (agrees, does))
    apart = estimate_mean(agrees - does, reader.design)
    relation = _latent_correlation(reader, says, acts)
    return ClaimFinding(
        estimates=(
            ClaimEstimate("agrees", Measure.SHARE, share, Message("claim.h10.agrees")),
            ClaimEstimate("acts", Measure.SHARE, of_deeds, Message("claim.h10.acts")),
            ClaimEstimate("apart", Measure.DIFFERENCE, apart, Message("claim.h10.apart")),
            ClaimEstimate("relation", Measure.CORRELATION, relation, Message("claim.h10.relation")),
        ),
        effect=Effect(relation, Message("claim.h10.effect")),
        decision=decide(
            [
                Requirement(share, bound=MOST),
                Requirement(apart, floor=GAP),
                Requirement(relation, -1, bound=STRONG_RELATION),
            ]
        ),
        checks=(
            *_by_person(reader, says, acts, np.where(both, (agrees == 1) & (does == 0), np.nan)),
            *by_concept(
                "claim.h10.relation_with",
                Measure.CORRELATION,
                {name: _correlation(reader, says, reader.of(name)) for name in _deeds(reader)},
                "relation_",
            ),
        ),
    )


def reorganising_harms(reader: Reader) -> ClaimFinding:
    """H13: reorganisations harm wellbeing and performance.

    Differences within organisations, in standard deviations: each organisation has a level of its
    own, so that poor organisations that also reorganise do not count as harm.
    """
    exposed = reader.of("reorganisatie")
    names = [name for name in _HARMED if reader.has(name)]
    if reader.has("prestatie_leiding"):
        names = [name for name in names if name != "prestatie_eigen"]
    if not names:
        raise NotTestableError(Message("claim.h13.nothing_measured"))
    within = {name: _within_units(reader, reader.z(name), exposed) for name in names}
    plain = {
        name: combine(reader.fit(reader.z(name), {"exposed": exposed}), {"exposed": 1.0})
        for name in names
    }
    median = float(np.median([abs(found.value) for found in within.values()]))
    requirements = [Requirement(within[name], _HARMED[name], floor=FLOOR_D) for name in names]
    return ClaimFinding(
        estimates=by_concept("claim.h13.within", Measure.DEVIATION, within),
        effect=Effect(bare(median, 0), Message("claim.h13.effect")),
        decision=decide(requirements, len(names) // 2 + 1),
        checks=by_concept("claim.h13.plain", Measure.DEVIATION, plain, "plain_"),
        notes=(Message("claim.h13.note"),),
    )


def reward_wanted(reader: Reader) -> ClaimFinding:
    """H14: underperformers are not corrected, those who excel get more work, reward is wanted."""
    agrees = {name: reader.agrees(name) for name in _OPINIONS if reader.has(name)}
    shares = {name: estimate_share(values, reader.design) for name, values in agrees.items()}
    fifths = _fifths(reader)
    return ClaimFinding(
        estimates=by_concept("claim.h14.agrees", Measure.SHARE, shares),
        effect=Effect(shares["prestatie_belonen"], Message("claim.h14.effect")),
        decision=decide(
            [
                Requirement(found, _OPINIONS[name], bound=MOST, floor=FLOOR_SHARE)
                for name, found in shares.items()
            ]
        ),
        checks=tuple(
            one
            for name, values in agrees.items()
            for one in (
                *_by_managers(reader, name, values),
                *_by_performance(reader, name, values, fifths),
            )
        ),
    )


def _crossed(
    reader: Reader, chances: Array, columns: dict[str, Array]
) -> tuple[ClaimEstimate, ...]:
    """Give the interaction of each two traits."""
    made = []
    for one, other in combinations(columns, 2):
        fitted = reader.fit(chances, {**columns, "product": columns[one] * columns[other]})
        label = Message("claim.h9.crossed", {"one": CONCEPTS[one], "other": CONCEPTS[other]})
        found = combine(fitted, {"product": 1.0})
        made.append(ClaimEstimate(f"{one}_x_{other}", Measure.DEVIATION, found, label))
    return tuple(made)


def _by_person(
    reader: Reader, says: Array, acts: Array, words_only: Array
) -> tuple[ClaimEstimate, ...]:
    """Give words and deeds of the same person, in other ways than the claim's own."""
    low, high = np.nanmin(says), np.nanmax(says)
    without = estimate_share(words_only, reader.design)
    apart = estimate_mean((says - low) / max(high - low, 1e-12) - acts, reader.design)
    plain = _correlation(reader, says, acts)
    return (
        ClaimEstimate("words_only", Measure.SHARE, without, Message("claim.h10.words_only")),
        ClaimEstimate("discrepancy", Measure.DIFFERENCE, apart, Message("claim.h10.discrepancy")),
        ClaimEstimate("pearson", Measure.CORRELATION, plain, Message("claim.h10.pearson")),
    )


def _deeds(reader: Reader) -> list[str]:
    return [name for name in _DEEDS if reader.has(name)]


def _acts(reader: Reader) -> Array:
    """Share of the deeds that were asked about which someone did."""
    names = _deeds(reader)
    if len(names) < 2:
        raise NotTestableError(Message("claim.h10.few_deeds"))
    return np.asarray(np.mean([reader.of(name) for name in names], axis=0))


def _latent_correlation(reader: Reader, first: Array, second: Array) -> Estimate:
    """Polychoric correlation of two ordered answers, with draws of whole units."""
    known = ~np.isnan(first) & ~np.isnan(second)
    codes = [np.unique(values[known], return_inverse=True)[1] for values in (first, second)]
    rows, columns = (int(code.max(initial=0)) + 1 for code in codes)
    if min(rows, columns) < 2:
        return bare(np.nan, int(known.sum()))
    place, picks = reader.draw()
    cell = codes[0] * columns + codes[1]
    weight = reader.design.weight[known]
    sums = [
        np.bincount(place[known][cell == c], weight[cell == c], len(picks))
        for c in range(rows * columns)
    ]
    held = np.stack(sums, axis=1)
    tables = np.vstack([held.sum(axis=0), picks.T @ held])
    tables = tables / tables.sum(axis=1, keepdims=True)
    found = polychoric(tables.reshape(-1, rows, columns))
    return from_draws(float(found[0]), found[1:], int(known.sum()))


def _correlation(reader: Reader, first: Array, second: Array) -> Estimate:
    """Weighted Pearson correlation with its influence (Fuller 2009, section 1.3)."""
    known = ~np.isnan(first) & ~np.isnan(second)
    pair = [reader.standardise(np.where(known, values, np.nan)) for values in (first, second)]
    weight = np.where(known, reader.design.weight, 0.0)
    x, y = (np.where(known, values, 0.0) for values in pair)
    r = float((weight * x * y).sum() / weight.sum())
    influence = weight * (x * y - r * (x**2 + y**2) / 2) / weight.sum()
    return linearise(r, influence, reader.design, int(known.sum()))


def _within_units(reader: Reader, outcome: Array, exposed: Array) -> Estimate:
    """Coefficient of exposure with a level for each cluster (the within estimator)."""
    known = ~np.isnan(outcome) & ~np.isnan(exposed)
    weight = np.where(known, reader.design.weight, 0.0)
    cluster = np.unique(reader.design.cluster, return_inverse=True)[1]
    total = np.maximum(np.bincount(cluster, weight), 1e-12)

    def centred(values: Array) -> Array:
        held = np.where(known, values, 0.0)
        return np.asarray(held - (np.bincount(cluster, weight * held) / total)[cluster])

    x, y = centred(exposed), centred(outcome)
    spread = float((weight * x**2).sum())
    if not spread > 0:
        return bare(np.nan, int(known.sum()))
    slope = float((weight * x * y).sum() / spread)
    influence = weight * x * (y - slope * x) / spread
    return linearise(slope, influence, reader.design, int(known.sum()))


def _by_managers(reader: Reader, name: str, agrees: Array) -> tuple[ClaimEstimate, ...]:
    """Hold managers' agreement against that of others."""
    if not reader.has("leidinggevende"):
        return ()
    manages = reader.of("leidinggevende")
    found = difference(agrees, manages == 1, manages == 0, reader.design)
    return by_concept("claim.h14.managers", Measure.DIFFERENCE, {name: found}, "managers_")


def _fifths(reader: Reader) -> tuple[tuple[str, str, Mask], ...]:
    """Give those of the lowest and of the highest fifth of performance, ties left out."""
    rated = next((n for n in ("prestatie_leiding", "prestatie_eigen") if reader.has(n)), None)
    if rated is None:
        return ()
    place = pd.Series(reader.of(rated)).rank(pct=True).to_numpy()
    return (
        ("low", "claim.h14.lowest_fifth", place <= 0.2),
        ("high", "claim.h14.highest_fifth", place > 0.8),
    )


def _by_performance(
    reader: Reader,
    name: str,
    agrees: Array,
    fifths: tuple[tuple[str, str, Mask], ...],
) -> tuple[ClaimEstimate, ...]:
    """Share that agrees in the lowest and highest fifth of performance."""
    return tuple(
        ClaimEstimate(
            f"{end}_{name}",
            Measure.SHARE,
            estimate_share(np.where(inside, agrees, np.nan), reader.design),
            about(label, name),
            Domain(f"{end}_{name}", (inside,)),
        )
        for end, label, inside in fifths
    )
