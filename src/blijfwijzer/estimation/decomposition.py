"""A gap between two groups, divided over what makes it."""

import numpy as np
from scipy.special import expit

from blijfwijzer.estimation.fitting import climb
from blijfwijzer.estimation.resampling import Draws
from blijfwijzer.survey.arrays import Array, Mask

_ORDERS = 20
"""Random orders of variables over which Fairlie's parts are averaged (Fairlie 2005)."""


def split_gap(
    trained: Array, offered: Array, group: Array, weight: Array, draws: Draws
) -> tuple[dict[str, float], dict[str, Array], int]:
    """Split a gap in training into offers, take-up, and training without an offer.

    With o the share offered, t that trained of these and s that trained of the rest, training is
    o t + (1 - o) s, and its difference between groups is exactly (Kitagawa 1955; means over both
    groups under a bar)::

        gap = d(o) (mean t - mean s) + mean o d(t) + mean (1 - o) d(s)

    Parameters
    ----------
    trained, offered : 0, 1 or NaN per response
    group : 1 in the group, 0 in the others

    Returns
    -------
    gap, offer, take_up and own, as found; the same per draw; respondents.
    """
    known = ~np.isnan(trained) & ~np.isnan(offered) & ~np.isnan(group)
    t, o, g, w = trained[known], offered[known], group[known], weight[known]
    columns = [
        w * (g == of) * part for of in (1, 0) for part in (np.ones(len(t)), o, o * t, (1 - o) * t)
    ]
    every = draws.finish(draws.take(known).gather(np.column_stack(columns)))
    with np.errstate(divide="ignore", invalid="ignore"):
        size, offers, taken, own = (every[:, [at, at + 4]] for at in range(4))
        o_, t_, s_ = offers / size, taken / offers, own / (size - offers)
    d_o, d_t, d_s = (x[:, 0] - x[:, 1] for x in (o_, t_, s_))
    parts = {
        "offer": d_o * (t_ - s_).mean(axis=1),
        "take_up": o_.mean(axis=1) * d_t,
        "own": (1 - o_).mean(axis=1) * d_s,
    }
    parts = {"gap": sum(parts.values()), **parts}
    found = {name: float(values[0]) for name, values in parts.items()}
    return found, {name: values[1:] for name, values in parts.items()}, int(known.sum())


def explain_gap(
    outcome: Array, columns: dict[str, Array], group: Array, weight: Array, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Parts of a gap that differences in columns explain.

    `oaxaca`: linear, with coefficients from a pooled regression that holds the group (Jann 2008).
    `fairlie`: for a yes-no outcome, the change in predicted probability when members of the group
    get, one column after another, the answers of others of the same rank in predicted probability
    (Fairlie 1999), averaged over random orders of the columns.

    Returns
    -------
    Method to column to part, in the unit of the outcome; what is left is `unexplained`.
    """
    X = np.column_stack(list(columns.values()))
    known = ~np.isnan(X).any(axis=1) & ~np.isnan(outcome) & ~np.isnan(group)
    X, y, g, w = X[known], outcome[known], group[known], weight[known]
    inside = g == 1
    if not inside.any() or inside.all() or y.min() == y.max():
        return {}

    def mean(values: Array, rows: Mask) -> Array:
        return np.asarray(np.average(values[rows], weights=w[rows], axis=0))

    gap = float(mean(y, inside) - mean(y, ~inside))
    design = np.column_stack([np.ones(len(X)), g, X]) * np.sqrt(w)[:, None]
    slopes = np.linalg.lstsq(design, y * np.sqrt(w), rcond=None)[0][2:]
    linear = (mean(X, inside) - mean(X, ~inside)) * slopes
    stepwise = _fairlie(X, y, inside, w, np.random.default_rng(seed))
    return {
        method: {
            **{name: float(part) for name, part in zip(columns, parts, strict=True)},
            "unexplained": gap - float(parts.sum()),
        }
        for method, parts in (("oaxaca", linear), ("fairlie", stepwise))
    }


def _fairlie(X: Array, y: Array, inside: Mask, weight: Array, rng: np.random.Generator) -> Array:
    """Parts by column, as the mean over random draws of others and orders of columns."""
    held = np.column_stack([np.ones(len(X)), inside, X])
    # Where columns separate the outcome they do so ever more with each round; far is far enough.
    fitted = climb(y, held, weight / weight.mean(), "logistic", np.zeros(held.shape[1]))[0]
    start, slopes = float(fitted[0]), fitted[2:]
    members, others = X[inside], np.flatnonzero(~inside)
    share = weight[others] / weight[others].sum()
    w = weight[inside] / weight[inside].sum()
    by_rank = np.argsort(members @ slopes, kind="stable")
    parts = np.zeros(X.shape[1])
    for _ in range(_ORDERS):
        drawn = X[rng.choice(others, len(members), p=share)]
        matched = np.empty_like(members)
        matched[by_rank] = drawn[np.argsort(drawn @ slopes, kind="stable")]
        now = members.copy()
        before = float(w @ expit(start + now @ slopes))
        for column in rng.permutation(X.shape[1]):
            now[:, column] = matched[:, column]
            after = float(w @ expit(start + now @ slopes))
            parts[column] += before - after
            before = after
    return parts / _ORDERS
