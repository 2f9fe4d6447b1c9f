"""Which groups stand out, at a controlled error rate, and how often they would again."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.estimation.discovery import Bound, Differences, control_discoveries
from blijfwijzer.estimation.resampling import draw_units
from blijfwijzer.groups.rates import PooledRates
from blijfwijzer.settings import FlagSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask

FLAGGED, NOT = "flagged", ""
"""Verdicts."""
OTHERWISE = "holds_otherwise"
CHOICES = ("holds_0", "holds_5", OTHERWISE, "holds_unweighted")
"""Whether a flag holds at a margin of 0 and of 5 points, against the other reference (all in place
of its sector, or the other way round), and without weights; each beside the settings."""
_FEWEST = 10
"""Fewer groups of a level do not tell how groups differ; then the pooled rate's draws decide, in
which that is integrated over. Convention of ours."""
_MOVES = np.linspace(-5.0, 5.0, 41)
"""By how many of its standard errors a group's own rate may be another in another survey."""
_AS_IT_IS = len(_MOVES) // 2
_STEEPEST = 2.0
"""Slope of true rates on mean risks above which it is chance rather than the model."""
_LARGEST_PART = 0.5
"""Of its reference that a group may be to be held against the others in it. Those of a larger one
are too few to tell what is usual, and it is held against all of it, itself among them."""


@dataclass(frozen=True)
class Listed:
    """The groups on one list, by their place among all groups; one each."""

    place: Codes
    reference: Codes
    """Place of the group of which each is held against the others."""
    level: Codes
    """Groups of one level are alike in how they may differ."""
    unit: Codes
    """Organisation that each lies in; -1 for one that spans several."""

    def among(self, rows: Codes) -> "Listed":
        """Give some rows of the list."""
        parts = (self.place, self.reference, self.level, self.unit)
        return Listed(*(part[rows] for part in parts))


@dataclass(frozen=True)
class Others:
    """What groups on a list are held against: those of their reference who are not in them.

    A group that differs raises the rate of all of its reference, and would be held against a part
    of itself.
    """

    rate: Array
    se: Array
    risk: Array
    """Mean that the model expects of them."""

    @classmethod
    def of(cls, pooled: PooledRates, areas: pd.DataFrame, listed: Listed) -> "Others":
        """Take each group from its reference, by its part of the people in it.

        Own answers of the others differ from those of all by as much as follows from the group's;
        of that counts as much as pooling trusts own answers of the reference.
        """
        own, whole = (areas.iloc[places] for places in (listed.place, listed.reference))
        table = pooled.table.iloc[listed.reference]
        part = own["n"].to_numpy(dtype=float) / np.maximum(whole["n"].to_numpy(dtype=float), 1.0)
        part = np.where(part <= _LARGEST_PART, part, 0.0)
        per_other = part / (1 - part)
        # In whole percentages, as a rate of own answers is told.
        answered = (whole["direct"].to_numpy() - own["direct"].to_numpy()).round(2)
        trust = _trust(pooled, areas)[listed.reference]
        rate = table["rate"].to_numpy() + trust * per_other * np.nan_to_num(answered)
        risk = whole["model"].to_numpy() - own["model"].to_numpy()
        return cls(
            np.clip(rate, 0.0, 1.0),
            table["se"].to_numpy() / np.sqrt(1 - part),
            whole["model"].to_numpy() + per_other * risk,
        )

    def among(self, rows: Codes) -> "Others":
        """Give those of some rows of the list."""
        return Others(self.rate[rows], self.se[rows], self.risk[rows])


def flag_groups(
    pooled: PooledRates, areas: pd.DataFrame, listed: Listed, settings: FlagSettings, seed: int
) -> pd.DataFrame:
    """Flag the groups whose rate exceeds that of the others in their reference by a margin.

    The list is the longest of which the expected share of false flags stays below
    `false_discoveries`, over the whole list, whatever the number of groups. How well the reference
    is known counts too.

    Parameters
    ----------
    pooled, areas : of all groups, as `estimates.estimate_groups` gives

    Returns
    -------
    One row per group on the list: reference (rate of all of it), probability of exceeding the
    others in it by the margin, stability (share of bootstraps in which a flagged group is flagged
    again) and verdict.
    """
    others = Others.of(pooled, areas, listed)
    chances = chances_above(pooled, areas, listed, others, settings.margin)
    probability = chances[:, _AS_IT_IS]
    flagged = control_discoveries(probability, settings.false_discoveries)
    stability = np.full(len(probability), np.nan)
    if flagged.any():
        own = _own_error(pooled, areas)[listed.place]
        again = measure_stability(chances, own, areas, listed, settings, seed)
        stability = np.where(flagged, again, np.nan)
    return pd.DataFrame(
        {
            "reference": pooled.table["rate"].to_numpy()[listed.reference],
            "probability": probability,
            "stability": stability,
            "verdict": np.where(flagged, FLAGGED, NOT),
        }
    )


