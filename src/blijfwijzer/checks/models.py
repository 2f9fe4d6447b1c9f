"""Checks of a model: each is given plain values and says what it found, or nothing."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from blijfwijzer.checks.register import limit_of
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.labels import call
from blijfwijzer.survey.remarks import shortened
from blijfwijzer.survey.texts import Message, Quantity, Value, say

_STRONGEST = 5
"""Features that are named where a model is too good."""
_FEWEST_PAIRS = 100
"""Rows that answered both, for a correlation of two columns; convention of ours."""
_NOTHING = 1e-300
"""A weight by which one can divide, where nobody answered."""
_ROUNDING = 1e-9
"""Below this a difference is that of doubles."""


def find_leaks(
    single: pd.Series, ceiling: float, target: str, called: Mapping[str, Value]
) -> Iterator[Message]:
    """Name features that alone predict better than all together plausibly can.

    Parameters
    ----------
    single : per feature, how well it tells the outcome by itself (AUC), strongest first
    ceiling : AUC
    called : name of a column or scale to how a reader finds it
    """
    if strong := _named(single[single > ceiling], called):
        values: dict[str, Value] = {"target": target, "ceiling": ceiling, "names": strong}
        yield Message("remark.leak_like", values, len(strong))


def find_too_good(
    auc: float, ceiling: float, single: pd.Series, target: str, called: Mapping[str, Value]
) -> Iterator[Message]:
    """Say that a model is better than is plausible, naming its strongest single features."""
    if auc > ceiling:
        strongest = _named(single.head(_STRONGEST), called)
        yield say("remark.too_good", target=target, auc=auc, ceiling=ceiling, features=strongest)


def find_simpler(
    losses: Mapping[str, float], champion: str, names: Mapping[str, Value]
) -> Iterator[Message]:
    """Name simpler candidates that predict better than the champion, or say that it learnt nothing.

    Parameters
    ----------
    losses : candidate to its weighted log loss, out of fold, from simple to complex
    names : candidate to what it is called
    """
    if champion == "prevalence":
        yield say("remark.nothing_learnt")
        return
    order = list(losses)
    simpler = order[: order.index(champion)]
    better = tuple(names[name] for name in simpler if losses[name] < losses[champion])
    if better:
        yield say("remark.worse_than_simpler", champion=names[champion], simpler=better)


def find_slope(slope: float, ends: tuple[float, float], verdict: str) -> Iterator[Message]:
    """Say that risks are too far apart or too near to each other, or may be.

    Parameters
    ----------
    ends : of its 95 % interval
    verdict : "off" or "near" where it is not 1, or may be not, and "" where nothing says so
    """
    told = Quantity(slope, "thousandths", ends)
    if verdict == "off":
        yield say("remark.slope.extreme" if slope < 1 else "remark.slope.tame", slope=told)
    elif verdict == "near":
        yield say("remark.slope.near", slope=told)


def find_few_units(units: int) -> Iterator[Message]:
    """Say that intervals rest on few whole units."""
    if units < limit_of("few_clusters"):
        yield say("remark.few_units", units=units)


def find_rare(values: Array, outcome: Value) -> Iterator[Message]:
    """Say that few people gave the rarer answer to the outcome; not how many.

    Parameters
    ----------
    values : 0 or 1 per response of which the outcome is known
    """
    events = int(values.sum())
    fewest = int(limit_of("rare_outcome"))
    if min(events, len(values) - events) < fewest:
        yield say("remark.rare", outcome=outcome, fewest=fewest)


def find_grid_edge(is_at_edge: bool, candidate: Value, variant: Value) -> Iterator[Message]:
    """Say that the champion's best setting is the first or last of those that were tried."""
    if is_at_edge:
        yield say("remark.grid_edge", candidate=candidate, variant=variant)


def find_unstable_champion(
    chosen: Sequence[str], champion: str, names: Mapping[str, Value]
) -> Iterator[Message]:
    """Say that another candidate is chosen without some of the units.

    Parameters
    ----------
    chosen : candidate that the same rule chooses without each fold in turn
    """
    others = [name for name in chosen if name != champion]
    if others and len(others) >= limit_of("unstable_champion") * len(chosen):
        instead = tuple(names[name] for name in dict.fromkeys(others))
        told: dict[str, Value] = {"champion": names[champion], "others": instead}
        yield say("remark.unstable_champion", **told, times=len(others), folds=len(chosen))


