"""Rows in batches, of which the work may be done elsewhere, and what comes back of each row.

A batch holds the columns that the model reads and no others, so nothing else leaves this process.
What is worked out of a row depends on that row alone, so no bit of it depends on where batches end.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from blijfwijzer.drivers.contributions import Contributions, contribute, refuse_gap
from blijfwijzer.engines.engine import LOCAL, Engine, Kind
from blijfwijzer.progress import Tell
from blijfwijzer.risk.features import Schema
from blijfwijzer.risk.model import RiskModel
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.held import Responses, tables

_MOST_SHARED = 20_000
"""Rows of a batch that goes to another process: some 15 MB, and a second's work. No figure depends
on it."""


@dataclass(frozen=True)
class RowBatch:
    """Some rows that follow each other."""

    rows: slice
    responses: pd.DataFrame
    scales: pd.DataFrame


@dataclass(frozen=True)
class Placed:
    """Arrays of rows, by the place of the first row of each; of single people, in memory only."""

    parts: Mapping[int, Array]

    def merge(self, other: "Placed") -> "Placed":
        """Put the arrays of other rows beside these."""
        return Placed({**self.parts, **other.parts})

    def join(self) -> Array:
        """Give one array with a row per row."""
        return np.concatenate([self.parts[start] for start in sorted(self.parts)])


def part_rows(
    responses: Responses, scales: Responses, schema: Schema, size: int
) -> Iterator[RowBatch]:
    """Part rows into batches, with what a model reads of them.

    Parameters
    ----------
    size : rows of a batch
    """
    read = set(schema.names)
    own, scored = ([name for name in columns if name in read] for columns in (responses, scales))
    start = 0
    for answers, scores in zip(
        tables(responses, own, size), tables(scales, scored, size), strict=True
    ):
        yield RowBatch(slice(start, start + len(scores)), answers, scores)
        start += len(scores)


@dataclass(frozen=True)
class Batching:
    """How rows are worked on."""

    largest: int
    """Rows that may be held at a time."""
    largest_gap: float
    """By which contributions may miss a risk."""
    engine: Engine = LOCAL

    @property
    def size(self) -> int:
        """Rows of a batch, of which several processes need more than one."""
        is_alone = self.engine.kind == Kind.LOCAL
        return self.largest if is_alone else min(self.largest, _MOST_SHARED)


def contribute_rows(
    model: RiskModel, frame: pd.DataFrame, batching: Batching, tell: Tell
) -> Contributions:
    """Explain the prediction of each row, as `contribute` does, in batches.

    Parameters
    ----------
    frame : one row per response, as `build_features` gives

    Raises
    ------
    ContributionGapError
        Contributions do not add up to the risk.
    EngineError
        Those who shared the work are gone.
    """
    size = batching.size
    parts = -(-len(frame) // size)
    batches = ((start, frame.iloc[start : start + size]) for start in range(0, len(frame), size))
    found = batching.engine.fold(
        partial(_contribute, model, batching.largest_gap),
        batches,
        lambda done: tell(f"{model.target}: explain, {done / parts:.0%} done"),
    )
    values = pd.DataFrame(found.values.join(), index=frame.index, columns=frame.columns)
    return Contributions(values, found.base, found.risk.join(), found.largest_gap)


@dataclass(frozen=True)
class _Explained:
    """What is left of a batch."""

    values: Placed
    risk: Placed
    base: float
    """The same of every batch."""
    largest_gap: float

    def merge(self, other: "_Explained") -> "_Explained":
        return _Explained(
            self.values.merge(other.values),
            self.risk.merge(other.risk),
            self.base,
            max(self.largest_gap, other.largest_gap),
        )


def _contribute(model: RiskModel, largest: float, batch: tuple[int, pd.DataFrame]) -> _Explained:
    start, frame = batch
    found = contribute(model, frame)
    refuse_gap(found, largest, model.target)
    values = Placed({start: found.values.to_numpy()})
    return _Explained(values, Placed({start: found.risk}), found.base, found.largest_gap)
