"""Risk and its drivers in one pass over batches; only sums over groups outlive a batch."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.disclosure.rounding import band_middle
from blijfwijzer.drivers.contributions import contribute, refuse_gap, roll_up
from blijfwijzer.drivers.row_batches import Batching, Placed, RowBatch, part_rows
from blijfwijzer.estimation.pooling import pool_means
from blijfwijzer.estimation.resampling import ENDS
from blijfwijzer.estimation.sums import Sums
from blijfwijzer.progress import Tell
from blijfwijzer.risk.features import COUNTED, Features, Schema, build_features
from blijfwijzer.risk.model import RiskModel
from blijfwijzer.survey.arrays import Array, Codes, Mask, effective_ns
from blijfwijzer.survey.held import Responses, pick

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


@dataclass(frozen=True)
class Rows:
    """Responses that are scored, and the groups that they are in."""

    responses: Responses
    scales: Responses
    members: csr_array
    """One row per group, one column per response."""


def score_groups(model: RiskModel, rows: Rows, batching: Batching, tell: Tell) -> Scored:
    """Score responses in batches and add up contributions per group.

    Sums are exact, and a risk depends on its own row, so neither the size of a batch nor the engine
    changes a bit of what is found. Memory depends on that size, not on that of the survey.

    Raises
    ------
    ContributionGapError
        Contributions do not add up to the risk.
    EngineError
        Those who shared the work are gone.
    """
    responses, scales, members, schema = rows.responses, rows.scales, rows.members, model.schema
    count, size = len(responses), batching.size
    parts = -(-count // size)

    def hear(done: int) -> None:
        # In parts of the whole: how many responded is banded wherever it is told.
        if done < parts:
            tell(f"{model.target}: score, {done / parts:.0%} done")

    hear(0)
    work = partial(_score_batch, model, batching.largest_gap)
    found = batching.engine.fold(work, _with_members(rows, schema, size), hear)
    sums, people = found.sums, np.diff(members.indptr).astype(float)
    weights, squared = sums.of_groups("weights", len(people)).T
    total = np.maximum(weights, 1e-300)[:, None]
    means, squares = (
        sums.of_groups(name, len(people)) / total for name in ("contributions", "squares")
    )
    names = list(dict.fromkeys(feature.scale for feature in schema.features))
    some = np.unique(np.linspace(0, count - 1, min(count, batching.largest)).astype(np.intp))
    sample = build_features(pick(responses, some), pick(scales, some)[[*map(str, scales)]], schema)
    numbers = dict(zip(COUNTED, sums.counts["features"].T, strict=True))
    return Scored(
        found.risk.join(),
        pd.DataFrame(means, columns=names),
        pd.DataFrame(np.maximum(squares - means**2, 0), columns=names),
        effective_ns(weights, squared) / np.maximum(people, 1) * band_middle(people),
        Features(sample.frame, sample.counts.assign(**numbers)),
        some,
    )


class _Grouped(NamedTuple):
    """A batch with the weights of its responses and the groups that they are in."""

    batch: RowBatch
    weight: Array
    members: csr_array


@dataclass(frozen=True)
class _Left:
    """What is left of a batch."""

    risk: Placed
    sums: Sums

    def merge(self, other: "_Left") -> "_Left":
        return _Left(self.risk.merge(other.risk), self.sums.merge(other.sums))


def _with_members(rows: Rows, schema: Schema, size: int) -> Iterator[_Grouped]:
    weight, by_person = rows.responses["weight"].to_numpy(dtype=float), rows.members.T.tocsr()
    for batch in part_rows(rows.responses, rows.scales, schema, size):
        yield _Grouped(batch, weight[batch.rows], by_person[batch.rows].T.tocsr())


def _score_batch(model: RiskModel, largest_gap: float, own: _Grouped) -> _Left:
    """Score a batch, and add up by group what its people weigh and what drives their risks."""
    built = build_features(own.batch.responses, own.batch.scales, model.schema)
    found = contribute(model, built.frame)
    refuse_gap(found, largest_gap, model.target)
    values, w = roll_up(found.values, model.schema, "scale").to_numpy(), own.weight[:, None]
    sums = (
        Sums({"features": built.counts[list(COUNTED)].to_numpy(dtype=np.int64)})
        .add("weights", np.hstack([w, w**2]), own.members)
        .add("contributions", w * values, own.members)
        .add("squares", w * values**2, own.members)
    )
    return _Left(Placed({own.batch.rows.start: found.risk}), sums)


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
        pool = _Pooled(rows, marked[here], references[here])
        tables += [_contrast(scored, str(n), groups["parent"], pool, rng) for n in scored.means]
    columns = ["group", "driver", "contrast", "low", "high", "is_sure"]
    if not tables:
        return pd.DataFrame(columns=columns)
    found = pd.concat(tables)
    order = pd.MultiIndex.from_arrays([found["group"], found["driver"]])
    wanted = pd.MultiIndex.from_product([marked, scored.means.columns])
    return found.iloc[order.get_indexer(wanted)].reset_index(drop=True)


class _Pooled(NamedTuple):
    """Groups of one level that are pooled, and those of them that are held against references."""

    rows: Codes
    marked: Codes
    references: Codes


def _contrast(
    scored: Scored, name: str, parents: pd.Series, pool: _Pooled, rng: np.random.Generator
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
