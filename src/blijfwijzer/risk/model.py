"""A model as plain numbers and text: margin, calibration, probability."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.risk.boosting import tree_margin
from blijfwijzer.risk.features import Schema, schema_from_json, schema_to_json
from blijfwijzer.risk.linear import Linear, linear_from_json, linear_margin, linear_to_json
from blijfwijzer.survey.arrays import Array

FORMAT = 2
"""Version of the model files; another one is refused. 2: says where contributions start."""


@dataclass(frozen=True)
class Calibrator:
    """Probability = expit(intercept + slope x margin); (0, 1) leaves the margin as it is."""

    intercept: float = 0.0
    slope: float = 1.0


@dataclass(frozen=True)
class RiskModel:
    """A fitted model: the margin is a linear part plus trees, either of which may be absent."""

    target: str
    kind: str
    """Candidate it comes from: prevalence, logistic, items, additive or trees."""
    schema: Schema
    linear: Linear
    trees: str
    """LightGBM's text; empty when there are none."""
    calibrator: Calibrator
    thresholds: dict[str, float]
    """Cuts by which the outcome was labelled."""
    centre: dict[str, float] = field(default_factory=dict)
    """Feature to its mean contribution over the weighted training responses, on the probability
    from that of the expected margin; empty until the model is centred (`drivers.contributions`)."""


def is_constant(model: RiskModel) -> bool:
    """Whether a model looks at no answer, so that it expects the same of everybody."""
    return not model.trees and not model.linear.terms


def predict_margin(model: RiskModel, frame: pd.DataFrame) -> Array:
    """Log odds before calibration.

    Parameters
    ----------
    frame : one row per response, as `build_features` gives
    """
    margin = linear_margin(model.linear, frame)
    return margin + tree_margin(model.trees, frame) if model.trees else margin


def predict_risk(model: RiskModel, frame: pd.DataFrame) -> Array:
    """Give the calibrated probability of each response, in (0, 1)."""
    return calibrate(model.calibrator, predict_margin(model, frame))


def calibrate(calibrator: Calibrator, margin: Array) -> Array:
    """Turn margins into probabilities."""
    odds = np.clip(calibrator.intercept + calibrator.slope * margin, -500, 500)
    return np.asarray(1 / (1 + np.exp(-odds)))


def model_to_json(model: RiskModel) -> dict[str, Any]:
    """Write all of a model but its trees as plain values."""
    return {
        "format": FORMAT,
        "target": model.target,
        "kind": model.kind,
        "schema": schema_to_json(model.schema),
        "linear": linear_to_json(model.linear),
        "calibrator": vars(model.calibrator),
        "thresholds": model.thresholds,
        "centre": model.centre,
    }


def model_from_json(raw: dict[str, Any], trees: str) -> RiskModel:
    """Read what `model_to_json` wrote, with the trees' text."""
    return RiskModel(
        target=raw["target"],
        kind=raw["kind"],
        schema=schema_from_json(raw["schema"]),
        linear=linear_from_json(raw["linear"]),
        trees=trees,
        calibrator=Calibrator(**raw["calibrator"]),
        thresholds=raw["thresholds"],
        centre=raw["centre"],
    )
