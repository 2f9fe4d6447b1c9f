"""By how much a mean moved between two waves, as it is and net of who responded."""

from dataclasses import dataclass

import numpy as np

from blijfwijzer.culture.raking import RakedWaves
from blijfwijzer.estimation.intervals import Estimate
from blijfwijzer.estimation.means import difference, estimate_mean
from blijfwijzer.survey.arrays import Array


@dataclass(frozen=True)
class Change:
    """By how much a mean moved."""

    before: Estimate
    now: Estimate
    raw: Estimate
    net: Estimate
    """Of who responded."""

    def row(self) -> dict[str, float]:
        """Give what tables tell of a change, as one row of them."""
        return {
            "n_before": self.before.n,
            "n_now": self.now.n,
            "before": self.before.value,
            "now": self.now.value,
            "raw": self.raw.value,
            "raw_low": self.raw.low,
            "raw_high": self.raw.high,
            "net": self.net.value,
            "net_se": self.net.se,
            "net_low": self.net.low,
            "net_high": self.net.high,
            "p": self.net.p,
        }


def measure_change(values: Array, waves: RakedWaves) -> Change:
    """Measure by how much a mean moved, as it is and net of who responded.

    The error of the net change is that of a calibrated mean: what its traits foresee of an answer
    adds none, as far as both waves agree on it (Deville & Sarndal 1992, section 3; the earlier
    mix is itself known from a sample, which the earlier wave's part of the error holds). Units in
    both waves make the error smaller by as much as they stay the same.

    Parameters
    ----------
    values : one per response of both waves, in the order of `waves`; NaN where not known
    """
    known, is_now = ~np.isnan(values), waves.is_now
    raw = difference(values, is_now, ~is_now, waves.design)
    earlier, later = (
        estimate_mean(np.where(part, values, np.nan), waves.design) for part in (~is_now, is_now)
    )
    if not earlier.n or not later.n:
        return Change(earlier, later, raw, raw)
    X, rows = waves.dummies, known & is_now
    weighted = X[rows] * waves.raked[rows, None]
    slopes = np.linalg.lstsq(weighted.T @ X[rows], weighted.T @ values[rows], rcond=None)[0]
    rest = values - X @ slopes
    mean = float(np.average(values[rows], weights=waves.raked[rows]))
    old = known & ~is_now
    centre = float(np.average(X[old] @ slopes, weights=waves.design.weight[old]))
    moved = np.where(is_now, rest + mean, rest + centre)
    net = difference(moved, is_now, ~is_now, waves.design.reweight(waves.raked))
    return Change(earlier, later, raw, net)
