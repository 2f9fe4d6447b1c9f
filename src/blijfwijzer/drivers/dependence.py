"""How contributions go with the values of features, in bins of respondents that may be told."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.drivers.contributions import Contributed
from blijfwijzer.drivers.tree_contributions import tree_interactions
from blijfwijzer.estimation.means import deviation
from blijfwijzer.risk.evaluation import finest_step, to_nearest
from blijfwijzer.survey.arrays import Array, Codes, join_small

_BINS = 12


def bin_answers(values: Array, minimum: int) -> Codes:
    """Put values in bins of at least `minimum` rows, in order; missing ones in a bin of -1.

    Few distinct values keep a bin each; rare ones join a neighbour.
    """
    known = ~np.isnan(values)
    distinct = np.unique(values[known])
    if len(distinct) > _BINS:
        distinct = np.unique(np.quantile(values[known], np.linspace(0, 1, _BINS + 1)[1:]))
    bins = np.searchsorted(distinct, values[known])
    joined = join_small(np.bincount(bins, minlength=len(distinct)), minimum)
    found = np.full(len(values), -1)
    found[known] = joined[np.minimum(bins, len(joined) - 1)]
    return found


def measure_dependence(
    contributed: Contributed, names: list[str], weight: Array, minimum: int
) -> pd.DataFrame:
    """Give the mean contribution of features in each bin of their values, and of no answer.

    Returns
    -------
    One row per feature and bin: value, its mean as far as it tells of no single response, NaN of
    those who did not answer; first and last, the values it holds; code, of the level of a nominal
    feature; n, contribution, low and high.
    """
    rows = []
    for name in names:
        answers, feature = contributed.frame[name].to_numpy(), contributed.schema[name]
        given = contributed.contributions.values[name].to_numpy()
        bins = (
            np.nan_to_num(answers, nan=-1) if feature.is_nominal else bin_answers(answers, minimum)
        )
        for place in np.unique(bins):
            here = bins == place
            if here.sum() < minimum:
                continue
            w, is_known = weight[here], bool(place >= 0)
            mean = float(np.average(given[here], weights=w))
            spread = deviation(given[here], w)
            rows.append(
                {
                    "feature": name,
                    "value": _coarse_mean(answers[here], w) if is_known else np.nan,
                    "first": float(answers[here].min()),
                    "last": float(answers[here].max()),
                    "code": feature.levels[int(place)] if feature.levels and is_known else "",
                    "n": int(here.sum()),
                    "contribution": mean,
                    "low": mean - spread,
                    "high": mean + spread,
                }
            )
    return pd.DataFrame(rows)


def _coarse_mean(values: Array, weight: Array) -> float:
    """Give a mean in steps of twice what one response can move it; of one value that itself.

    An exact one tells how many have each value: 2.6515 of ten to fourteen people between 2.3333 and
    3 is ten with 2.6667 and one with 2.5, who left one of three questions open.
    """
    width = float(values.max() - values.min())
    if width == 0:
        return float(values[0])
    step = finest_step(width * float(weight.max() / weight.sum()))
    return float(to_nearest(np.average(values, weights=weight), step))


def measure_interactions(contributed: Contributed, weight: Array) -> pd.DataFrame:
    """Give how much pairs of features add to the margin beyond what each adds by itself.

    Strength is the weighted mean size of the pair's Shapley interaction index over all responses,
    in log odds before calibration: of a model that adds curves there is none, and what its
    probability bends is no interaction.
    """
    count = len(contributed.frame)
    everyone = csr_array(np.ones((1, count), dtype=np.int8))
    found = tree_interactions(contributed.trees, contributed.frame.to_numpy(), weight, everyone)
    names = contributed.frame.columns
    rows = [
        {"first": names[one], "second": names[other], "strength": float(size)}
        for (one, other), size in zip(found.pairs, found.size, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["first", "second", "strength"])
    return table.sort_values("strength", ascending=False, kind="stable", ignore_index=True)


def measure_bend(contributed: Contributed) -> tuple[float, float]:
    """How much the calibrated probability bends: its rise per unit of its own log odds.

    Returns
    -------
    p (1 - p) at the 5th and the 95th percentile of the responses. Where these are apart, the same
    margin adds more to the probability of one than of another, whatever their answers.
    """
    rise = contributed.contributions.risk * (1 - contributed.contributions.risk)
    low, high = np.percentile(rise, [5, 95])
    return float(low), float(high)


_STEP = 0.005
"""Of the widest contribution that is drawn."""
NUMBER, LEVEL, NO_ANSWER = "number", "level", "no answer"
"""What those in a bin of contributions have: a number, a level without order, or no answer."""


def measure_spread(contributed: Contributed, names: list[str], minimum: int) -> pd.DataFrame:
    """Distribution of contributions in bins of at least `minimum` respondents.

    Returns
    -------
    One row per feature, bin and kind of answer: contribution, n, kind, and value, the mean place of
    numbers between their 5th percentile (0) and their 95th (1), as shap colours them, as far as it
    tells of no single response; NaN of levels, whose order means nothing, and of no answer.
    """
    values = contributed.contributions.values[names]
    # In whole steps, since the quantile itself is what one or two people have.
    widest = float(np.quantile(np.abs(values.to_numpy()), 0.998))
    limit = np.ceil(widest / _STEP - 1e-9) * _STEP or 1e-9
    rows = []
    for name in names:
        answers = contributed.frame[name].to_numpy()
        is_known, placed = ~np.isnan(answers), _place(answers)
        kinds = {LEVEL if contributed.schema[name].is_nominal else NUMBER: is_known}
        bins = np.clip(np.floor((values[name] / limit + 1) * 30), 0, 59).astype(int).to_numpy()
        for kind, who in {**kinds, NO_ANSWER: ~is_known}.items():
            for place in np.unique(bins[who]):
                here = who & (bins == place)
                if here.sum() >= minimum:
                    rows.append(
                        {
                            "feature": name,
                            "contribution": ((place + 0.5) / 30 - 1) * limit,
                            "n": int(here.sum()),
                            "kind": kind,
                            "value": _coarse_mean(placed[here], np.ones(here.sum()))
                            if kind == NUMBER
                            else np.nan,
                        }
                    )
    return pd.DataFrame(rows)


def _place(answers: Array) -> Array:
    """Place numbers between percentiles, in [0, 1]; wider ones where most answered alike."""
    known = answers[~np.isnan(answers)]
    low, high = 0.0, 0.0
    for least in (5, 1, 0):
        if len(known) and low == high:
            low, high = np.percentile(known, [least, 100 - least])
    if low == high:
        return np.where(np.isnan(answers), np.nan, 0.5)
    return np.clip((answers - low) / (high - low), 0, 1)
