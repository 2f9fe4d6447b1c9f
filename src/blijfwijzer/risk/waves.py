"""How a new wave differs from the survey that a model was trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from blijfwijzer.errors import WaveTooDifferentError
from blijfwijzer.estimation.raking import Totals, rake_to
from blijfwijzer.risk.features import Features, Schema
from blijfwijzer.settings import WaveSettings
from blijfwijzer.survey.arrays import Array, effective_n

SAME, SHIFTED, STRANGE, ABSENT = "same", "shifted", "strange", "absent"
"""Verdicts on a column: as before; differently distributed; holding many answers that training
did not see or that are now missing; not in the file."""
_BINS = 10
_MOST_MOVED = (0.2, 5.0)
"""Least and most of a response's new over its old weight, where a mix is given back."""
_BY_CHANCE = 0.99
"""Share of waves from the same people of which the drift of a column lies below what counts as
chance."""
_STEP = 5
"""People by whom shares are told apart, at least: three counts and more are told as each."""
_MOST_STRANGE = 0.2
"""Share of answers, newly missing, unseen or out of range, from which a column is strange."""


@dataclass(frozen=True)
class WaveComparison:
    """A new wave beside the one trained on."""

    table: pd.DataFrame
    """One row per feature: missing_then, missing_now, unseen, moved_to_limit (shares of
    responses), drift (population stability index), verdict."""


def learn_reference(
    frame: pd.DataFrame, schema: Schema, weight: Array, minimum: int
) -> dict[str, Any]:
    """Keep how the answers that a model was trained on were distributed.

    Shares are whole percentages and each bin holds at least `minimum` respondents, so that the
    reference tells nothing about fewer.

    Parameters
    ----------
    frame : one row per response, as `build_features` gives

    Returns
    -------
    Feature to its share missing, upper edges of its bins and weighted share in each; plain values.
    """
    reference = {}
    for feature in schema.features:
        values = frame[feature.name].to_numpy(dtype=float)
        known = ~np.isnan(values)
        edges = (
            [float(place) for place in range(len(feature.levels))]
            if feature.is_nominal
            else _edges(values[known], minimum)
        )
        reference[feature.name] = {
            "missing": round(float(np.average(~known, weights=weight)), 2),
            "edges": edges,
            "shares": [round(share, 2) for share in _shares(values, weight, edges)],
        }
    return reference


def compare_wave(
    built: Features,
    reference: dict[str, Any],
    weight: Array,
    settings: WaveSettings,
    responses: int,
) -> WaveComparison:
    """Hold each column of a new wave against the survey trained on.

    Drift is the population stability index, the sum over bins of (now - then) ln(now / then)
    (Siddiqi 2006, p. 136), on weighted shares of known answers. Of n answers in B bins chance alone
    brings chi-squared(B - 1) / n (Yurdakul & Naranjo 2020, Journal of Risk Model Validation 14(4)):
    of thirty forms that is more than what counts as shifted, so a column has to be beyond it too.
    It is told, and held against the largest, of shares in steps of whole percentages and of some
    people at least: of two bins it else gives the count of who is in one of them.

    Parameters
    ----------
    built : model columns of the wave, or of a sample of it, and counts over all responses
    weight : per row of `built.frame`
    responses : that the counts are of
    """
    rows = []
    for count in built.counts.to_dict("records"):
        then = reference[count["feature"]]
        values = built.frame[count["feature"]].to_numpy(dtype=float)
        missing = float(np.average(np.isnan(values), weights=weight)) if len(values) else 1.0
        n = effective_n(weight[~np.isnan(values)])
        now = _shares(values, weight, then["edges"])
        exact, drift = (_stability_index(then["shares"], x, n) for x in (now, _in_steps(now, n)))
        by_chance = exact <= _drift_by_chance(len(then["shares"]), n)
        row = {
            "feature": count["feature"],
            "missing_then": then["missing"],
            "missing_now": missing,
            "unseen": count["unseen"] / responses,
            "moved_to_limit": count["moved_to_limit"] / responses,
            "drift": drift,
        }
        strange = max(missing - then["missing"], row["unseen"], row["moved_to_limit"])
        if count["absent"]:
            verdict = ABSENT
        elif strange > _MOST_STRANGE:
            verdict = STRANGE
        else:
            verdict = SHIFTED if drift > settings.largest_drift and not by_chance else SAME
        rows.append({**row, "verdict": verdict})
    return WaveComparison(pd.DataFrame(rows))


