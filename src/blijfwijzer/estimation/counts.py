"""Rates of groups that are near 0 or 1, where no scale makes their errors normal.

Counts are binomial and log odds vary between groups around a line in a covariate (the logistic
model of Rao & Molina 2015, section 10.11, with the tails of `areas` in place of normal ones). The
covariate is a mean over the same few people, so it leads one to expect less than its own
difference: how much less is integrated over, as are the level and the spread between groups, on a
grid in log space.
"""

import numpy as np
from scipy.special import expit, logit

from blijfwijzer.estimation.areas import FREEDOM
from blijfwijzer.survey.arrays import Array, Codes

_STEP = 0.05
_MARGINS = np.arange(-10.0, 10.0 + _STEP / 2, _STEP)
"""Log odds that a rate may have."""
_LEVELS = np.linspace(-2.5, 2.5, 51)
"""Log odds that the level may lie from the rate over all groups."""
_SPREADS = np.linspace(0.2, 1.6, 11)
"""Of log odds between groups. Few cases would also agree with groups that do not differ at all, of
which intervals are then too short."""
_USUAL_SPREAD = 0.5
"""Scale of a half-normal prior of the spread: too few cases to tell it leave it at that of groups
that are alike in kind (Friede, Röver, Wandel & Neuenschwander 2017, Research Synthesis Methods 8,
p. 79, for log odds)."""
_SLOPES = np.linspace(0.0, 1.0, 6)
_POINTS = 200
"""Of the grid that draws are taken at, chosen by their weight."""
_LEAST = 1e-300


def pool_counts(
    share: Array, n: Array, covariate: Array, draws: int, rng: np.random.Generator
) -> Array:
    """Draw from what the rate of each group may be.

    Parameters
    ----------
    share : of each group's own answers
    n : effective number of them, above zero
    covariate : share that a model expects, of the same people

    Returns
    -------
    One row per group, one column per draw.
    """
    hits = share * n
    log = hits[:, None] * _MARGINS - n[:, None] * np.logaddexp(0, _MARGINS)
    log -= log.max(axis=1, keepdims=True)
    apart = logit(np.clip(covariate, 1e-4, 1 - 1e-4))
    apart -= np.average(apart, weights=n)
    # Half a hit, so that a level nobody of whom has it is not taken to be at nothing.
    middle = float(logit((hits.sum() + 0.5) / (n.sum() + 1)))
    weight = _weigh(np.exp(log), apart, middle)
    made = np.empty((len(n), draws))
    chosen = np.resize(rng.choice(weight.size, size=_POINTS, p=weight.ravel()), draws)
    for point in np.unique(chosen):
        spread, slope, level = np.unravel_index(point, weight.shape)
        centre = middle + _LEVELS[level] + _SLOPES[slope] * apart
        columns = np.flatnonzero(chosen == point)
        made[:, columns] = _draw(log, centre, float(_SPREADS[spread]), len(columns), rng)
    return np.asarray(expit(made))


def _weigh(seen: Array, apart: Array, middle: float) -> Array:
    """Weigh each spread, slope and level by how likely they make what was seen.

    The slope is flat beforehand and the spread half-normal; the level has Jeffreys' prior, as a
    single rate has (Brown, Cai & DasGupta 2001).

    Parameters
    ----------
    seen : likelihood of each log odds for each group
    """
    total = np.empty((len(_SPREADS), len(_SLOPES), len(_LEVELS)))
    groups = np.arange(len(seen))
    for row, spread in enumerate(_SPREADS):
        kernel = np.exp(_log_density(_MARGINS[:, None] - _MARGINS, float(spread)))
        likely = np.log(seen @ kernel + _LEAST)
        for column, slope in enumerate(_SLOPES):
            centre = middle + _LEVELS[:, None] + slope * apart
            at = np.clip((centre - _MARGINS[0]) / _STEP, 0, len(_MARGINS) - 1.001)
            low, part = at.astype(int), at % 1
            each = likely[groups, low] * (1 - part) + likely[groups, low + 1] * part
            total[row, column] = each.sum(axis=1)
    level = expit(middle + _LEVELS)
    total += 0.5 * np.log(level * (1 - level))
    total -= 0.5 * (_SPREADS[:, None, None] / _USUAL_SPREAD) ** 2
    weight = np.exp(total - total.max())
    return np.asarray(weight / weight.sum())


def _draw(log: Array, centre: Array, spread: float, count: int, rng: np.random.Generator) -> Array:
    """Draw log odds of each group at one point of the grid.

    Parameters
    ----------
    log : log likelihood of each log odds for each group
    """
    held = log + _log_density(_MARGINS - centre[:, None], spread)
    chances = np.cumsum(np.exp(held - held.max(axis=1, keepdims=True)), axis=1)
    chances /= chances[:, [-1]]
    places: list[Codes] = [
        (chances < rng.random(len(log))[:, None]).sum(axis=1) for _ in range(count)
    ]
    at = np.minimum(np.stack(places, axis=1), len(_MARGINS) - 1)
    # Anywhere between two points: of many answers the grid is coarser than what they tell.
    return np.asarray(_MARGINS[at] + _STEP * (rng.random(at.shape) - 0.5))


def _log_density(apart: Array, spread: float) -> Array:
    """Log density of t, less a constant, at so far from its centre."""
    far = np.log1p((apart / spread) ** 2 / FREEDOM)
    return np.asarray(-0.5 * (FREEDOM + 1) * far - np.log(spread))
