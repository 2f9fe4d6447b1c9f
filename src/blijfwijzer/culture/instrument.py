"""How well the questions measure: reliability, one factor behind items, and agreement in units."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from blijfwijzer.estimation import correlations
from blijfwijzer.estimation.agreement import Agreement, measure_agreement
from blijfwijzer.estimation.components import PERSON, split_variance
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.factors import OneFactor, fit_one_factor
from blijfwijzer.estimation.intervals import Z
from blijfwijzer.estimation.reliability import measure_reliability
from blijfwijzer.survey.arrays import Array, effective_n
from blijfwijzer.survey.codebook import Codebook, Scale
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.scales import recode_items

FEWEST_FOR_A_FACTOR = 200
"""Effective respondents below which no factor is fitted (Boomsma 1985: below 200 solutions often
fail and fit measures are biased)."""
REASONS = (
    *("", "absent", "one item", "two items", "three items", "one answer", "alike", "too few"),
    *("no fit", "not ordered", "one unit", "same units", "one each"),
)
"""Why a figure is missing: codes in the column `reason`."""
_FIT = ["rmsea", "rmsea_low", "rmsea_high", "cfi", "srmr"]


@dataclass(frozen=True)
class Instrument:
    """How well a survey measures what it says it measures."""

    scales: pd.DataFrame
    """One row per scale: items, n, alpha and omega with intervals, `is_low`; rmsea with interval,
    cfi and srmr of one factor, on plain correlations and (`_ordinal`) on polychoric ones;
    `reason` and `reason_ordinal` why these are missing."""
    items: pd.DataFrame
    """One row per item: scale, n, item_rest, is_reversed; loading with low and high (95 %), on
    plain correlations and (`_ordinal`) on polychoric ones."""
    levels: pd.DataFrame
    """One row per scale and level of units, and `person`: units, n, variance; share of variance,
    icc1 and icc2 with intervals; rwg, its interval, `agreeing` and `rated`; `reason`."""


def assess_scales(
    responses: Responses,
    codebook: Codebook,
    design: Design,
    levels: tuple[str, ...],
    bootstraps: int = 200,
    seed: int = 0,
) -> Instrument:
    """Assess each scale of the codebook.

    Parameters
    ----------
    levels : columns of units, from large to small; those that the survey lacks are left out
    """
    reliability = measure_reliability(responses, codebook, design, draws=bootstraps, seed=seed)
    present = [level for level in levels if level in responses]
    fits, loadings, spread = [], [], []
    for scale in codebook.scales.values():
        answers = recode_items(responses, scale, codebook)
        fit, of_items = _assess_items(scale, answers, design)
        fits.append(fit)
        loadings += of_items
        spread.append(_assess_units(scale, answers, responses[present], codebook, design, seed))
    scales = reliability.scales.merge(pd.DataFrame(fits), on="scale", how="left")
    items = reliability.items.merge(pd.DataFrame(loadings), on=["scale", "item"], how="left")
    return Instrument(scales, items, pd.concat(spread, ignore_index=True))


def _assess_items(
    scale: Scale, answers: pd.DataFrame, design: Design
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Fit one factor on both kinds of correlations of those who answered all items."""
    complete = answers.notna().all(axis=1).to_numpy()
    values, part = answers.to_numpy()[complete], design.take(complete)
    row: dict[str, Any] = {"scale": scale.name}
    items: list[dict[str, Any]] = [{"scale": scale.name, "item": item} for item in scale.items]
    ways = (("", correlations.correlate), ("_ordinal", correlations.correlate_ordinal))
    for end, correlator in ways:
        reason = _unfit(values, part, end == "_ordinal")
        fit = None
        if not reason:
            fit = fit_one_factor(correlator(values, part))
            reason = "no fit" if fit is None else "three items" if np.isnan(fit.srmr) else ""
        row |= {f"{name}{end}": getattr(fit, name, np.nan) for name in _FIT}
        row[f"reason{end}"] = reason
        for item, told in zip(items, _loadings(fit, len(items), end), strict=True):
            item |= told
    return row, items


def _unfit(values: Array, design: Design, is_ordinal: bool) -> str:
    if values.shape[1] < 3:
        return "one item" if values.shape[1] == 1 else "two items"
    if not len(values):
        return "absent"
    if (np.ptp(values, axis=0) == 0).any():
        return "one answer"
    if correlations.is_singular(np.asarray(np.corrcoef(values, rowvar=False))):
        return "alike"
    if effective_n(design.weight) < FEWEST_FOR_A_FACTOR:
        return "too few"
    if is_ordinal and len(np.unique(values)) > correlations.MOST_CATEGORIES:
        return "not ordered"
    return ""


def _loadings(fit: OneFactor | None, items: int, end: str) -> list[dict[str, float]]:
    unknown = np.full(items, np.nan)
    loadings, errors = (unknown, unknown) if fit is None else (fit.loadings, fit.loading_errors)
    return [
        {
            f"loading{end}": float(loading),
            f"loading{end}_low": float(loading - Z * error),
            f"loading{end}_high": float(loading + Z * error),
        }
        for loading, error in zip(loadings, errors, strict=True)
    ]


def _assess_units(
    scale: Scale,
    answers: pd.DataFrame,
    units: pd.DataFrame,
    codebook: Codebook,
    design: Design,
    seed: int,
) -> pd.DataFrame:
    """Split the variance of the score over levels, and measure agreement at each."""
    needed = np.ceil(scale.minimum_share * len(scale.items) - 1e-9)
    score = answers.mean(axis=1).where(answers.notna().sum(axis=1) >= needed)
    table = split_variance(score.to_numpy(dtype=float), units, design, seed)
    column = codebook.columns[scale.items[0]]
    # How many answers an item allows; none that can be counted for a number.
    options = len(column.codes) if column.type == "ordinal" else 0
    agreement = {}
    for place, level in enumerate(units.columns):
        # A code may be used again in another unit above, so a unit is all of its codes.
        path = units.iloc[:, : place + 1]
        is_known = path.notna().all(axis=1)
        code = path.groupby(list(path), observed=True, sort=False).ngroup().where(is_known)
        agreement[level] = measure_agreement(answers.to_numpy(), code, options, design, seed)
    agreement[PERSON] = Agreement()
    told = pd.DataFrame([asdict(agreement[level]) for level in table["level"]])
    known = int((score.notna().to_numpy() & units.notna().all(axis=1).to_numpy()).sum())
    return pd.concat([table, told], axis=1).assign(scale=scale.name, n=known)[
        ["scale", "level", "units", "n", *table.columns.drop(["level", "units"]), *told.columns]
    ]
