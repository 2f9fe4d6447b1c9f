"""Risk and its drivers in one pass over batches; only sums over groups outlive a batch."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.disclosure.rounding import band_middle
from blijfwijzer.drivers.contributions import contribute, refuse_gap, roll_up
from blijfwijzer.estimation.pooling import pool_means
from blijfwijzer.estimation.resampling import ENDS
from blijfwijzer.progress import Tell
from blijfwijzer.risk.features import Features, build_features
from blijfwijzer.risk.model import RiskModel
from blijfwijzer.survey.arrays import Array, Codes, Mask, effective_ns

SURE = 0.95
"""Share of draws that must agree on a driver's sign for it to be told first. Ours."""
_DRAWS = 400


@dataclass(frozen=True)
class Scored:
    """A survey, scored. The risks exist in memory only."""

    risk: Array
    """Per response."""
    means: pd.DataFrame
    """Groups x drivers: weighted mean contribution, in probability."""
    variances: pd.DataFrame
    """Groups x drivers: variance of contributions between people of the group."""
    worth: Array
    """Per group: respondents of equal weight that tell as much (Kish 1965), were there as many
    as the middle of their band."""
    sample: Features
    """Model columns of at most one batch of responses, spread over the file, and the counts of
    all responses, to compare with training."""
    sample_rows: Codes


def score_groups(
    model: RiskModel,
    responses: pd.DataFrame,
    scales: pd.DataFrame,
    members: csr_array,
    batch: int,
    largest_gap: float,
    tell: Tell,
) -> Scored:
    """Score responses in batches and add up contributions per group.

    Parameters
    ----------
    members : one row per group, one column per response
    batch : responses at a time; memory depends on this and not on the size of the survey

    Raises
    ------
    ContributionGapError
        Contributions do not add up to the risk.
    """
    count = len(responses)
    weight = responses["weight"].to_numpy(dtype=float)
    risk = np.empty(count)
    by_person = members.T.tocsr()
    sums: Any = 0.0
    squares: Any = 0.0
    counts: pd.DataFrame | None = None
    for start in range(0, count, batch):
        # In parts of the whole: how many responded is banded wherever it is told.
        tell(f"{model.target}: score, {start / count:.0%} done")
        rows = slice(start, start + batch)
        built = build_features(responses.iloc[rows], scales.iloc[rows], model.schema)
        found = contribute(model, built.frame)
        refuse_gap(found, largest_gap, model.target)
        risk[rows] = found.risk
        values = roll_up(found.values, model.schema, "scale")
        here = by_person[start : start + batch].T
        w = weight[rows, None]
        sums = sums + here @ (w * values.to_numpy())
        squares = squares + here @ (w * values.to_numpy() ** 2)
        numbers = built.counts.drop(columns=["feature", "absent"])
        counts = built.counts if counts is None else _add(counts, numbers)
        names = values.columns
    total = np.maximum(members @ weight, 1e-300)[:, None]
    means = sums / total
    variances = np.maximum(squares / total - means**2, 0)
    n = np.diff(members.indptr).astype(float)
    per_person = effective_ns(members @ weight, members @ weight**2) / np.maximum(n, 1)
    rows_kept = np.unique(np.linspace(0, count - 1, min(count, batch)).astype(np.intp))
    sample = build_features(responses.iloc[rows_kept], scales.iloc[rows_kept], model.schema)
    assert counts is not None
    return Scored(
        risk,
        pd.DataFrame(means, columns=names),
        pd.DataFrame(variances, columns=names),
        per_person * band_middle(n),
        Features(sample.frame, counts),
        rows_kept,
    )


def contrast_drivers(
    scored: Scored, groups: pd.DataFrame, marked: Codes, references: Codes, told: Mask, seed: int
) -> pd.DataFrame:
    """Hold the drivers of some groups against those of their references.

    The mean of twenty people is mostly noise, and the largest of a dozen such means is the
    luckiest: unshrunk, the first driver of a group of 20 was three times the true one. So each is
    pooled over all groups of the level, as means are (`pool_means`), with one variance between
    people of a group.

    Parameters
    ----------
    groups : one row per row of `scored.means`, with level and parent
    marked, references : rows of it
    told : groups that may be told of; others are no part of any pool

    Returns
    -------
    One row per marked group, each once, and driver: group (row), driver, contrast, low and high
    (95 %) in probability, and is_sure: whether its sign is that of `SURE` of the draws or more. A
    reference holds its group, which makes the interval a little too wide.
    """
    first = np.sort(np.unique(marked, return_index=True)[1])
    marked, references = marked[first], references[first]
    tables = []
    for place, level in enumerate(groups["level"].iloc[marked].unique()):
        of_level = (groups["level"] == level).to_numpy()
        here = np.flatnonzero(of_level[marked])
        rows = np.union1d(np.flatnonzero(of_level & told), marked[here])
        rng = np.random.default_rng([seed, place])
        pool = _Pool(rows, marked[here], references[here])
        tables += [_contrast(scored, str(n), groups["parent"], pool, rng) for n in scored.means]
    columns = ["group", "driver", "contrast", "low", "high", "is_sure"]
    if not tables:
        return pd.DataFrame(columns=columns)
    found = pd.concat(tables)
    order = pd.MultiIndex.from_arrays([found["group"], found["driver"]])
    wanted = pd.MultiIndex.from_product([marked, scored.means.columns])
    return found.iloc[order.get_indexer(wanted)].reset_index(drop=True)


class _Pool(NamedTuple):
    """Groups of one level that are pooled, and those of them that are held against references."""

    rows: Codes
    marked: Codes
    references: Codes


def _contrast(
    scored: Scored, name: str, parents: pd.Series, pool: _Pool, rng: np.random.Generator
) -> pd.DataFrame:
    """Pool one driver over the groups of a level, and hold some against their references."""
    mean, variance = (part[name].to_numpy() for part in (scored.means, scored.variances))
    rows, worth = pool.rows, np.maximum(scored.worth, 1.0)
    freedom = np.maximum(scored.worth[rows] - 1, 0.0)
    unbiased = variance[rows] * worth[rows] / np.maximum(freedom, 1e-9)
    inside = float(freedom @ np.where(freedom > 0, unbiased, 0.0) / max(freedom.sum(), 1e-9))
    pooled = pool_means(mean[rows], inside / worth[rows], parents.iloc[rows], _DRAWS, rng)
    at, against = np.searchsorted(rows, pool.marked), pool.references
    error = np.sqrt(variance[against] / worth[against])[:, None]
    noise = error * rng.standard_normal((len(at), _DRAWS))
    drawn = pooled.draws[at] - mean[against][:, None] + noise
    contrast = pooled.table["pooled"].to_numpy()[at] - mean[against]
    low, high = np.quantile(drawn, ENDS, axis=1)
    agree = (np.sign(drawn) == np.sign(contrast)[:, None]).mean(axis=1)
    return pd.DataFrame(
        {
            "group": pool.marked,
            "driver": name,
            "contrast": contrast,
            "low": low,
            "high": high,
            "is_sure": agree >= SURE,
        }
    )


def _add(counts: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    return counts.assign(**{name: counts[name] + more[name] for name in more.columns})
