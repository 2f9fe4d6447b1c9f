"""Responses as candidates are fitted to them: few as numbers, or many as codes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import pandas as pd

from blijfwijzer.estimation.design import Design
from blijfwijzer.risk.boosting import Binned, Boosting, grow_trees
from blijfwijzer.risk.coded import Coded, parts_of
from blijfwijzer.risk.features import Schema
from blijfwijzer.risk.linear import Linear, fit_linear, fit_linear_by_codes, linear_margin
from blijfwijzer.risk.model import Calibrator, RiskModel
from blijfwijzer.risk.splits import Fold
from blijfwijzer.settings import ModelSettings
from blijfwijzer.survey.arrays import Array, Codes


class Fits(Protocol):
    """Responses that candidates can be fitted to."""

    def model(self, kind: str, linear: Linear, trees: str = "") -> RiskModel:
        """Give a model that is not calibrated yet."""
        ...

    def linear(self, rows: Codes, names: list[str], strength: float) -> Linear:
        """Fit the linear part of a model on some responses."""
        ...

    def grow(self, rows: Codes, start: Linear, rounds: int, boosting: Boosting) -> str:
        """Grow trees on some responses, from the margin of a linear part."""
        ...


Fit = Callable[[Fits, Codes], RiskModel]
"""Fits a candidate, as it is set, on some responses."""


@dataclass(frozen=True)
class Task:
    """Responses of which an outcome is known, as every candidate is fitted to them."""

    target: str
    thresholds: dict[str, float]
    """Cuts by which the outcome was labelled."""
    frame: pd.DataFrame
    """One row per response, as `build_features` gives."""
    schema: Schema
    values: Array
    """0 or 1."""
    design: Design
    """By which units responses were drawn, and their weight: mean 1."""
    folds: list[Fold]
    """Whole units apart."""
    settings: ModelSettings
    seed: int = 0

    @property
    def weight(self) -> Array:
        """Per response."""
        return self.design.weight

    def model(self, kind: str, linear: Linear, trees: str = "") -> RiskModel:
        """Give a model that is not calibrated yet."""
        return RiskModel(
            self.target, kind, self.schema, linear, trees, Calibrator(), self.thresholds
        )

    def linear(self, rows: Codes, names: list[str], strength: float) -> Linear:
        """Fit the linear part of a model on some responses."""
        part = self.frame.iloc[rows]
        return fit_linear(part, self.schema, names, self.values[rows], self.weight[rows], strength)

    def grow(self, rows: Codes, start: Linear, rounds: int, boosting: Boosting) -> str:
        """Grow trees on some responses, from the margin of a linear part."""
        part, own = self.frame.iloc[rows], (self.values[rows], self.weight[rows])
        return grow_trees(part, self.schema, *own, linear_margin(start, part), rounds, boosting)

    def boosting(self) -> Boosting:
        """Give how trees are grown."""
        return Boosting(
            minimum_leaf=self.settings.minimum_leaf,
            seed=self.seed,
            threads=self.settings.threads,
        )


@dataclass(frozen=True)
class Whole:
    """More responses than candidates are compared on, for the champion to be fitted to."""

    task: Task
    """Those of them that candidates are compared on."""
    sampled: Codes
    """Their places."""
    columns: Coded
    values: Array
    """0 or 1."""
    weight: Array
    """Per response: mean 1."""
    units: pd.Series
    """Where each respondent works."""
    apart: Codes
    """Unit that folds keep whole, of each response."""

    @cached_property
    def everyone(self) -> Codes:
        """Places of all."""
        return np.arange(len(self.values), dtype=np.intp)

    def without(self, test: Codes) -> Codes:
        """Places of all but those of the units of some responses of the task."""
        return np.flatnonzero(~np.isin(self.apart, self.apart[self.sampled[test]]))

    def model(self, kind: str, linear: Linear, trees: str = "") -> RiskModel:
        """Give a model that is not calibrated yet."""
        return self.task.model(kind, linear, trees)

    def linear(self, rows: Codes, names: list[str], strength: float) -> Linear:
        """Fit the linear part of a model on some responses."""
        columns, schema = self.columns.only(rows), self.task.schema
        own = self.values[rows], self.weight[rows]
        return fit_linear_by_codes(columns, schema, names, *own, strength)

    def grow(self, rows: Codes, start: Linear, rounds: int, boosting: Boosting) -> str:
        """Grow trees on some responses, from the margin of a linear part; always the same trees."""
        margin = np.empty(len(rows))
        for part in parts_of(len(rows)):
            margin[part] = linear_margin(start, self.columns.take(rows[part]))
        if boosting not in self._binned:
            about = self.task.schema, self.values, self.weight, boosting
            self._binned[boosting] = Binned(self.columns, *about)
        return self._binned[boosting].grow_trees(rows, margin, rounds)

    @cached_property
    def _binned(self) -> dict[Boosting, Binned]:
        """Bins that folds share, by how trees are grown."""
        return {}
