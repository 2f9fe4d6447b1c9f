"""Which groups stand out, at a controlled error rate, and whether they would again."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import ndtr

from blijfwijzer.estimation.resampling import draw_units
from blijfwijzer.groups.rates import PooledRates
from blijfwijzer.settings import FlagSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask

CERTAIN, UNCERTAIN, NOT = "certain", "uncertain", ""
"""Verdicts: flagged, "onzeker" because it would often not be flagged again, not flagged."""


@dataclass(frozen=True)
class Resampled:
    """What a bootstrap of organisations needs of each group."""

    unit: Codes
    """Organisation that each group lies in; -1 for one that spans several."""
    reference: Codes
    """Reference (sector) of each group."""
    n: Array
    direct: Array
    """Weighted rate of each group."""


def flag_groups(
    pooled: PooledRates,
    reference: Array,
    resampled: Resampled,
    settings: FlagSettings,
    seed: int,
) -> pd.DataFrame:
    """Flag the groups whose rate exceeds their reference by a margin that matters.

    The list is the longest of which the expected share of false flags stays below
    `false_discoveries`: groups are taken in order of their probability of exceeding, and the mean
    of the complements is the false discovery rate (Newton et al. 2004; Mueller, Parmigiani & Rice
    2007). It is controlled over the whole list, whatever the number of groups.

    Parameters
    ----------
    pooled : rates of all groups on the list
    reference : rate that each group is held against, in [0, 1]

    Returns
    -------
    One row per group, in the same order: reference, probability of exceeding it by the margin,
    stability (share of bootstraps in which it is flagged) and verdict.
    """
    probability = (pooled.draws > (reference + settings.margin)[:, None]).mean(axis=1)
    flagged = control_discoveries(probability, settings.false_discoveries)
    stability = np.full(len(probability), np.nan)
    if flagged.any():
        stability = measure_stability(pooled, reference, resampled, settings, seed)
    verdict = np.where(flagged, np.where(stability >= settings.stability, CERTAIN, UNCERTAIN), NOT)
    return pd.DataFrame(
        {
            "reference": reference,
            "probability": probability,
            "stability": np.where(flagged, stability, np.nan),
            "verdict": verdict,
        }
    )


def control_discoveries(probability: Array, most: float) -> Mask:
    """Take the longest list with an expected share of false flags of at most `most`.

    Parameters
    ----------
    probability : of each group that it truly exceeds
    """
    order = np.argsort(-probability, kind="stable")
    false = np.cumsum(1 - probability[order]) / np.arange(1, len(order) + 1)
    flagged = np.zeros(len(order), dtype=bool)
    flagged[order[: int((false <= most).sum())]] = True
    return flagged


def measure_stability(
    pooled: PooledRates,
    reference: Array,
    resampled: Resampled,
    settings: FlagSettings,
    seed: int,
) -> Array:
    """Share of bootstraps in which each group is flagged.

    Each bootstrap draws organisations with replacement, which moves the references, and the
    respondents within a group's own organisation, which moves its direct rate. How far a direct
    rate moves the pooled one is the weight g that pooling gave it. The pooled rate's variance is g
    times the direct one's (Rao & Molina 2015, eq. 6.1.8: g1 = g D), so g = (se of the pooled rate
    / se of the direct one)^2. The list is then made anew.
    """
    rng = np.random.default_rng(seed)
    rate, se = pooled.table["rate"].to_numpy(), pooled.table["se"].to_numpy()
    own = np.sqrt(np.clip(rate * (1 - rate), 1e-4, None) / np.maximum(resampled.n, 1))
    trust = np.clip((se / own) ** 2, 0, 1)
    in_unit = resampled.unit >= 0
    held = np.zeros(len(rate))
    for _ in range(settings.bootstraps):
        times = draw_units(resampled.unit, 1, rng).by_response[0]
        weight = np.where(in_unit, resampled.n * times, 0.0)
        shift = _reference_shift(weight, resampled)
        moved = rate + trust * own * rng.standard_normal(len(rate))
        above = ndtr((moved - reference - shift - settings.margin) / np.maximum(se, 1e-9))
        held += control_discoveries(above, settings.false_discoveries)
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


def _reference_shift(weight: Array, resampled: Resampled) -> Array:
    """How much the rate of each reference moves when organisations are drawn again."""
    count = resampled.reference.max(initial=0) + 1

    def mean(w: Array) -> Array:
        total = np.bincount(resampled.reference, weights=w, minlength=count)
        sums = np.bincount(resampled.reference, weights=w * resampled.direct, minlength=count)
        return np.divide(sums, total, out=np.full(count, np.nan), where=total > 0)

    moved = mean(weight) - mean(np.where(resampled.unit >= 0, resampled.n, 0.0))
    return np.nan_to_num(moved)[resampled.reference]
