"""Risk and its drivers in one pass over batches; only sums over groups outlive a batch."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.drivers.contributions import contribute, refuse_gap, roll_up
from blijfwijzer.estimation.intervals import Z
from blijfwijzer.progress import Tell
from blijfwijzer.risk.features import Features, build_features
from blijfwijzer.risk.model import RiskModel
from blijfwijzer.survey.arrays import Array, Codes, effective_ns


@dataclass(frozen=True)
class Scored:
    """A survey, scored. The risks exist in memory only."""

    risk: Array
    """Per response."""
    means: pd.DataFrame
    """Groups x drivers: weighted mean contribution, in probability."""
    errors: pd.DataFrame
    """Groups x drivers: its standard error."""
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
    effective = effective_ns(members @ weight, members @ weight**2)
    variance = np.maximum(squares / total - means**2, 0)
    errors = np.sqrt(variance / np.maximum(effective, 1)[:, None])
    rows_kept = np.unique(np.linspace(0, count - 1, min(count, batch)).astype(np.intp))
    sample = build_features(responses.iloc[rows_kept], scales.iloc[rows_kept], model.schema)
    assert counts is not None
    return Scored(
        risk,
        pd.DataFrame(means, columns=names),
        pd.DataFrame(errors, columns=names),
        Features(sample.frame, counts),
        rows_kept,
    )


def contrast_drivers(scored: Scored, groups: Array, references: Array) -> pd.DataFrame:
    """Hold the drivers of some groups against those of their references.

    Parameters
    ----------
    groups, references : rows of `scored.means`

    Returns
    -------
    One row per group and driver: group (row), driver, contrast, low, high (95 %), in probability.
    A reference holds its group, which makes the interval a little too wide.
    """
    tables = []
    for group, reference in zip(groups, references, strict=True):
        contrast = scored.means.iloc[int(group)] - scored.means.iloc[int(reference)]
        error = np.sqrt(
            scored.errors.iloc[int(group)] ** 2 + scored.errors.iloc[int(reference)] ** 2
        )
        tables.append(
            pd.DataFrame(
                {
                    "group": int(group),
                    "driver": contrast.index,
                    "contrast": contrast.to_numpy(),
                    "low": (contrast - Z * error).to_numpy(),
                    "high": (contrast + Z * error).to_numpy(),
                }
            )
        )
    columns = ["group", "driver", "contrast", "low", "high"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _add(counts: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    return counts.assign(**{name: counts[name] + more[name] for name in more.columns})
