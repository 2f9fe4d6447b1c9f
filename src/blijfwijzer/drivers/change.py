"""How drivers changed: because people answered differently, or because a model weighs it so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from blijfwijzer.drivers.contributions import Contributed
from blijfwijzer.drivers.profiles import part_names
from blijfwijzer.estimation.intervals import ends_of
from blijfwijzer.estimation.resampling import Draws, draw_units
from blijfwijzer.risk.evaluation import widening
from blijfwijzer.survey.arrays import Array

HEIGHT = "|"
"""Row of the part of a change that no answer moves: how much higher the model of now expects the
risk of the people of then."""
_PARTS = ("change", "answers", "model")


class Side(NamedTuple):
    """What both models make of the people of one wave."""

    then: Contributed
    """By the model of then."""
    now: Contributed
    """By the model of now; the same where there is one."""
    weight: Array
    units: pd.Series
    """Where each respondent works: drawn as wholes, with those of the other wave."""


@dataclass(frozen=True)
class DriverChange:
    """How drivers changed, each change as the sum of two parts.

    Each table has, in probability, `change`, `answers` (that part of it which comes of people who
    answered differently) and `model` (that of a model that weighs it differently), each with
    `_low` and `_high` (95 %, over whole units, of the models as they are); NaN where nothing
    varies.
    """

    sizes: pd.DataFrame
    """One row per construct, the largest now first: construct, is_changeable, then and now (mean
    size of its contribution)."""
    scales: pd.DataFrame
    """The same of scales, by their name."""
    means: pd.DataFrame
    """One row per construct, and `HEIGHT`: what it adds to the change of the mean risk, from the
    people of then, whose mean contribution is none. The rows add up to that change."""
    risk: pd.Series
    """then, now: mean risk of the people of then by the model of then, of those of now by that of
    now; and the change with its parts."""
    people: tuple[int, int]
    """Responses of then, and of now."""


def split_change(then: Side, now: Side, bootstraps: int, seed: int) -> DriverChange:
    """Split the change of each driver in that of the people and that of the model.

    Of what both models make of both waves, each part is the mean of two differences: of the waves
    by either model, and of the models by either wave. That is the Shapley value of two factors
    (Shapley 1953), and both add up to the change exactly.
    """
    units = pd.concat([then.units, now.units]).astype("str")
    codes = pd.factorize(units)[0]
    draws = draw_units(codes, bootstraps, np.random.default_rng(seed))
    is_then = np.arange(len(codes)) < len(then.units)
    sides = (then, draws.take(is_then)), (now, draws.take(~is_then))
    spread, freedom = widening(draws.times.shape[0]), draws.times.shape[0] - 1.0

    def told(parts: Mapping[str, Array], names: pd.Index) -> pd.DataFrame:
        table = pd.DataFrame(index=names)
        for name, drawn in parts.items():
            low, high = ends_of(drawn[0], spread * drawn[1:].std(axis=0, ddof=1), freedom)
            table[[name, f"{name}_low", f"{name}_high"]] = np.stack([drawn[0], low, high], axis=1)
        return table

    def sized(level: Callable[[Contributed], pd.DataFrame]) -> pd.DataFrame:
        four = _Four.of(sides, lambda one: level(one).abs())
        ends = {"then": four.old_then[0], "now": four.new_now[0]}
        table = told(four.parts, four.names)
        return table.assign(**ends).sort_values("now", ascending=False, kind="stable")

    four = _Four.of(sides, lambda one: one.by_construct)
    risk = _Four.of(sides, lambda one: pd.DataFrame({HEIGHT: one.contributions.risk}))
    height = (risk.new_then - risk.old_then)[:, 0]
    moved = {name: np.column_stack([part, height]) for name, part in four.moved.items()}
    moved["answers"][:, -1] = 0.0
    sizes = sized(lambda one: one.by_construct)
    order = pd.Index([*sizes.index, HEIGHT])
    ends = pd.Series({"then": risk.old_then[0, 0], "now": risk.new_now[0, 0]})
    return DriverChange(
        part_names(sizes),
        sized(lambda one: one.by_scale),
        part_names(told(moved, four.names.append(pd.Index([HEIGHT]))).loc[order]),
        pd.concat([ends, told(risk.parts, risk.names).iloc[0]]),
        (len(then.units), len(now.units)),
    )


class _Four(NamedTuple):
    """Means of what both models make of both waves: rows as `Draws.finish`, a column per name."""

    names: pd.Index
    old_then: Array
    new_then: Array
    old_now: Array
    new_now: Array

    @classmethod
    def of(
        cls,
        sides: tuple[tuple[Side, Draws], tuple[Side, Draws]],
        table: Callable[[Contributed], pd.DataFrame],
    ) -> "_Four":
        made = [(table(one), *own) for own in sides for one in (own[0].then, own[0].now)]
        names = made[0][0].columns.union(made[1][0].columns, sort=False)
        # What a model does not read adds nothing in it.
        means = [
            draws.means(one.reindex(columns=names, fill_value=0.0).to_numpy(), side.weight)
            for one, side, draws in made
        ]
        return cls(names, *means)

    @property
    def parts(self) -> dict[str, Array]:
        """The change of each and both parts of it."""
        people = (self.old_now - self.old_then) + (self.new_now - self.new_then)
        model = (self.new_then - self.old_then) + (self.new_now - self.old_now)
        return dict(zip(_PARTS, (self.new_now - self.old_then, people / 2, model / 2), strict=True))

    @property
    def moved(self) -> dict[str, Array]:
        """The same where contributions of either model start at the mean of the people of then."""
        old, new = self.old_now - self.old_then, self.new_now - self.new_then
        return dict(zip(_PARTS, (new, (old + new) / 2, (new - old) / 2), strict=True))
