"""What a training may show of groups and units: coarse numbers, and no unit that could be undone.

The pictures, tables, metrics and tracked run of a training are outputs like any other; they are
made from what this module lets through.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.rounding import band, band_floor, to_band, whole_percent
from blijfwijzer.estimation.intervals import Estimate, wilson
from blijfwijzer.risk.evaluation import (
    Evaluation,
    decimals_of,
    finest_step,
    in_steps,
    loss_steps,
    to_nearest,
)
from blijfwijzer.risk.linear import Linear, move_means, read_term, round_linear
from blijfwijzer.risk.metrics import log_losses, to_margin
from blijfwijzer.risk.model import RiskModel
from blijfwijzer.risk.rivals import Rivals
from blijfwijzer.risk.selection import Selection
from blijfwijzer.risk.told_trees import coarsen_trees
from blijfwijzer.survey.arrays import Array

_SHARES = ("observed", "predicted")
_LOSSES = ("log_loss", "brier")
_DIGITS = 3
"""Of what a regression multiplies by. In sixteen those of two yes-or-no questions are the sums of
one combination of whole counts only, also of the few who answered yes to both."""
_FEW = 10
"""People of whom a mean in a model's file tells nothing."""
_TABLES = ("predicted", "observed", "low", "high")


def protect_evaluation(
    evaluation: Evaluation, units: frozenset[str], unanimity: float, *, is_constant: bool = False
) -> Evaluation:
    """Coarsen an evaluation to what may be shown.

    Counts become the lowest of their band, rates whole percentages, measures two decimals. Units
    that may not be shown are left out, as is the observed rate of a group in which as good as all
    have the outcome, or none. Measures of everyone keep the decimals that one person cannot move;
    losses are in steps as large as that.

    Parameters
    ----------
    units : those that an audit let through
    unanimity : share of one answer from which it is everyone's
    is_constant : whether the model looks at no answer, so that measures of a group tell its rate
    """
    by_unit = evaluation.by_unit[evaluation.by_unit["unit"].isin(units)]
    by_group = evaluation.by_group
    by_group = measure_by_rate(by_group) if is_constant and len(by_group) else by_group
    return replace(
        evaluation,
        overall=tell_measures(evaluation.overall, evaluation.loss_steps, evaluation.rows),
        rows=int(band(evaluation.rows)[0]),
        effective_rows=float(band(evaluation.effective_rows)[0]),
        prevalence=round(evaluation.prevalence, 2),
        by_group=_coarsen_groups(by_group, unanimity),
        by_unit=_coarsen(by_unit.reset_index(drop=True)),
        calibration=_coarsen(evaluation.calibration),
        curves=evaluation.curves.round(2),
    )


def measure_by_rate(by_group: pd.DataFrame) -> pd.DataFrame:
    """Give what measures of groups are by whole percentages of their rate and their risk.

    Of a model that looks at no answer they are functions of the rate, and to two decimals they
    would tell it more finely than a percentage does. They have no intervals then.

    Parameters
    ----------
    by_group : as `Evaluation.by_group`
    """
    names, metric = ["attribute", "group"], by_group["metric"]
    observed, predicted = (
        whole_percent(by_group[metric == name].set_index(names)["value"]) / 100
        for name in ("observed", "predicted")
    )
    rate, risk = observed.to_numpy(), predicted.reindex(observed.index).to_numpy()
    made = {
        "log_loss": log_losses(1, risk) * rate + log_losses(0, risk) * (1 - rate),
        "brier": rate * (1 - 2 * risk) + risk**2,
        "roc_auc": np.full(len(rate), 0.5),
        "calibration_intercept": to_margin(rate) - to_margin(risk),
        "ece": np.abs(rate - risk),
    }
    keys, value = pd.MultiIndex.from_frame(by_group[names]), by_group["value"].copy()
    for name, told in made.items():
        rows = (metric == name).to_numpy()
        value[rows] = pd.Series(told, observed.index).reindex(keys[rows]).to_numpy()
    return by_group.assign(value=value, low=np.nan, high=np.nan)


