"""What intervals of rates promise, simulated where the truth is known."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import expit, logit

from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.rates import nonresponse_bounds, pool_rates, summarise_areas
from blijfwijzer.progress import Tell
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.survey.arrays import Array
from studies.monte_carlo import tell_mean

_GROUPS = 60
_RUNS = 40
_SPREAD = 0.5
"""Standard deviation of true log odds between groups."""
_ODDS = 1.5
_GRID = np.linspace(-10, 10, 2001)


def validate_rates(tell: Tell, runs: int = _RUNS) -> str:
    """Run the simulations and write them as sections in Markdown.

    Parameters
    ----------
    runs : surveys per row of a table
    """
    return "\n".join([_nonresponse_text(tell, runs), _rare_text(tell, runs)])


def _survey(rng: np.random.Generator, true: Array, n: int, *, is_weighted: bool) -> pd.DataFrame:
    """Draw answers of groups and sum them up; the model knows a part of what differs."""
    unit = np.repeat(np.arange(len(true)), n)
    values = (rng.random(len(unit)) < true[unit]).astype(float)
    middle = logit(true).mean()
    lift = 0.5 * (logit(true)[unit] - middle) + 0.8 * rng.standard_normal(len(unit))
    spread = 0.5 if is_weighted else 0.0
    weight = np.exp(spread * rng.standard_normal(len(unit)))
    members = csr_array((unit == np.arange(len(true))[:, None]).astype(np.int8))
    design = Design.of_units(weight, pd.Series(unit))
    return summarise_areas(Predictions(values, expit(middle + lift), design), members)


def _true(rng: np.random.Generator, rate: float) -> Array:
    return np.asarray(expit(logit(rate) + _SPREAD * rng.standard_normal(_GROUPS)))


def _alone() -> pd.Series:
    return pd.Series([""] * _GROUPS)


def _nonresponse_text(tell: Tell, runs: int) -> str:
    rows = []
    for response in (0.15, 0.6):
        for odds in (1 / _ODDS, 1.0, _ODDS):
            tell(f"bounds: response {response}, odds {odds:.2f}")
            held = []
            for run in range(runs):
                rng = np.random.default_rng(run)
                true = _true(rng, 0.2)
                areas = _survey(rng, true, 40, is_weighted=False)
                table = pool_rates(areas, _alone(), 500, run).table
                away = expit(logit(true) + np.log(odds))
                everyone = response * true + (1 - response) * away
                ends = [table[end].to_numpy() for end in ("low", "high")]
                asked = np.full(_GROUPS, response)
                low, high = nonresponse_bounds(ends[0], ends[1], asked, _ODDS)
                held.append(float(((low <= everyone) & (everyone <= high)).mean()))
            rows.append(f"| {response:.0%} | {odds:.2f} | {tell_mean(held)} |")
    return (
        f"### Bounds for non-response\n\n{_GROUPS} groups with 40 answers, {runs} surveys; "
        f"non-respondents have so many times the odds of respondents, and the bounds are for "
        f"{_ODDS} times. Goal: .93 or more hold the rate of "
        "everyone, ± one Monte Carlo standard error.\n\n"
        "| response | odds | hold the rate of everyone |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _rare_text(tell: Tell, runs: int) -> str:
    rows = []
    for rate in (0.01, 0.02, 0.03, 0.97, 0.98, 0.99):
        for n, is_weighted in ((20, False), (20, True), (80, False), (80, True)):
            tell(f"rare: {rate} at {n}")
            held, width = [], []
            for run in range(runs):
                rng = np.random.default_rng(run)
                true = _true(rng, rate)
                areas = _survey(rng, true, n, is_weighted=is_weighted)
                table = pool_rates(areas, _alone(), 500, run).table
                held.append(float(((table["low"] <= true) & (true <= table["high"])).mean()))
                exact = _exact_width(areas, rate)
                width.append(float((table["high"] - table["low"]).mean() / exact))
            told = "yes" if is_weighted else "no"
            rows.append(f"| {rate:.0%} | {n} | {told} | {tell_mean(held)} | {np.mean(width):.2f} |")
    return (
        f"### Rare outcomes\n\n{_GROUPS} groups whose log odds vary by {_SPREAD}, {runs} surveys. "
        "Goal: .93 or more of the 95 % intervals hold the true rate, and they are at most 1.3 "
        "times as wide as by an exact logit-normal model that knows level and spread.\n\n"
        "| rate | answers | weights | covered | width |\n|---|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def _exact_width(areas: pd.DataFrame, rate: float) -> float:
    """Mean width of 95 % intervals when level and spread between groups are known."""
    n = areas["effective_n"].to_numpy()
    hits = areas["direct"].to_numpy() * n
    log = hits[:, None] * _GRID - n[:, None] * np.logaddexp(0, _GRID)
    log = log - 0.5 * ((_GRID - logit(rate)) / _SPREAD) ** 2
    chance = np.cumsum(np.exp(log - log.max(axis=1, keepdims=True)), axis=1)
    chance /= chance[:, [-1]]
    low, high = (expit(_GRID[(chance < end).sum(axis=1)]) for end in (0.025, 0.975))
    return float((high - low).mean())
