"""Two risks of the same people held against each other, whole units drawn again."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd

from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import ends_of
from blijfwijzer.estimation.resampling import Draws, draw_units
from blijfwijzer.risk.calibration import degrees_of
from blijfwijzer.risk.evaluation import Predictions, finest_step, in_steps, widening
from blijfwijzer.risk.metrics import log_losses, measure, rank, to_margin
from blijfwijzer.risk.splits import Fold
from blijfwijzer.survey.arrays import Array, Mask

MEASURES = (
    *("log_loss", "brier", "roc_auc", "average_precision"),
    *("calibration_slope", "calibration_intercept"),
)
_MOST_UNDEFINED = 0.5
"""Share of draws in which a measure may be undefined, for its error to be told."""
RIGHT = {"calibration_slope": 1.0, "calibration_intercept": 0.0}
"""What a measure of calibration should be; two are compared by how far they are from it."""


@dataclass(frozen=True)
class Rivals:
    """Two risks of the same people, by models that were not fitted on them, and what they said."""

    values: Array
    """Outcome per response: 1 or 0."""
    first: Array
    second: Array
    """Probability per response."""
    design: Design

    @property
    def each(self) -> tuple[Predictions, Predictions]:
        """Each risk beside the answers."""
        first, second = (
            Predictions(self.values, risk, self.design) for risk in (self.first, self.second)
        )
        return first, second

    def take(self, rows: Mask) -> "Rivals":
        """Keep some responses."""
        return Rivals(
            self.values[rows], self.first[rows], self.second[rows], self.design.take(rows)
        )

    @property
    def influences(self) -> dict[str, float]:
        """How far one response, whatever it answered, can move the difference in each loss."""
        share = self.design.weight / self.design.weight.sum()
        apart = {
            "log_loss": [log_losses(y, self.second) - log_losses(y, self.first) for y in (0, 1)],
            "brier": [(self.second - y) ** 2 - (self.first - y) ** 2 for y in (0, 1)],
        }
        return {name: float((share * np.abs(one)).max()) for name, one in apart.items()}


def compare_risks(rivals: Rivals, bootstraps: int, seed: int) -> pd.DataFrame:
    """Measure two risks, and how far the second is from the first.

    Both are measured in the same draws of whole units, so that what makes units differ falls out of
    the difference. Its interval is of t, with the spread of draws widened as that of `evaluate`; it
    has none with fewer than five units.

    Returns
    -------
    One row per measure: first, second, difference (second less first; of a measure of calibration,
    of how far each is from what it should be), se, low, high.
    """
    unit = pd.factorize(rivals.design.cluster)[0]
    draws = draw_units(unit, bootstraps, np.random.default_rng(seed))
    found = np.stack([_measured(one, draws) for one in rivals.each])
    right = np.array([RIGHT.get(name, np.nan) for name in MEASURES])
    off = np.where(np.isnan(right), found, np.abs(found - right))
    difference = off[1] - off[0]
    spread = widening(len(np.unique(unit)))
    # A slope is not defined where a model expects the same of everyone.
    se = np.full(len(MEASURES), np.nan)
    is_known = np.isnan(difference[1:]).mean(axis=0) < _MOST_UNDEFINED
    se[is_known] = spread * np.nanstd(difference[1:, is_known], axis=0, ddof=1)
    low, high = ends_of(difference[0], se, degrees_of(rivals.design))
    columns = {"first": found[0, 0], "second": found[1, 0], "difference": difference[0]}
    return pd.DataFrame({**columns, "se": se, "low": low, "high": high}, index=list(MEASURES))


def measure_skill(
    predictions: Predictions, folds: Sequence[Fold], bootstraps: int, seed: int
) -> dict[str, float]:
    """Give which share of the log loss of the share of everyone a risk takes away.

    That share is of the other folds, as the risk itself is. One is perfect, zero is no better.
    Its interval is as those of `compare_risks`.

    Returns
    -------
    value, low, high; in steps that one response hardly moves.
    """
    values, design = predictions.values, predictions.design
    share = np.empty(len(values))
    for fit, test in folds:
        share[test] = np.average(values[fit], weights=design.weight[fit])
    unit = pd.factorize(design.cluster)[0]
    draws = draw_units(unit, bootstraps, np.random.default_rng(seed))
    losses = np.stack([log_losses(values, risk) for risk in (predictions.risk, share)], axis=1)
    sums = draws.finish(draws.gather(design.weight[:, None] * losses))
    skill = 1 - sums[:, 0] / sums[:, 1]
    spread = widening(len(np.unique(unit)))
    ends = ends_of(skill[0], spread * skill[1:].std(ddof=1), degrees_of(design))
    # How far it would move if one response had answered the other way.
    moved = to_margin(predictions.risk) - (1 - skill[0]) * to_margin(share)
    influence = float((design.weight * np.abs(moved)).max() / sums[0, 1])
    exact = pd.DataFrame({"value": [skill[0]], "low": ends[0], "high": ends[1]})
    told = in_steps(exact, finest_step(influence))
    return dict(zip(exact.columns, told.to_numpy(dtype=float)[0].tolist(), strict=True))


def _measured(one: Predictions, draws: Draws) -> Array:
    """Give each measure of a risk, of all responses and then of each draw: one row each."""
    ranked = rank(one.values, one.risk)
    weight, alike = one.design.weight[ranked.order], np.ones(len(one.values))
    times = chain([alike], draws.take(ranked.order).each)
    rows = [measure(ranked, weight * own, MEASURES) for own in times]
    return np.array([[row[name] for name in MEASURES] for row in rows])