def find_unstable_drivers(common: float, top: int, features: int) -> Iterator[Message]:
    """Say that the strongest features are others without some of the units.

    Kuncheva's index (2007): how far the share in common lies above what chance brings.

    Parameters
    ----------
    common : share of the `top` strongest features that two refits have in common, on average
    features : of which these are; where there are no more than `top`, all are always in common
    """
    if features <= top or np.isnan(common):
        return
    chance = top / features
    index = (common - chance) / (1 - chance)
    # A share is a mean of tenths, and 0.1 + 0.2 is no 0.3 of doubles.
    if index < limit_of("unstable_drivers") - _ROUNDING:
        yield say("remark.unstable_drivers", top=top, share=round(100 * common))


def find_useless(mean_abs: pd.Series, called: Mapping[str, Value]) -> Iterator[Message]:
    """Name scales and single questions that move nobody's risk.

    Parameters
    ----------
    mean_abs : per scale, with its items, its mean absolute contribution, as a probability
    """
    useless = mean_abs.index[mean_abs < limit_of("useless_features")]
    if names := call(useless, called):
        yield Message("remark.useless", {"names": shortened(names)}, len(names))


def find_unearned(
    sizes: pd.Series, low: pd.Series, called: Mapping[str, Value]
) -> Iterator[Message]:
    """Name scales and single questions that move predictions and may make them no better.

    Parameters
    ----------
    sizes : per scale, its mean absolute contribution
    low : per scale, lower end of the interval of what it earns; NaN where that is not known
    """
    moves = sizes[sizes >= sizes.mean()]
    if names := call((name for name in moves.index if low.loc[name] <= 0), called):
        yield Message("remark.earns_nothing", {"names": shortened(names)}, len(names))


def find_collinear(
    frame: pd.DataFrame, scales: Sequence[str], weight: Array, called: Mapping[str, Value]
) -> Iterator[Message]:
    """Name pairs of features that say nearly the same.

    Features of one scale are left out: a scale is made from its items.

    Parameters
    ----------
    frame : one column per feature that is a number, one row per response; NaN where not answered
    scales : scale that each of them rolls up to
    """
    correlation = weighted_correlations(frame.to_numpy(dtype=float), weight)
    apart = np.asarray(scales)[:, None] != np.asarray(scales)
    pairs = np.triu(apart & (np.abs(correlation) >= limit_of("collinear_features")), 1)
    names = call(frame.columns, called)
    told: list[Value] = [
        say("remark.pair", first=names[i], second=names[j], r=round(float(correlation[i, j]), 2))
        for i, j in np.argwhere(pairs)
    ]
    if told:
        yield Message("remark.collinear", {"names": shortened(told)}, len(told))


def weighted_correlations(values: Array, weight: Array) -> Array:
    """Weighted correlation of each pair of columns, over the rows that answered both.

    NaN where fewer than a hundred did, or where what they answered does not vary.
    """
    known = ~np.isnan(values)
    centred = np.where(known, values, 0.0) - np.where(known, mean_of(values, weight), 0.0)
    heavy = weight[:, None] * known
    total = np.maximum(heavy.T @ known, _NOTHING)
    mean = (weight[:, None] * centred).T @ known / total
    squares = (weight[:, None] * centred**2).T @ known / total
    variance = squares - mean**2
    covariance = (weight[:, None] * centred).T @ centred / total - mean * mean.T
    # Of what does not vary only rounding is left, as a share of its squares.
    varies = (known.T.astype(float) @ known >= _FEWEST_PAIRS) & (variance > _ROUNDING * squares)
    spread = np.sqrt(np.where(varies & varies.T, variance * variance.T, np.nan))
    return np.asarray(covariance / spread)


def mean_of(values: Array, weight: Array) -> Array:
    """Weighted mean of each column over the rows that answered it; 0 where none did."""
    known = ~np.isnan(values)
    total = np.maximum(weight @ known, _NOTHING)
    return np.asarray(weight @ np.where(known, values, 0.0) / total)


def find_proxy(attribute: Value, level: Value, auc: float) -> Iterator[Message]:
    """Say that features give away an attribute that the model may not use."""
    if auc >= limit_of("audit_proxy"):
        yield say("remark.audit_proxy", attribute=attribute, level=level, auc=auc)


def find_drift(
    differing: Sequence[str], columns: int, called: Mapping[str, Value]
) -> Iterator[Message]:
    """Name columns that differ from the survey that a model was trained on."""
    if differing:
        names = shortened(call(differing, called))
        yield Message("remark.drift", {"names": names, "columns": columns}, len(differing))


def _named(single: pd.Series, called: Mapping[str, Value]) -> tuple[Value, ...]:
    return tuple(
        say("remark.feature", name=name, auc=float(auc))
        for name, auc in zip(call(single.index, called), single, strict=True)
    )
