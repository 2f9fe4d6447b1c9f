"""Simulations of errors, fit and invariance: too long for tests, with fixed seeds."""

import numpy as np
import pandas as pd

from blijfwijzer.culture.item_answers import prepare
from blijfwijzer.culture.item_tests import SIGNIFICANT
from blijfwijzer.culture.items import purify
from blijfwijzer.estimation.components import split_variance
from blijfwijzer.estimation.correlations import correlate, correlate_ordinal
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.factors import fit_one_factor
from blijfwijzer.estimation.intervals import Estimate, adjust
from blijfwijzer.estimation.means import difference, estimate_mean, estimate_share
from blijfwijzer.estimation.regression import marginal_difference, regress
from blijfwijzer.progress import Tell
from blijfwijzer.survey.arrays import Array, Codes

_LOADINGS = np.array([0.8, 0.7, 0.6, 0.75])
_BORDERS = (-1.5, -0.7, 0.2, 1.1)
_PEOPLE = 12
"""Respondents per unit."""
_SPAN, _FLOOR = 4.0, 0.05


def validate_instrument(tell: Tell, repetitions: int = 400) -> str:
    """Simulate how often intervals cover the truth, and how often items are called different.

    Returns
    -------
    A part of the validation page, in markdown.
    """
    tell("instrument: intervals of estimates")
    parts = [_coverage_text(repetitions)]
    tell("instrument: variance between units")
    parts.append(_components_text(repetitions))
    tell("instrument: fit of one factor")
    parts.append(_fit_text(repetitions))
    tell("instrument: items that function differently")
    parts.append(_invariance_text(repetitions // 2))
    return "\n".join(parts)


def _coverage_text(repetitions: int) -> str:
    lines = [
        "## Intervals of survey estimates\n",
        f"{repetitions} surveys of units of {_PEOPLE} people that differ (ICC .15), in four "
        "strata, with weights of .5-2: share of 95 % intervals that hold the truth.\n",
        "| units | mean | difference of two groups | share of 5 % | marginal difference |",
        "|---|---|---|---|---|",
    ]
    for units in (12, 40, 200):
        rng = np.random.default_rng(units)
        held = np.array([_covers(rng, units) for _ in range(repetitions)]).mean(axis=0)
        lines.append(f"| {units} | " + " | ".join(f"{share:.3f}" for share in held) + " |")
    return "\n".join(lines) + "\n"


def _covers(rng: np.random.Generator, units: int) -> list[bool]:
    """Whether each of four intervals holds the truth."""
    unit, design = _draw_units(rng, units)
    score = np.sqrt(0.15) * rng.standard_normal(units)[unit]
    score = score + np.sqrt(0.85) * rng.standard_normal(len(unit))
    is_first = rng.random(len(unit)) < 0.3
    # The chance of a rare answer, given a score of variance 1: probit with a total spread of 1.
    rare = (score > 1.6448536).astype(float)
    outcome = (0.5 * is_first + score + rng.logistic(size=len(unit)) > 0).astype(float)
    X = pd.DataFrame({"first": is_first.astype(float)})
    fitted = regress(outcome, X, design, "logistic")
    marginal = marginal_difference(fitted, X.assign(first=1.0), X.assign(first=0.0), design)
    found: list[tuple[Estimate, float]] = [
        (estimate_mean(score, design), 0.0),
        (difference(score, is_first, ~is_first, design), 0.0),
        (estimate_share(rare, design), 0.05),
        (marginal, _average_chance(0.5) - _average_chance(0.0)),
    ]
    return [estimate.low <= truth <= estimate.high for estimate, truth in found]


def _average_chance(margin: float) -> float:
    """Chance of yes when a standard normal is added to the margin, by quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    chance = 1 / (1 + np.exp(-(margin + nodes)))
    return float(weights @ chance / weights.sum())


def _draw_units(rng: np.random.Generator, units: int) -> tuple[Codes, Design]:
    unit = np.repeat(np.arange(units), _PEOPLE)
    return unit, Design(rng.uniform(0.5, 2, len(unit)), unit, unit % 4)


def _components_text(repetitions: int) -> str:
    truth = np.array([0.10, 0.15, 0.75])
    lines = [
        "## Variance between units\n",
        f"{repetitions} surveys of organisations with four teams of {_PEOPLE // 2} people; true "
        "shares .10, .15 and .75: mean estimate, and share of 95 % intervals that hold the "
        "truth.\n",
        "| organisations | organisation | team | person |",
        "|---|---|---|---|",
    ]
    for count in (40, 120):
        rng, found, held = np.random.default_rng(count), [], []
        for _ in range(repetitions):
            team = np.repeat(np.arange(4 * count), _PEOPLE // 2)
            score = _factor(rng, team, count)
            units = pd.DataFrame({"organisation": team // 4, "team": team})
            design = Design(rng.uniform(0.5, 2, len(team)), team // 4, np.zeros_like(team))
            table = split_variance(score, units, design, 0)
            found.append(table["share"].to_numpy())
            held.append((table["share_low"].le(truth) & table["share_high"].ge(truth)).to_numpy())
        cells = zip(np.mean(found, axis=0), np.mean(held, axis=0), strict=True)
        lines.append(f"| {count} | " + " | ".join(f"{a:.3f}, {b:.3f}" for a, b in cells) + " |")
    return "\n".join(lines) + "\n"


def _factor(rng: np.random.Generator, team: Codes, organisations: int) -> Array:
    of_organisation = np.sqrt(0.10) * rng.standard_normal(organisations)
    of_team = np.sqrt(0.15) * rng.standard_normal(4 * organisations)
    own = np.sqrt(0.75) * rng.standard_normal(len(team))
    return np.asarray(of_organisation[team // 4] + of_team[team] + own)


def _answers(rng: np.random.Generator, factor: Array, shift: Array | float = 0.0) -> Array:
    noise = rng.standard_normal((len(factor), 4)) * np.sqrt(1 - _LOADINGS**2)
    latent = factor[:, None] * _LOADINGS + noise
    latent[:, 0] += shift
    return np.asarray(1.0 + np.digitize(latent, _BORDERS))


def _fit_text(repetitions: int) -> str:
    lines = [
        "## Fit of one factor\n",
        f"{repetitions} surveys in which four items measure one thing: share whose 95 % interval "
        "of RMSEA excludes an exact fit (2.5 % should).\n",
        "| units | plain correlations | polychoric correlations |",
        "|---|---|---|",
    ]
    for units in (40, 200):
        rng, excluded = np.random.default_rng(units), []
        for _ in range(repetitions):
            unit, design = _draw_units(rng, units)
            factor = np.sqrt(0.3) * rng.standard_normal(units)[unit]
            values = _answers(rng, factor + np.sqrt(0.7) * rng.standard_normal(len(unit)))
            fits = [fit_one_factor(made(values, design)) for made in (correlate, correlate_ordinal)]
            excluded.append([fit is not None and fit.rmsea_low > 0 for fit in fits])
        shares = np.mean(excluded, axis=0)
        lines.append(f"| {units} | {shares[0]:.3f} | {shares[1]:.3f} |")
    return "\n".join(lines) + "\n"


def _invariance_text(repetitions: int) -> str:
    lines = [
        "## Items that function differently\n",
        f"{repetitions} surveys of four items and two groups (40 % and 60 %); the first item of "
        "the one group is shifted by so much, in standard deviations of what is behind an answer, "
        "and that group truly scores higher by so much: how often the shifted item is called "
        "different, how often any other is, and how often any other has an adjusted p below .05.\n",
        "| respondents | truly higher | shift | the item | any other | p < .05 of any other |",
        "|---|---|---|---|---|---|",
    ]
    for respondents in (1_200, 4_800):
        for higher in (0.0, 0.8):
            for shift in (0.0, 0.3, 0.5):
                rng = np.random.default_rng([respondents, int(10 * higher), int(10 * shift)])
                made = [_call(rng, respondents, higher, shift) for _ in range(repetitions)]
                shares = " | ".join(f"{share:.3f}" for share in np.mean(made, axis=0))
                lines.append(f"| {respondents:,} | {higher:.1f} | {shift:.1f} | {shares} |")
    return "\n".join(lines) + "\n"


def _call(
    rng: np.random.Generator, respondents: int, higher: float, shift: float
) -> tuple[bool, bool, bool]:
    unit, design = _draw_units(rng, respondents // _PEOPLE)
    is_first = rng.random(len(unit)) < 0.4
    factor = np.sqrt(0.15) * rng.standard_normal(unit.max() + 1)[unit] + higher * is_first
    factor = factor + np.sqrt(0.85) * rng.standard_normal(len(unit))
    values = _answers(rng, factor, np.where(is_first, shift, 0.0))
    items = tuple("abcd")
    ready = prepare(items, values, (~is_first).astype(np.intp), ["1", "2"], design, _SPAN)
    rows = pd.DataFrame(purify(ready, _FLOOR)[0]).query("group == '1'")
    p = adjust(rows["p"], "bh")
    different = rows["is_different"].to_numpy() & (p < SIGNIFICANT)
    return bool(different[0]), bool(different[1:].any()), bool((p[1:] < SIGNIFICANT).any())
