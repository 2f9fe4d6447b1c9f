"""Exact contributions of every answer to every prediction.

They explain the calibrated probability that is in use, and add up to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from blijfwijzer.drivers.tree_contributions import tree_contributions
from blijfwijzer.errors import ContributionGapError
from blijfwijzer.risk.evaluation import finest_step, to_nearest
from blijfwijzer.risk.features import Schema
from blijfwijzer.risk.linear import linear_contributions
from blijfwijzer.risk.model import RiskModel, calibrate, predict_risk
from blijfwijzer.risk.protection import protect_model
from blijfwijzer.survey.arrays import Array


@dataclass(frozen=True)
class Contributions:
    """What each answer adds to each risk; kept in memory only."""

    values: pd.DataFrame
    """One row per response, one column per feature; in probability."""
    base: float
    """Mean probability of the weighted training responses, from which contributions start."""
    risk: Array
    """Calibrated probability of each response."""
    largest_gap: float
    """Largest distance of base + contributions from the risk."""


def contribute(model: RiskModel, frame: pd.DataFrame) -> Contributions:
    """Explain each prediction by the features' contributions.

    The margin's contributions are exact: those of the linear part are coefficient x (value -
    mean), those of the trees path-dependent TreeSHAP values. The calibrator maps one number, the
    margin, to the probability, so along the straight line from the expected margin the
    Aumann-Shapley contribution of a feature is its share of the margin's change times the
    probability's change (Aumann & Shapley 1974; Sundararajan & Najmi 2020). From each feature's
    contribution its mean over the training responses is taken, so that contributions start at the
    mean probability and those of the average response are none; the expected margin's probability
    is lower where risks are rare, and trees count responses where the regression weighs them. Of a
    model that was not centred contributions start at the expected margin.

    Features are as `build_features` gives them.
    """
    margins, expected = margin_contributions(model, frame)
    added, base = share_out(model, margins, expected)
    centre = np.array([model.centre.get(name, 0.0) for name in frame.columns])
    added, base = added - centre, base + float(centre.sum())
    values = pd.DataFrame(added, index=frame.index, columns=frame.columns)
    risk = predict_risk(model, frame)
    gap = float(np.abs(base + values.to_numpy().sum(axis=1) - risk).max(initial=0.0))
    return Contributions(values, base, risk, gap)


def margin_contributions(
    model: RiskModel, frame: pd.DataFrame, background: Array | None = None
) -> tuple[Array, float]:
    """Contributions to the margin before calibration, and the expected margin.

    Parameters
    ----------
    background : as `tree_contributions` takes it

    Returns
    -------
    One row per response, one column per feature; and a number.
    """
    margins = linear_contributions(model.linear, frame)
    if not model.trees:
        return margins, model.linear.intercept
    of_trees, mean = tree_contributions(model.trees, frame.to_numpy(), background)
    return margins + of_trees, model.linear.intercept + mean


def share_out(model: RiskModel, margins: Array, expected: float) -> tuple[Array, float]:
    """Turn contributions to the margin into those to the probability.

    Returns
    -------
    Of the shape of `margins`; and the probability of the expected margin, where they start.
    """
    change = margins.sum(axis=1)
    base = float(calibrate(model.calibrator, np.array([expected]))[0])
    reached = calibrate(model.calibrator, expected + change)
    # Near the expected margin the ratio is a quotient of small numbers: use its limit.
    is_small = np.abs(change) < 1e-6
    slope = model.calibrator.slope * base * (1 - base)
    ratio = np.where(is_small, slope, (reached - base) / np.where(is_small, 1.0, change))
    return margins * ratio[:, None], base


def centre(model: RiskModel, frame: pd.DataFrame, weight: Array) -> RiskModel:
    """Let contributions to a model's risk start at its mean over these responses.

    Parameters
    ----------
    frame, weight : of the responses that it was fitted on
    """
    values = contribute(replace(model, centre={}), frame).values
    means = np.average(values.to_numpy(), axis=0, weights=weight)
    return replace(model, centre=dict(zip(frame.columns, means.tolist(), strict=True)))


def round_centre(model: RiskModel, frame: pd.DataFrame, weight: Array) -> RiskModel:
    """Round where contributions start to what no one response moves, so that a file may tell it.

    Parameters
    ----------
    frame, weight : as `centre` took them
    """
    most = (contribute(model, frame).values.abs().mul(weight / weight.sum(), axis=0)).max()
    told = {
        name: float(to_nearest(at, finest_step(float(most[name]))))
        for name, at in model.centre.items()
    }
    return replace(model, centre=told)


def finish(model: RiskModel, frame: pd.DataFrame, weight: Array) -> RiskModel:
    """Give a model that was fitted as its file may tell it, with contributions that are centred.

    Parameters
    ----------
    frame, weight : of the responses that it was fitted on
    """
    told = protect_model(model, frame, weight)
    return round_centre(centre(told, frame, weight), frame, weight)


def refuse_gap(contributions: Contributions, largest: float, target: str) -> None:
    """Refuse contributions that do not add up.

    Raises
    ------
    ContributionGapError
    """
    if not contributions.largest_gap <= largest:
        raise ContributionGapError(
            f"{target}: contributions miss the risk by up to {contributions.largest_gap:.1e}, "
            f"more than {largest:.0e}, so they do not explain it. This is a fault of the software: "
            "report it with the model folder."
        )


def roll_up(values: pd.DataFrame, schema: Schema, level: str) -> pd.DataFrame:
    """Add contributions of features up to their `scale` or `construct`.

    Contributions are additive, so a sum over items is the contribution of their scale.
    """
    return _add_up(values, {feature.name: getattr(feature, level) for feature in schema.features})


def by_construct(values: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Add contributions up to constructs, parted in what can be changed and what not."""
    parts = {
        f.name: f"{f.construct}|{'changeable' if f.changeable else 'given'}"
        for f in schema.features
    }
    return _add_up(values, parts)


def _add_up(values: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    return values.T.groupby(values.columns.map(names), sort=False).sum().T


@dataclass(frozen=True)
class Contributed:
    """Contributions of a model in use, to the risk of the same rows of features."""

    contributions: Contributions
    frame: pd.DataFrame
    schema: Schema
    trees: str = ""
    """Of the model; empty where it has none."""

    @property
    def by_scale(self) -> pd.DataFrame:
        """Contributions of items added up to scales."""
        return roll_up(self.contributions.values, self.schema, "scale")

    @property
    def by_construct(self) -> pd.DataFrame:
        """Contributions added up to constructs, parted in what can be changed and what not."""
        return by_construct(self.contributions.values, self.schema)