def find_flagged(
    pooled: PooledRates, areas: pd.DataFrame, listed: Listed, settings: FlagSettings
) -> Mask:
    """Say which groups on the list `flag_groups` would flag, and not how often again."""
    others = Others.of(pooled, areas, listed)
    chance = chances_above(pooled, areas, listed, others, settings.margin, _MOVES[[_AS_IT_IS]])
    return control_discoveries(chance[:, 0], settings.false_discoveries)


def measure_stability(
    chances: Array,
    own: Array,
    areas: pd.DataFrame,
    listed: Listed,
    settings: FlagSettings,
    seed: int,
) -> Array:
    """Share of bootstraps in which each group is on the list.

    Each bootstrap draws organisations with replacement, which moves the references, and the
    respondents within a group's own organisation, which moves its own rate. The list is then made
    anew. It carries the error of this survey and that of the next, and so decides nothing.

    Parameters
    ----------
    chances : one row per group on the list, one column per move of `_MOVES`
    own : standard error of each own rate
    """
    rng = np.random.default_rng(seed)
    n = areas["effective_n"].to_numpy()[listed.place]
    rate = areas["direct"].fillna(areas["model"]).to_numpy()[listed.place]
    reference = np.unique(listed.reference, return_inverse=True)[1]
    before = _means(n, rate, reference)
    held, rows = np.zeros(len(n)), np.arange(len(n))
    for _ in range(settings.bootstraps):
        times = draw_units(listed.unit, 1, rng).by_response[0]
        after = _means(np.where(listed.unit >= 0, n * times, 0.0), rate, reference)
        shift = np.nan_to_num(after - before)[reference]
        move = rng.standard_normal(len(n)) - shift / own
        at = np.clip((move - _MOVES[0]) / (_MOVES[1] - _MOVES[0]), 0, len(_MOVES) - 1.001)
        low, part = at.astype(int), at % 1
        chance = chances[rows, low] * (1 - part) + chances[rows, low + 1] * part
        held += control_discoveries(chance, settings.false_discoveries)
    return held / settings.bootstraps


def part_best(values: Array, performance: Array, weight: Array, share: float) -> Array:
    """Part respondents in the best performers and the others.

    The best are those with the highest answers, as near as ties allow to `share` of the weight.

    Parameters
    ----------
    values : outcome per response: 1, 0 or NaN
    performance : answer per response; NaN where not given

    Returns
    -------
    Per response: 1 for the best, 0 for others, NaN where either answer is not known.
    """
    known = ~np.isnan(values) & ~np.isnan(performance)
    levels, level = np.unique(performance[known], return_inverse=True)
    above = np.cumsum(np.bincount(level, weights=weight[known])[::-1])[::-1]
    cut = levels[np.argmin(np.abs(above / above[0] - share))] if len(levels) else np.inf
    return np.where(known, (performance >= cut).astype(float), np.nan)


def talent_at_risk(values: Array, best: Array, weight: Array, members: csr_array) -> pd.DataFrame:
    """Compare the intention to leave of the best performers with that of the others.

    Which direction a difference has is an open question: good performers intend to leave less
    often, but slightly more often at equal satisfaction (Zimmerman & Darnold 2009).

    Parameters
    ----------
    values : outcome per response: 1, 0 or NaN
    best : as `part_best` gives

    Returns
    -------
    One row per group: best, rest (weighted rates), n_best, n_rest.
    """
    told = {}
    for name, who in (("best", best == 1), ("rest", best == 0)):
        w = np.where(who, weight, 0.0)
        total = members @ w
        hits = members @ (w * np.where(who, values, 0.0))
        told[name] = np.divide(hits, total, out=np.full(len(total), np.nan), where=total > 0)
        told[f"n_{name}"] = members @ who.astype(float)
    return pd.DataFrame(told)


