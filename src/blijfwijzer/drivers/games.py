"""How far it matters which game contributions are of: what is taken of what is not known.

Path-dependent contributions, which all pages show, take it of people at the same split of a tree,
so that an answer may stand in for others that go with it. Interventional ones take it of everyone
alike, and give each answer what the model itself does with it (Janzing, Minorics & Bloebaum 2020,
arXiv:1910.13413). Where both differ, answers that go together share what they add in another way.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from blijfwijzer.drivers.contributions import by_construct, margin_contributions, roll_up, share_out
from blijfwijzer.risk.features import Schema
from blijfwijzer.risk.model import RiskModel
from blijfwijzer.survey.arrays import Array, Codes

TOGETHER = 0.5
"""Correlation of contributions from which scales go together: a large one (Cohen 1988, p. 80)."""
_ROWS, _BACKGROUND = 5000, 1000
"""Responses both are held against each other by, and that the second takes answers of; ours."""


class PairTogether(NamedTuple):
    """Two scales of which contributions go together."""

    first: str
    second: str
    correlation: float


@dataclass(frozen=True)
class Games:
    """Mean |contribution| by both games."""

    constructs: pd.DataFrame
    """One row per construct, the largest first: path and other (mean size, in probability), and
    path_rank and other_rank, from 1 on."""
    scales: pd.DataFrame
    """The same of scales, by their name."""
    agreement: float
    """Spearman's correlation of the ranks of scales; NaN where there are fewer than three."""
    together: tuple[PairTogether, ...]
    """Scales that go together, the strongest first."""


def compare_games(
    model: RiskModel, frame: pd.DataFrame, schema: Schema, weight: Array
) -> Games | None:
    """Hold path-dependent contributions of a model against interventional ones.

    Both are of a few thousand responses, spread evenly over all; answers that are not known are
    those of a thousand of them. None where the model has no trees: both are then the same.
    """
    if not model.trees:
        return None
    rows = _spread(len(frame), _ROWS)
    part, own = frame.iloc[rows], weight[rows]
    others = frame.iloc[_spread(len(frame), _BACKGROUND)]
    path, other = (
        _contributions(model, part, own, background)
        for background in (None, others.to_numpy(dtype=float))
    )
    scales = [roll_up(one, schema, "scale") for one in (path, other)]
    constructs = [by_construct(one, schema) for one in (path, other)]
    table = _sizes(scales[0], scales[1], own)
    agreement = float("nan")
    if len(table) > 2:
        ranks = table[["path_rank", "other_rank"]].to_numpy(dtype=float)
        agreement = float(np.corrcoef(ranks.T)[0, 1])
    return Games(
        _sizes(constructs[0], constructs[1], own),
        table,
        agreement,
        tuple(_pairs(scales[0], own)),
    )


def _spread(count: int, most: int) -> Codes:
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.intp))


def _contributions(
    model: RiskModel, frame: pd.DataFrame, weight: Array, background: Array | None
) -> pd.DataFrame:
    margins, expected = margin_contributions(model, frame, background)
    added, _ = share_out(model, margins, expected)
    return pd.DataFrame(added - np.average(added, axis=0, weights=weight), columns=frame.columns)


def _sizes(path: pd.DataFrame, other: pd.DataFrame, weight: Array) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            name: np.average(values.abs(), axis=0, weights=weight)
            for name, values in (("path", path), ("other", other))
        },
        index=path.columns,
    )
    ranks = table.rank(method="min", ascending=False).astype(int).add_suffix("_rank")
    return table.join(ranks).sort_values("path", ascending=False, kind="stable")


def _pairs(scales: pd.DataFrame, weight: Array) -> list[PairTogether]:
    """Give pairs of scales of which contributions go together."""
    values = scales.loc[:, scales.std() > 0]
    covariance = np.cov(values.to_numpy().T, aweights=weight, ddof=0).reshape(values.shape[1], -1)
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.maximum(np.outer(spread, spread), 1e-300)
    names = list(values.columns)
    found = [
        PairTogether(names[i], names[j], float(correlation[i, j]))
        for i, j in np.argwhere(np.triu(np.abs(correlation) >= TOGETHER, 1)).tolist()
    ]
    return sorted(found, key=lambda pair: -abs(pair.correlation))
