"""Whether a model still holds in another wave: what is expected, what alarms, and what to do.

The chance of any false alarm is at most 5 %, where people of other organisations answer as those
did that the model was trained on. It is divided beforehand over what is looked at, and within each
part by Holm's method (1979).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd

from blijfwijzer.estimation.intervals import Estimate, Z, adjust, ends_of, two_sided
from blijfwijzer.risk.calibration import estimate_slope, fit_calibrator
from blijfwijzer.risk.evaluation import TOO_SMALL, Predictions
from blijfwijzer.risk.metrics import to_margin
from blijfwijzer.risk.model import calibrate
from blijfwijzer.risk.shifts import Remembered, estimate_shifts, remember
from blijfwijzer.survey.arrays import Array, Codes

Part = Literal["slope", "level", "group", "beside", "item"]
"""What is looked at. beside: a group that is told of and not watched, as it would cost power."""
Word = Literal["keep", "recalibrate", "retrain"]
FALSE_ALARMS = 0.05
"""Chance of any alarm in a wave from the same truth, at most."""
DIVIDED: Mapping[str, float] = MappingProxyType({"overall": 0.01, "group": 0.03, "item": 0.01})
"""How that is divided: most goes to groups, of which least is known. A convention of ours."""
LEAST_FALL = 0.2
"""By how much the correlation of an item with its scale must fall: with less an item still measures
the same, only less well. One that is read the wrong way round falls by twice its correlation."""
COLUMNS = (
    *("part", "attribute", "group", "then", "now", "low", "high", "se", "df", "p", "is_alarm"),
)


@dataclass(frozen=True)
class Groups:
    """Groups whose risks are watched, as one attribute parts people."""

    attribute: str
    names: tuple[str, ...]
    of_response: Codes
    """Place in `names`; below 0 for none."""
    is_watched: bool = True
    """Whether they give alarms, or are told of only."""


@dataclass(frozen=True)
class Advice:
    """What to do with a model, in a word, and which sentence gives the reason."""

    word: Word
    reason: str


def expect(predictions: Predictions) -> Predictions:
    """Give what would be answered if risks were right: each person both ways, by its chance.

    Measures of these are confidence-based estimates of performance (CBPE: NannyML; Bialek,
    Kuberski, Perrakis & Bifet 2024). They tell what the mix of risks in a wave leaves to be
    expected, and not whether people answer otherwise at equal risk.
    """
    risk, design = predictions.risk, predictions.design
    twice = np.tile(np.arange(len(risk)), 2)
    chance = np.concatenate([risk, 1 - risk])
    both = replace(design.take(twice), weight=design.weight[twice] * chance, replicates=None)
    return Predictions(np.repeat([1.0, 0.0], len(risk)), risk[twice], both)


def take_groups(attribute: str, group: pd.Series, is_watched: bool) -> Groups:
    """Give the groups of an attribute that may be told of, but not the rest of small ones."""
    text = group.astype("object").where(group.notna() & (group.astype("str") != TOO_SMALL))
    code, names = pd.factorize(text.map(str, na_action="ignore"), sort=True)
    return Groups(attribute, tuple(map(str, names)), code.astype(np.intp), is_watched)


def watch_calibration(
    predictions: Predictions, groups: Sequence[Groups], metrics: Mapping[str, Any]
) -> pd.DataFrame:
    """Hold the calibration of a wave against that of the training, overall and per group.

    Parameters
    ----------
    predictions : of responses of which the outcome is known
    metrics : of the training, as `evaluation.to_metrics` gives

    Returns
    -------
    One row per slope, level or group, with `COLUMNS`; p is NaN where the training or the wave does
    not tell how well a value is known.
    """
    design = predictions.design
    slope = estimate_slope(predictions.values, to_margin(predictions.risk), design)
    everyone = estimate_shifts(predictions, np.zeros(len(predictions.values), dtype=np.intp), 1)
    value, se, df = map(float, everyone.to_numpy(dtype=float)[0])
    level = Estimate(value, se, np.nan, np.nan, df, len(predictions.values))
    rows = [
        _overall("slope", slope, metrics["overall"].get("calibration_slope", {})),
        _overall("level", level, metrics["overall"].get("calibration_intercept", {})),
    ]
    tables = [pd.DataFrame(rows), *(_of_groups(predictions, own, metrics) for own in groups)]
    return pd.concat([table for table in tables if len(table)], ignore_index=True)


def watch_item(name: str, scale: str, now: Estimate, then: float, units: float) -> dict[str, Any]:
    """Hold the correlation of an item with the rest of its scale against that of the training.

    How well it was known then follows from how well it is known now, as organisations differed as
    much among each other then.

    Parameters
    ----------
    units : how many times as many organisations answer now
    """
    se = now.se * np.sqrt(1 + units)
    return _row("item", now.value, then, se, now.df, attribute=scale, group=name)


def sound(tests: pd.DataFrame) -> pd.DataFrame:
    """Say which of all that is looked at gives an alarm."""
    part = tests["part"].replace({"slope": "overall", "level": "overall"})
    is_alarm = np.zeros(len(tests), dtype=bool)
    for name, chance in DIVIDED.items():
        rows = (part == name).to_numpy()
        is_alarm[rows] = adjust(tests["p"].to_numpy(dtype=float)[rows], "holm") < chance
    fall = (tests["then"] - tests["now"]).to_numpy(dtype=float)
    is_large = (tests["part"] != "item").to_numpy() | (fall >= LEAST_FALL)
    return tests.assign(is_alarm=is_alarm & is_large)


def turned_items(tests: pd.DataFrame) -> pd.DataFrame:
    """Give the items that alarm, of each scale the one that fell most: it pulls others along."""
    items = tests[(tests["part"] == "item") & tests["is_alarm"].astype(bool)]
    fall = (items["then"] - items["now"]).sort_values(ascending=False, kind="stable")
    return items.loc[fall.index].drop_duplicates("attribute").sort_index()


def remain(
    predictions: Predictions, groups: Sequence[Groups], tests: pd.DataFrame, level: float
) -> bool:
    """Say whether a group that alarmed would still be off after recalibration.

    Parameters
    ----------
    level : chance of saying so by accident
    """
    weight = predictions.design.weight
    margin = to_margin(predictions.risk)
    mended = calibrate(fit_calibrator(predictions.values, margin, weight), margin)
    alarmed = tests[(tests["part"] == "group") & tests["is_alarm"].astype(bool)]
    p = []
    for own in groups:
        there = alarmed[alarmed["attribute"] == own.attribute]
        found = estimate_shifts(replace(predictions, risk=mended), own.of_response, len(own.names))
        place = [own.names.index(name) for name in there["group"]]
        apart = found["value"].to_numpy()[place] - there["then"].to_numpy(dtype=float)
        p += list(two_sided(apart, there["se"].to_numpy(dtype=float), found["df"][place]))
    return bool((adjust(np.array(p), "holm") < level).any())


def advise(tests: pd.DataFrame, is_measured: bool, drifted: int, is_left: bool) -> Advice:
    """Say in one word what to do, and why.

    An item that is read otherwise is a fault that no calibration mends. A level or slope that is
    off for all is mended by fitting two numbers anew; what is off in some groups only is not.

    Parameters
    ----------
    is_measured : whether outcomes of the wave are known
    drifted : columns that differ from the training
    is_left : whether groups would still be off after recalibration, see `remain`
    """
    alarms = set(tests["part"][tests["is_alarm"].astype(bool)])
    if "item" in alarms:
        return Advice("retrain", "item")
    if "group" in alarms and is_left:
        return Advice("retrain", "group")
    if alarms:
        return Advice("recalibrate", "overall")
    if is_measured:
        return Advice("keep", "drift_held" if drifted else "held")
    return Advice("keep", "drift_unknown" if drifted else "unknown")


def _overall(part: Part, now: Estimate, then: Mapping[str, Any]) -> dict[str, Any]:
    value, low, high = (_number(then.get(name)) for name in ("value", "low", "high"))
    se = float(np.hypot(now.se, (high - low) / (2 * Z)))
    return _row(part, now.value, value, se, now.df)


def _of_groups(predictions: Predictions, own: Groups, metrics: Mapping[str, Any]) -> pd.DataFrame:
    if not own.names:
        return pd.DataFrame(columns=COLUMNS)
    found = estimate_shifts(predictions, own.of_response, len(own.names))
    before = _shifts_then(own, metrics)
    # Not known of any group, it is not known of one.
    is_told = not np.isnan(_measured_then(own, metrics)).all()
    rows = []
    for place, name in enumerate(own.names):
        now = found.iloc[place]
        then, error = float(before.value[place]), float(before.se[place])
        se = float(np.hypot(now["se"], error)) if is_told else np.nan
        about = {"attribute": own.attribute, "group": name}
        part: Part = "group" if own.is_watched else "beside"
        rows.append(_row(part, float(now["value"]), then, se, float(now["df"]), **about))
    return pd.DataFrame(rows)


def _shifts_then(own: Groups, metrics: Mapping[str, Any]) -> Remembered:
    return remember(*_measured_then(own, metrics).T)


def _measured_then(own: Groups, metrics: Mapping[str, Any]) -> Array:
    """Shift of each group at the training, with its interval: one row each, NaN where not told."""
    told = {
        str(row["group"]): [_number(row[name]) for name in ("value", "low", "high")]
        for row in metrics.get("by_group", ())
        if row["attribute"] == own.attribute and row["metric"] == "calibration_intercept"
    }
    return np.array([told.get(name, [np.nan] * 3) for name in own.names], dtype=float)


def _row(
    part: Part,
    now: float,
    then: float,
    se: float,
    df: float,
    *,
    attribute: str = "",
    group: str = "",
) -> dict[str, Any]:
    low, high = ends_of(now - then, se, df)
    p = float(two_sided(np.array([now - then]), np.array([se]), df)[0])
    told = (part, attribute, group, then, now, float(low), float(high), se, df, p, False)
    return dict(zip(COLUMNS, told, strict=True))


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
