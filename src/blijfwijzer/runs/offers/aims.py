"""Whom a rule helps and misses in a new wave, and what of that may be told."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.disclosure.figures import FigureId, Figures
from blijfwijzer.disclosure.rules import is_telling
from blijfwijzer.estimation.design import Design
from blijfwijzer.fairness.cells import Cells, cut_cells
from blijfwijzer.fairness.targeting import Rules, Targeting, audit_targeting
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.release.admission import Admission
from blijfwijzer.runs.scoring.targets import NewWave

_PERCENT = 100


@dataclass(frozen=True)
class Aim:
    """A rule that selects people for a need."""

    values: NDArray[np.float64] | None
    """Per response: 1 in need, 0 not, NaN where not known; None where the wave does not ask."""
    chance: NDArray[np.float64]
    """Per response: chance to be selected, in whole hundredths."""
    people: Mapping[str, pd.Series]
    """Attribute to the group of each response."""
    figures: Mapping[tuple[str, str], FigureId]
    """Attribute, or pair, and group of people to what their figures are called in the ledger."""

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Per response: whether it is known to be in need or not; all where nobody was asked."""
        if self.values is None:
            return np.ones(len(self.chance), dtype=bool)
        return ~np.isnan(self.values)


def all_cells(people: Mapping[str, pd.Series]) -> dict[str, Cells]:
    """Part people by each attribute, and by each pair of attributes."""
    single, pairs = cut_cells(people)
    return single | pairs


def offer_cells(aim: Aim, wave: NewWave) -> Figures:
    """Offer those of each group of people who are known, and those of them who are selected.

    Who is selected by chance counts by that chance: a total of this kind takes each person as often
    as the hundredths say, which is a row of its own beside those who have any chance at all.
    """
    cells, parts = all_cells(aim.people), Figures()
    hundredths = np.rint(_PERCENT * aim.chance).astype(np.int8)
    is_sure = bool(np.isin(hundredths, (0, _PERCENT)).all())
    for (attribute, name), figure in aim.figures.items():
        cell = cells[attribute]
        inside = (cell.code == cell.names.index(name)) & aim.answered
        rows = [inside, inside & (hundredths > 0)]
        if _tells(rows, aim.values, wave):
            continue
        parts[figure] = _stack(rows if is_sure else [*rows, inside * hundredths])
    return parts


def rounded_cells(aim: Aim, wave: NewWave) -> frozenset[FigureId]:
    """Name the groups of single attributes whose rates rounding alone keeps from being counts.

    A whole percentage of n people leaves n / 100 possible counts; each rate of such a group, of
    people in need and of others, rests on enough people to leave `protection`.
    """
    values, protection = aim.values, wave.settings.disclosure.protection
    if values is None:
        return frozenset()
    return frozenset(
        aim.figures[attribute, name]
        for attribute, cell in cut_cells(aim.people)[0].items()
        for place, name in enumerate(cell.names)
        if min(((values == v) & (cell.code == place)).sum() for v in (0, 1)) >= 100 * protection
    )


def hidden_cells(
    aim: Aim, admission: Admission, told: frozenset[FigureId]
) -> frozenset[tuple[str, str]]:
    """Name the groups of people, and everyone, of whom nothing may be told."""
    hidden = frozenset(cell for cell, figure in aim.figures.items() if figure not in told)
    return hidden if admission.choice.tells_everyone else hidden | {(EVERYONE, EVERYONE)}


def find_targeting(aim: Aim, wave: NewWave, hidden: frozenset[tuple[str, str]]) -> Targeting | None:
    """Measure whom a rule helps and misses; None where nobody was asked who is in need."""
    if aim.values is None:
        return None
    answered, settings = aim.answered, wave.settings
    return audit_targeting(
        aim.values[answered],
        aim.chance[answered],
        Design.of_units(
            wave.weight[answered], wave.responses[wave.codebook.units.cluster][answered]
        ),
        {name: group[answered] for name, group in aim.people.items()},
        Rules(settings.disclosure.minimum, settings.evaluation.bootstraps, settings.seed, hidden),
        wave.codebook.columns,
    )


def _tells(
    rows: list[NDArray[np.bool_]], values: NDArray[np.float64] | None, wave: NewWave
) -> bool:
    """Whether all in a part answered alike, or two carry all its weight."""
    if values is None:
        return False
    return is_telling(_stack(rows), values, wave.weight, wave.settings.disclosure)


def _stack(parts: list[NDArray[np.bool_]]) -> csr_array:
    rows = [part for part in parts if part.any()] or parts[:1]
    return csr_array(np.array(rows, dtype=np.int8))