def refuse_different(comparison: WaveComparison, settings: WaveSettings, target: str) -> None:
    """Refuse a wave that differs too much for the model to read.

    Raises
    ------
    WaveTooDifferentError
        More than `largest_share_shifted` of the columns are shifted, strange or absent.
    """
    table = comparison.table
    other = table[table["verdict"] != SAME]
    if len(other) <= settings.largest_share_shifted * len(table):
        return
    told = "; ".join(
        f"{len(names)} {verdict}: {', '.join(names.head(5))}{' ...' if len(names) > 5 else ''}"
        for verdict, names in other.groupby("verdict", sort=False)["feature"]
    )
    raise WaveTooDifferentError(
        f"{target}: {len(other)} of the {len(table)} columns that the model reads differ from the "
        f"survey it was trained on ({told}). More than {settings.largest_share_shifted:.0%} may "
        "not. Check that the file and its codes are right; if they are, train on this wave."
    )


def give_back_mix(
    weight: Array, groups: Mapping[str, pd.Series], before: Sequence[Mapping[str, Any]]
) -> Array:
    """Weigh a wave so that the groups of each attribute are as large as they were at a training.

    What is left of a difference in answers is then no matter of who responded, as far as these
    attributes tell (as `culture.raking` does where both surveys are at hand). Groups that the
    training does not tell of keep their size.

    Parameters
    ----------
    groups : attribute to the group of each response; missing where not known
    before : rows with attribute, group and n, as the measures of a training have them
    """
    sizes = {(row["attribute"], str(row["group"])): float(row["n"]) for row in before}
    totals = []
    for attribute, group in groups.items():
        text = group.astype("object").map(str, na_action="ignore")
        here = [name for name in text.dropna().unique() if (attribute, name) in sizes]
        part = pd.Index(here).get_indexer(pd.Index(text)).astype(np.intp)
        people = np.array([sizes[attribute, name] for name in here])
        if len(here) > 1 and people.min() > 0:
            inside = float(weight[part >= 0].sum())
            totals.append(Totals(part, people / people.sum() * inside))
    return rake_to(weight, totals, _MOST_MOVED).weight


def _edges(known: Array, minimum: int) -> list[float]:
    """Upper edges of at most ten bins, each of at least `minimum` respondents.

    Each is an answer: where between two of them a decile lies tells the last digit of how many are
    known.
    """
    if len(known) < 2 * minimum:
        return [float("1e300")]
    cuts = np.unique(np.quantile(known, np.arange(1, _BINS) / _BINS, method="inverted_cdf"))
    edges: list[float] = []
    last = -np.inf
    for cut in cuts:
        inside = ((known > last) & (known <= cut)).sum()
        if inside >= minimum and (known > cut).sum() >= minimum:
            edges.append(float(cut))
            last = cut
    return [*edges, 1e300]


def _shares(values: Array, weight: Array, edges: list[float]) -> list[float]:
    known = ~np.isnan(values)
    total = weight[known].sum()
    if not total > 0:
        return [0.0] * len(edges)
    bins = np.searchsorted(edges, values[known])
    sums = np.bincount(
        np.minimum(bins, len(edges) - 1), weights=weight[known], minlength=len(edges)
    )
    return [float(share) for share in sums / total]


def _in_steps(shares: list[float], n: float) -> list[float]:
    """Round shares so that the count in each bin can have three values or more."""
    step = max(0.01, _STEP / max(n, 1.0))
    return [float(round(round(share / step) * step, 9)) for share in shares]


def _drift_by_chance(bins: int, n: float) -> float:
    """Give the drift that a column of the same people hardly ever has."""
    if bins <= 1:
        return 0.0
    chi_square = 2 * gammaincinv((bins - 1) / 2, _BY_CHANCE)
    return float(chi_square) / max(n, 1.0)


def _stability_index(then: list[float], now: list[float], n: float) -> float:
    # Shares are kept to whole percentages, so an empty bin stands for less than half of one; among
    # few answers it stands for less than half an answer.
    before, after = np.maximum(then, 0.005), np.maximum(now, max(0.005, 0.5 / max(n, 1.0)))
    before, after = before / before.sum(), after / after.sum()
    return float(((after - before) * np.log(after / before)).sum())
