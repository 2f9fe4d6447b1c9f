"""What drivers earn: how much each lowers the loss on people whom the model was not fitted on.

A driver may move predictions and make them no better: it follows noise, or repeats another one.
"""

from collections.abc import Iterator
from itertools import combinations
from math import comb, pi
from typing import NamedTuple

import numpy as np
import pandas as pd

from blijfwijzer.drivers.contributions import by_construct, roll_up
from blijfwijzer.drivers.importance import Refit
from blijfwijzer.estimation.intervals import ends_of
from blijfwijzer.estimation.resampling import Draws, draw_units
from blijfwijzer.risk.evaluation import finest_step, widening
from blijfwijzer.risk.task import Task
from blijfwijzer.survey.arrays import Array

_MOST_EXACT = 8
"""Drivers of which all sets are tried; of more, orders are drawn."""
_ROWS, _FEWEST, _MOST = 20_000_000, 8, 64
"""Losses of a response that drawn orders may take, and how many pairs of orders there are at least
and at most; conventions of ours."""


class Earned(NamedTuple):
    """What drivers earn, per response of weight 1, as log loss; below zero it makes risks worse.

    Both have one row per driver, in the order of the contributions: earned, low and high (95 %, of
    other units, of the models as they are; NaN with fewer than five units), and share of what all
    together earn. Before it is rounded, as `finest_step` says, all earned adds up to that.
    """

    scales: pd.DataFrame
    constructs: pd.DataFrame
    """By `Contributed.by_construct`."""


class LossGame(NamedTuple):
    """Responses that a model was not fitted on, and what it foresees of them by each driver."""

    added: Array
    """One row per response, one column per driver: to the calibrated log odds."""
    start: Array
    """Calibrated log odds per response that nothing is known of."""
    values: Array
    covariance: Array
    """Of `added`, between drivers."""

    def losses(self, known: Array) -> Array:
        """Log loss of each response where some drivers are known, as its risk then is.

        Of what is not known the risk is the mean: that of log odds that are spread about as a
        normal distribution is (MacKay 1992, doi:10.1162/neco.1992.4.5.720).

        Parameters
        ----------
        known : per driver, 1 or 0
        """
        unknown = 1 - known
        spread = max(float(unknown @ self.covariance @ unknown), 0.0)
        odds = (self.start + self.added @ known) / np.sqrt(1 + pi * spread / 8)
        return np.asarray(np.logaddexp(0.0, odds) - self.values * odds)


def measure_earnings(refits: list[Refit], task: Task, bootstraps: int, seed: int) -> Earned:
    """Attribute the loss out of fold to drivers, as SAGE does.

    Each driver earns its Shapley value of the game in which a set of drivers is worth what the
    loss falls if they are known (Covert, Lundberg & Lee 2020, arXiv:2004.00668). What a set
    foresees are the contributions of its members, which for a sum of curves is what SAGE takes of
    drivers that are independent, and for trees shares what two drivers add together between them.

    Parameters
    ----------
    refits : of models that were fitted without a fold each
    """
    rng = np.random.default_rng(seed)
    added = pd.concat([one.left_out for one in refits]).sort_index().reset_index(drop=True)
    start = np.empty(len(added))
    for one, (_, left_out) in zip(refits, task.folds, strict=True):
        start[left_out] = one.start
    draws = draw_units(pd.factorize(task.design.cluster)[0], bootstraps, rng)
    tables = []
    for parts in (roll_up(added, task.schema, "scale"), by_construct(added, task.schema)):
        own, weight = parts.to_numpy(), task.weight
        apart = own - np.average(own, axis=0, weights=weight)
        covariance = (apart * weight[:, None]).T @ apart / weight.sum()
        game = LossGame(own, start, task.values, covariance)
        tables.append(_attribute(game, parts.columns, weight, draws, rng))
    return Earned(*tables)


def _attribute(
    game: LossGame, names: pd.Index, weight: Array, draws: Draws, rng: np.random.Generator
) -> pd.DataFrame:
    rounds = exact_rounds(game) if len(names) <= _MOST_EXACT else drawn_rounds(game, rng)
    sums = np.stack([draws.gather(weight[:, None] * one) for one in rounds])
    whole = draws.gather(weight[:, None])
    totals = draws.finish(np.column_stack([whole, sums.mean(axis=0)]))
    means = totals[:, 1:] / np.maximum(totals[:, :1], 1e-300)
    # Of drawn orders, how far they are from all of them counts too.
    own = sums.sum(axis=1) / whole.sum()
    drawn = own.var(axis=0, ddof=1) / len(own) if len(own) > 1 else 0.0
    variance = (widening(len(whole)) * means[1:].std(axis=0, ddof=1)) ** 2 + drawn
    low, high = ends_of(means[0], np.sqrt(variance), len(whole) - 1.0)
    together = float(means[0].sum())
    share = means[0] / together if together > 0 else np.full(len(names), np.nan)
    # One log odds more changes a loss by one at most, so nobody changes what a driver earns by more
    # than it adds to the log odds of one.
    largest = (weight[:, None] * np.abs(game.added)).max(axis=0) / weight.sum()
    errors = np.nan_to_num(np.sqrt(variance))
    steps = [finest_step(*one) for one in zip(largest.tolist(), errors.tolist(), strict=True)]
    told = {"earned": means[0], "low": low, "high": high}
    table = pd.DataFrame({n: np.round(one / steps) * steps + 0.0 for n, one in told.items()}, names)
    return table.assign(share=share)


def exact_rounds(game: LossGame) -> Iterator[Array]:
    """Give what each driver earns of each response, of all sets of drivers."""
    count = game.added.shape[1]
    found = np.zeros_like(game.added)
    for size in range(count + 1):
        for members in combinations(range(count), size):
            known = np.isin(np.arange(count), members).astype(float)
            joins = 1 / (count * comb(count - 1, size)) if size < count else 0.0
            stays = 1 / (count * comb(count - 1, size - 1)) if size else 0.0
            found += np.outer(game.losses(known), joins * (1 - known) - stays * known)
    yield found


def drawn_rounds(game: LossGame, rng: np.random.Generator) -> Iterator[Array]:
    """Give the same of orders in which drivers become known, each with its reverse.

    An order and its reverse are off to opposite sides (Mitchell et al. 2022, JMLR 23:43).
    """
    rows, count = game.added.shape
    pairs = int(np.clip(_ROWS // (2 * rows * count), _FEWEST, _MOST))
    for _ in range(pairs):
        order = rng.permutation(count)
        found = np.zeros_like(game.added)
        for way in (order, order[::-1]):
            known = np.zeros(count)
            before = game.losses(known)
            for driver in way:
                known[driver] = 1.0
                after = game.losses(known)
                found[:, driver] += (before - after) / 2
                before = after
        yield found