def chances_above(
    pooled: PooledRates,
    areas: pd.DataFrame,
    listed: Listed,
    others: Others,
    margin: float,
    moves: Array = _MOVES,
) -> Array:
    """Give the chance of each group to exceed the others, had its own rate been another.

    Parameters
    ----------
    moves : by how many of its standard errors

    Returns
    -------
    One row per group on the list, one column per move.
    """
    own = _own_error(pooled, areas)[listed.place]
    bound = Bound(others.rate + margin, others.se)
    chances = np.empty((len(own), len(moves)))
    asked = (pooled.table["source"] == "pooled").to_numpy()[listed.place]
    for level in np.unique(listed.level):
        rows = np.flatnonzero(asked & (listed.level == level))
        if len(rows) < _FEWEST:
            asked[rows] = False
            continue
        share, expected, error = _foreseen(areas.iloc[listed.place[rows]], others.among(rows))
        n = areas["effective_n"].to_numpy()[listed.place[rows]]
        of_level = Bound(bound.value[rows], np.hypot(bound.se[rows], error))
        learnt = Differences.learn(share, n, expected)
        moved = np.clip(share[:, None] + moves * own[rows, None], 0, 1)
        chances[rows] = learnt.chance_above(moved, n, expected, of_level)
    rows = np.flatnonzero(~asked)
    places = listed.place[rows]
    trust = _trust(pooled, areas)[places]
    for place, move in enumerate(moves):
        moved = pooled.draws[places] + (move * trust * own[rows])[:, None]
        chances[rows, place] = (moved > bound.value[rows][:, None]).mean(axis=1)
    return chances


def _trust(pooled: PooledRates, areas: pd.DataFrame) -> Array:
    """Give the weight that pooling gave own answers: g1 = g D (Rao & Molina 2015, eq. 6.1.8)."""
    return np.clip(pooled.table["se"].to_numpy() / _own_error(pooled, areas), 0, 1) ** 2


def _own_error(pooled: PooledRates, areas: pd.DataFrame) -> Array:
    """Give the standard error of each group's own rate."""
    rate = np.clip(pooled.table["rate"].to_numpy(), 1e-3, 1 - 1e-3)
    n = np.maximum(areas["effective_n"].to_numpy(dtype=float), 1)
    return np.asarray(np.sqrt(rate * (1 - rate) / n))


def _foreseen(own: pd.DataFrame, others: Others) -> tuple[Array, Array, Array]:
    """Own rate of groups of one level, and what others and model lead one to expect of it.

    The expected rate is that of the others, moved by the difference in mean risk. Own rate and mean
    risk are of the same people, so that part of their slope is shared error (as in Ybarra & Lohr
    2008): that part is taken from the own rate.

    Parameters
    ----------
    own : areas of the groups
    others : one each

    Returns
    -------
    share, expected, and the standard error of the latter: of the slope, and of a mean risk of so
    few people. Without it a model that foresees nearly all differences would be sure by itself.
    """
    n, rate = own["effective_n"].to_numpy(), own["direct"].to_numpy()
    apart = own["model"].to_numpy() - others.risk
    size = max(float((n * apart**2).sum()), 1e-12)
    most = own["cov"].mean() / max(own["var_risk"].mean(), 1e-12)
    shared = np.clip(own["cov"].sum() / size, 0, max(most, 0))
    slope = np.clip((n * (rate - others.rate) * apart).sum() / size - shared, 0, _STEEPEST)
    of_slope = apart**2 * (others.rate * (1 - others.rate)).mean() / size
    of_risk = slope**2 * own["var_risk"].to_numpy() / n
    return (
        np.clip(rate - shared * apart, 0, 1),
        np.clip(others.rate + slope * apart, 1e-3, 1 - 1e-3),
        np.sqrt(of_slope + of_risk),
    )


def _means(weight: Array, rate: Array, reference: Codes) -> Array:
    """Give the mean rate of the groups under each reference; NaN where nobody is left."""
    total = np.bincount(reference, weights=weight)
    sums = np.bincount(reference, weights=weight * rate)
    empty = np.full(len(total), np.nan)
    return np.asarray(np.divide(sums, total, out=empty, where=total > 0))