def tell_measures(measures: pd.DataFrame, steps: pd.Series, rows: int) -> pd.DataFrame:
    """Round losses to their steps, and other measures to what one of so many cannot move.

    Parameters
    ----------
    measures : a row per metric: value, low, high
    steps : as `loss_steps` gives
    rows : responses that were measured
    """
    told, losses = measures.round(decimals_of(rows)), measures.index.intersection(steps.index)
    told.loc[losses] = in_steps(measures.loc[losses], steps.reindex(losses))
    return told


def protect_rivals(compared: pd.DataFrame, rivals: Rivals) -> pd.DataFrame:
    """Round what two models are compared by to what decides and one person cannot move.

    Parameters
    ----------
    compared : as `compare_risks` gives
    """
    weight = rivals.design.weight
    levels, rest = loss_steps(rivals.first, weight), compared.round(decimals_of(len(weight)))
    for name, influence in rivals.influences.items():
        loss = [name]
        step = finest_step(influence, float(compared["se"].fillna(0.0).loc[name]))
        apart = in_steps(compared.loc[loss].rename(columns={"difference": "value"}), step)
        apart = apart.rename(columns={"value": "difference"})[["difference", "low", "high"]]
        first = to_nearest(compared.loc[loss, "first"], levels[name])
        rest.loc[loss, apart.columns] = apart
        rest.loc[loss, "first"] = first
        rest.loc[loss, "second"] = (first + apart["difference"]).round(9)
    return rest.drop(columns="se")


def protect_model(model: RiskModel, frame: pd.DataFrame, weight: Array) -> RiskModel:
    """Round what a model's file would tell of few people: of its regression and of its trees.

    Parameters
    ----------
    frame, weight : of the responses that it was fitted on
    """
    trees = coarsen_trees(model.trees, weight)
    rounded = replace(model, linear=round_linear(model.linear, _DIGITS), trees=trees)
    if not model.linear.terms:
        return replace(rounded, linear=_protect_rate(model.linear, weight))
    told = protect_means(rounded, frame, weight)
    return replace(told, linear=round_linear(told.linear, _DIGITS))


def _protect_rate(linear: Linear, weight: Array) -> Linear:
    """Round the rate that a model without a regression starts at to what no two move.

    Exact it is a fraction of whole numbers, so that three models tell the answer of one person: of
    two parts, and of both together without this one.
    """
    step = finest_step(2 * float(weight.max() / weight.sum()))
    rate = 1 / (1 + np.exp(-linear.intercept))
    told = float(np.clip(to_nearest(rate, step), step, 1 - step))
    return Linear(float(np.log(told / (1 - told))), ())


def protect_means(model: RiskModel, frame: pd.DataFrame, weight: Array) -> RiskModel:
    """Round the means that a regression's terms start at, so that its file tells of few no answer.

    Of two models, the second without one person, exact means would tell each answer of that
    person. In steps of what ten people may move one of twenty such means differs, and little
    follows from how coarse they are: they stand in for answers that are missing.

    Parameters
    ----------
    frame, weight : of the responses that it was fitted on
    """
    means = []
    for term in model.linear.terms:
        values = read_term(frame[term.feature].to_numpy(), term.level)
        known = np.where(np.isnan(values), 0.0, weight)
        apart = np.nan_to_num(np.abs(values - term.mean)) * known
        influence = float(apart.max()) / max(float(known.sum()), 1e-12)
        means.append(float(to_nearest(term.mean, finest_step(_FEW * influence))))
    return replace(model, linear=move_means(model.linear, means))


def protect_calibration(bins: pd.DataFrame) -> pd.DataFrame:
    """Coarsen the rates in bins of risk to what may be shown."""
    return _coarsen(bins)


