"""The model's mean risk over everyone in a register, where that tells of several columns at once.

Who responded is not who works there. Where a register tells how many people have each combination
of answers (a cell), a group's mean risk is that of its cells, each by its people (Gelman & Little
1997, Survey Methodology 23, p. 127). A model looks at much that no register knows; so the risk of
a cell is the mean of those who responded in it, which takes the others of their cell to answer the
rest as they do. It is that of the group itself, or, where few responded, of its largest unit, or of
everyone.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.groups.register import Register, code_answers
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.survey.arrays import Array, Codes
from blijfwijzer.survey.codebook import Codebook


@dataclass(frozen=True)
class RegisterCells:
    """How the people of each group of whole units are parted over cells."""

    cell: Codes
    """Per response; -1 where it gave no answer, or where nobody has its cell."""
    people: Array
    """One row per group, one column per cell; zeros where the register does not tell of a group."""
    sector: Codes
    """Per group, the place of its largest unit among the groups."""
    least: int
    """Respondents in a cell below which those of a larger unit stand for it."""

    def put_in(
        self, areas: pd.DataFrame, predictions: Predictions, members: csr_array
    ) -> pd.DataFrame:
        """Let the mean risk of groups be that of their people in the register.

        Parameters
        ----------
        areas : one row per group, as `summarise_areas` gives

        Returns
        -------
        `areas` with other `model`, `var_risk` and `cov` where a group is in the register: those of
        the sampling error that this mean has, times `effective_n`.
        """
        known = np.flatnonzero(self.people.sum(axis=1) > 0)
        weight, risk = predictions.design.weight, predictions.risk
        total, square, mean, forms = self._sum(members, weight, risk)
        share = self.people[known] / self.people[known].sum(axis=1, keepdims=True)
        of_all = np.zeros(len(known), dtype=np.intp)
        left, model = share.copy(), np.zeros(len(known))
        variance, both = np.zeros(len(known)), np.zeros(len(known))
        own = total[known].sum(axis=1)
        for source, least in ((known, self.least), (self.sector[known], self.least), (of_all, 1)):
            used = np.where(forms[source] >= least, left, 0.0)
            left = left - used
            safe = np.where(total[source] > 0, total[source], 1.0)
            model += (used * mean[source]).sum(axis=1)
            variance += (used**2 * square[source] / safe**2).sum(axis=1)
            both += (used * square[known] / safe).sum(axis=1) / np.maximum(own, 1e-300)
        # A cell in which nobody responded anywhere is as the others of the group.
        rest = 1 - left.sum(axis=1)
        spread, along = self._spread(predictions, mean[0])
        worth = areas["effective_n"].to_numpy(dtype=float)[known]
        told = areas[["model", "var_risk", "cov"]].to_numpy(dtype=float, copy=True)
        usable = rest > 0
        told[known[usable]] = np.column_stack(
            [model / np.where(usable, rest, 1), worth * variance * spread, worth * both * along]
        )[usable]
        return areas.assign(model=told[:, 0], var_risk=told[:, 1], cov=told[:, 2])

    def _sum(self, members: csr_array, weight: Array, risk: Array) -> tuple[Array, ...]:
        """Give of each group and cell: weight, squared weight, mean risk, respondents."""
        count, inside = self.people.shape[1], np.flatnonzero(self.cell >= 0)
        shape = (len(self.cell), count)
        sums = []
        for values in (weight, weight**2, weight * risk, np.ones_like(weight)):
            cells = csr_array((values[inside], (inside, self.cell[inside])), shape=shape)
            sums.append(np.asarray((members @ cells).todense(), dtype=float))
        total, square, product, forms = sums
        return total, square, product / np.where(total > 0, total, 1.0), forms

    def _spread(self, predictions: Predictions, mean: Array) -> tuple[float, float]:
        """Give the variance of risk within cells, and its covariance with outcomes there."""
        inside = self.cell >= 0
        off = predictions.risk[inside] - mean[self.cell[inside]]
        values, weight = predictions.values[inside], predictions.design.weight[inside]
        known = ~np.isnan(values)
        if not known.any():
            return float(np.average(off**2, weights=weight)), 0.0
        along = float(np.average(off[known] * values[known], weights=weight[known]))
        return float(np.average(off**2, weights=weight)), along


def part_over_cells(
    responses: pd.DataFrame,
    register: Register,
    codebook: Codebook,
    groups: pd.DataFrame,
    members: csr_array,
    least: int,
) -> RegisterCells | None:
    """Part the people of groups over the cells of a register; None where it has margins alone.

    Parameters
    ----------
    groups : as in `Grouping`, everyone first; of a group crossed with a variable, and of one that
        is part of a unit of the register, nothing is known
    least : respondents in a cell below which those of a larger unit stand for it
    """
    cells = register.cells
    if cells is None:
        return None
    names = [str(name) for name in cells if name not in ("unit", "people")]
    combined = cells.groupby(names, sort=True).ngroup().to_numpy()
    answers = pd.DataFrame(
        {n: code_answers(responses[n], codebook.columns[n], cells[n].unique()) for n in names}
    )
    keys = cells[names].assign(cell=combined).drop_duplicates()
    cell = answers.merge(keys, how="left", on=names)["cell"].fillna(-1).to_numpy(dtype=np.intp)
    units, unit = np.unique(cells["unit"], return_inverse=True)
    people = np.zeros((len(units), combined.max() + 1))
    np.add.at(people, (unit, combined), cells["people"].to_numpy())
    place = pd.Index(units).get_indexer(pd.Index(register.units_of(responses)))
    inside = np.flatnonzero(place >= 0)
    ones = np.ones(len(inside))
    of_unit = csr_array((ones, (inside, place[inside])), shape=(len(place), len(units)))
    held = np.asarray((members @ of_unit).todense())
    whole = (held == held[0]) | (held == 0)
    is_known = whole.all(axis=1) & (groups["kind"] != "cross").to_numpy() & held.any(axis=1)
    of_group = np.where(is_known[:, None], (held > 0) @ people, 0.0)
    sector = groups.index.get_indexer(pd.Index(groups["sector"]))
    return RegisterCells(cell, of_group, np.where(sector < 0, 0, sector), least)
