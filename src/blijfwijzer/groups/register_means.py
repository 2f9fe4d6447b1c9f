"""The model's mean risk over everyone in a register, where that tells of several columns at once.

Who responded is not who works there. Where a register tells how many people have each combination
of answers (a cell), a group's mean risk is that of its cells, each by its people (Gelman & Little
1997, Survey Methodology 23, p. 127), plus what its respondents differ from the means of their own
cells (Särndal & Lundström 2005, the regression estimator): what is special to a group is kept. A
model looks at much that no register knows; so the risk of a cell is the mean of those who responded
in it, which takes the others of their cell to answer the rest as they do. It is that of the largest
unit, or, where few responded, of everyone.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.groups.register import Register, code_answers
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.survey.arrays import Array, Codes
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses


@dataclass(frozen=True)
class RegisterCells:
    """How the people of each group of whole units are parted over the cells of largest units."""

    cell: Codes
    """Per response, its largest unit and cell in one number; -1 where it gave no answer."""
    people: csr_array
    """One row per group, one column per such number; nothing where the register does not tell of a
    group."""
    cells: int
    """Cells of each largest unit."""
    least: int
    """Respondents in a cell below which those of everyone stand for it."""

    @property
    def known(self) -> Codes:
        """Places of the groups that the register tells of."""
        return np.flatnonzero(np.diff(self.people.indptr) > 0)

    def among(self, groups: Codes) -> "RegisterCells":
        """Give what is known of some groups."""
        return replace(self, people=csr_array(self.people[groups]))

    def part(self, predictions: Predictions) -> tuple[Predictions, Array]:
        """Part risks into what cells expect, and what is left of each response.

        Returns
        -------
        The predictions with what is left as risk, and what the people of each group are expected
        to have on average; zero where the register does not tell of it.
        """
        weight, risk = predictions.design.weight, predictions.risk
        inside = self.cell >= 0
        by_unit = self._means(self.cell[inside], weight[inside], risk[inside])
        within = self.cell[inside] % self.cells
        everyone = self._means(within, weight[inside], risk[inside])[: self.cells]
        overall = float(np.average(risk, weights=weight))
        # Where nobody has a cell anywhere it is as all others.
        everyone = np.where(np.isnan(everyone), overall, everyone)
        forms = np.bincount(self.cell[inside], minlength=len(by_unit))
        all_units = np.tile(everyone, len(by_unit) // self.cells)
        mean = np.where(forms >= self.least, by_unit, all_units)
        expected = np.where(inside, mean[self.cell], overall)
        people = np.asarray(self.people.sum(axis=1), dtype=float)
        of_groups = (self.people @ mean) / np.maximum(people, 1.0)
        return replace(predictions, risk=risk - expected), np.asarray(of_groups)

    def _means(self, cell: Codes, weight: Array, risk: Array) -> Array:
        total = np.bincount(cell, weight, self.people.shape[1])
        sums = np.bincount(cell, weight * risk, self.people.shape[1])
        return np.divide(sums, total, out=np.full_like(sums, np.nan), where=total > 0)


def part_over_cells(
    responses: Responses,
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
    least : respondents in a cell below which those of everyone stand for it
    """
    told = register.cells
    if told is None:
        return None
    names = [str(name) for name in told if name not in ("unit", "people")]
    combined = told.groupby(names, sort=True).ngroup().to_numpy()
    count = int(combined.max()) + 1
    answers = pd.DataFrame(
        {n: code_answers(responses[n], codebook.columns[n], told[n].unique()) for n in names}
    )
    keys = told[names].assign(cell=combined).drop_duplicates()
    cell = answers.merge(keys, how="left", on=names)["cell"].fillna(-1).to_numpy(dtype=np.intp)
    largest, _ = pd.factorize(responses[codebook.units.levels[0]], use_na_sentinel=False)
    units, unit = np.unique(told["unit"], return_inverse=True)
    place = pd.Index(units).get_indexer(pd.Index(register.units_of(responses)))
    is_placed = np.flatnonzero(place >= 0)
    of_unit = csr_array(
        (np.ones(len(is_placed)), (is_placed, place[is_placed])), shape=(len(place), len(units))
    )
    # A unit of which nobody responded is in no group, and its people stand for nobody.
    home = np.zeros(len(units), dtype=np.intp)
    home[place[is_placed]] = largest[is_placed]
    columns = home[unit] * count + combined
    shape = (len(units), (int(largest.max()) + 1) * count)
    people = csr_array((told["people"].to_numpy(dtype=float), (unit, columns)), shape=shape)
    held = np.asarray((members @ of_unit).todense())
    is_whole = ((held == held[0]) | (held == 0)).all(axis=1) & held.any(axis=1)
    is_known = is_whole & (groups["kind"] != "cross").to_numpy()
    of_groups = csr_array(csr_array(((held > 0) & is_known[:, None]).astype(float)) @ people)
    own = np.where(cell >= 0, largest * count + cell, -1)
    return RegisterCells(own, of_groups, count, least)