def protect_selection(selection: Selection, weight: Array) -> Selection:
    """Round what candidates are compared by to what decides and one person cannot move.

    A difference keeps the first digit of its standard error, if one response cannot move that. The
    log loss of the champion is told as its evaluation has it, and that of the others beside it.

    Parameters
    ----------
    weight : one per response
    """
    scores, risks = selection.scores, selection.out_of_fold
    share = weight / weight.sum()
    best, champion = str(scores["log_loss"].idxmin()), selection.champion.kind
    steps = {}
    for name, error in scores["standard_error"].to_dict().items():
        own, other = risks[str(name)], risks[best]
        apart = [log_losses(answer, own) - log_losses(answer, other) for answer in (0, 1)]
        influence = float((share * np.abs(apart).max(axis=0)).max())
        steps[str(name)] = finest_step(influence, float(error))
    step = pd.Series(steps)
    above = to_nearest(scores["above_best"], step)
    error = to_nearest(scores["standard_error"], step)
    level = float(loss_steps(risks[champion], weight)["log_loss"])
    of_champion = to_nearest(scores["log_loss"], level)[champion]
    tuning = selection.tuning
    return replace(
        selection,
        scores=scores.assign(
            log_loss=(of_champion + above - above[champion]).round(9),
            above_best=above,
            # An error that is too small for the step is told as one step, not as none.
            standard_error=error.where((error > 0) | (scores["standard_error"] == 0), step),
        ),
        price=float(above[champion]),
        tuning=protect_curve(tuning, tuning["log_loss"] - tuning["above"], level),
    )


def protect_curve(table: pd.DataFrame, reference: Any, level: float) -> pd.DataFrame:
    """Round losses that are held against a reference to what one person cannot move.

    Parameters
    ----------
    table : log_loss, above and influence, as `learn_curve` gives; respondents as rows
    reference : loss that `above` is held against
    level : step in which a loss itself may be told
    """
    steps = [finest_step(one) for one in table["influence"]]
    above = to_nearest(table["above"], steps)
    told = table.assign(above=above, log_loss=(to_nearest(reference, level) + above).round(9))
    if "rows" in table:
        told["rows"] = band_floor(table["rows"])
    return told.drop(columns="influence")


def protect_cost(cost: Estimate, rivals: Rivals) -> Estimate:
    """Round a difference in log loss to what decides and one person cannot move.

    Parameters
    ----------
    rivals : the risks that it is between
    """
    step = finest_step(rivals.influences["log_loss"], 0.0 if np.isnan(cost.se) else cost.se)
    ends = pd.DataFrame([{"value": cost.value, "low": cost.low, "high": cost.high}])
    value, low, high = in_steps(ends, step).iloc[0].tolist()
    return replace(cost, value=value, low=low, high=high)


def _coarsen(table: pd.DataFrame) -> pd.DataFrame:
    table = _in_bands(table)
    rates = {name: whole_percent(table[name]) / 100 for name in _TABLES}
    counts = {name: band_floor(table[name]) for name in ("n", "effective_n")}
    return table.assign(**rates, **counts).astype({"n": int})


def _in_bands(table: pd.DataFrame) -> pd.DataFrame:
    """Take the interval of each rate as it is shown, and of the middle of the band of n.

    Else its width would tell n more finely than the band does.
    """
    n = table["n"].to_numpy(dtype=float)
    worth = table["effective_n"].to_numpy(dtype=float) / to_band(n)
    low, high = wilson(whole_percent(table["observed"]).to_numpy() / 100, np.maximum(worth, 1))
    return table.assign(low=low, high=high)


def _coarsen_groups(table: pd.DataFrame, unanimity: float) -> pd.DataFrame:
    if not len(table):
        return table
    is_share = table["metric"].isin(_SHARES)
    values = {
        name: np.where(is_share, whole_percent(table[name]) / 100, table[name].round(2))
        for name in ("value", "low", "high")
    }
    # An end is never rounded onto its value: near zero two decimals would leave no width.
    is_loss = table["metric"].isin(_LOSSES)
    ends = in_steps(table.loc[is_loss], 0.01)
    observed = table["metric"] == "observed"
    alike = observed & ((table["value"] >= unanimity) | (table["value"] <= 0))
    counts = {name: band_floor(table[name]) for name in ("n", "effective_n")}
    coarse = table.assign(**values, **counts).astype({"n": int})
    coarse.loc[is_loss, ["low", "high"]] = ends[["low", "high"]]
    # What else is told of such a group would tell the same.
    groups = pd.MultiIndex.from_frame(table[["attribute", "group"]])
    return coarse[~groups.isin(groups[alike])].reset_index(drop=True)
