"""All places that people can have, known before anybody answered: units, crossed with answers.

Offices that never pool their files add up numbers per place. For these to be added, and masked,
each needs the same places in the same order, whether somebody is there or not; so they follow from
an agreed table of units and from the codebook, never from a survey.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.errors import GroupError, MissingColumnsError
from blijfwijzer.groups.grouping import asked_levels, code_answers, cross_variable
from blijfwijzer.groups.population import read_population
from blijfwijzer.survey.arrays import Codes
from blijfwijzer.survey.codebook import Codebook, Column
from blijfwijzer.survey.held import Responses

_APART = "\x1f"
"""Between the codes of a unit: no code of a survey has it, since it is no sign to read."""


@dataclass(frozen=True)
class Frame:
    """Places in order: units, and for each unit what may be answered to each variable."""

    units: pd.DataFrame
    """One row per unit: a column per level, "" where a smaller unit is not known."""
    variables: tuple[Column, ...]
    """That units are crossed with."""
    population: pd.DataFrame
    """How many people work in each unit, as `make_groups` takes it."""

    @property
    def levels(self) -> list[str]:
        """Unit levels, from the largest down."""
        return list(self.units.columns)

    @property
    def shape(self) -> tuple[int, ...]:
        """Units, and answers to each variable, no answer being the last one."""
        return (len(self.units), *(len(_answers(v)) + 1 for v in self.variables))

    @property
    def places(self) -> int:
        """How many there are."""
        return int(np.prod(self.shape))

    def find(self, responses: Responses) -> Codes:
        """Give the place of each response.

        Raises
        ------
        GroupError
            Somebody works in a unit that the table of units does not have.
        MissingColumnsError
            The survey lacks a level or variable.
        """
        absent = [n for n in (*self.levels, *_names(self.variables)) if n not in responses]
        if absent:
            raise MissingColumnsError(
                f"{len(absent)} columns that were agreed on are not in the survey: "
                f"{', '.join(absent)}. Add them to the export, or agree anew."
            )
        codes = [_units_of(responses, self.levels, self.units)]
        for variable in self.variables:
            known = pd.Index(code_answers(_answers(variable), variable))
            own = code_answers(responses[variable.name], variable)
            place = known.get_indexer(pd.Index(own))
            codes.append(np.where(own.isna().to_numpy(), len(known), place))
        return np.ravel_multi_index(codes, self.shape).astype(np.intp)

    def people(self, counts: Codes) -> pd.DataFrame:
        """Give as many people as there are in each place, in order, by what is known of them.

        Parameters
        ----------
        counts : one per place

        Returns
        -------
        One row per person: unit levels, and an answer to each variable that is coded as theirs.
        """
        unit, *answers = np.unravel_index(np.repeat(np.arange(self.places), counts), self.shape)
        columns: dict[str, pd.Series] = {}
        for level in self.levels:
            own = self.units[level].where(self.units[level] != "").astype("category")
            columns[level] = own.take(unit).reset_index(drop=True)
        for variable, code in zip(self.variables, answers, strict=True):
            known = _answers(variable)
            columns[variable.name] = known.reindex(code).reset_index(drop=True)
        return pd.DataFrame(columns)


def make_frame(
    table: pd.DataFrame, file: str, codebook: Codebook, by: Sequence[str], cross: Sequence[str]
) -> Frame:
    """Lay out the places that an agreed table of units, and variables, make.

    Parameters
    ----------
    table : one row per unit: unit levels and `people`
    file : its name, for messages
    by : unit levels
    cross : career variables of the codebook

    Raises
    ------
    MissingColumnsError, GroupError
        As `read_population`, `asked_levels` and `cross_variable`.
    """
    population = read_population(table, codebook, file)
    asked = asked_levels(codebook, by, population)
    levels = [n for n in codebook.units.levels if n in asked or n == codebook.units.cluster]
    if codebook.units.cluster not in population:
        raise MissingColumnsError(
            f"{file}: lacks the unit level {codebook.units.cluster}, in which people hang "
            "together. Add it."
        )
    named = [cross_variable(name, codebook, _all_columns(codebook)) for name in cross]
    full = population[levels].fillna("")
    first = levels.index(codebook.units.cluster) + 1
    # Whoever left open in which smaller unit they work is in a place of the larger one.
    partly = [
        full.assign(**dict.fromkeys(levels[depth:], "")) for depth in range(first, len(levels))
    ]
    units = pd.concat([full, *partly]).drop_duplicates().sort_values(levels)
    return Frame(units.reset_index(drop=True), tuple(named), population)


def _units_of(responses: Responses, levels: Sequence[str], units: pd.DataFrame) -> Codes:
    own = responses[list(levels)].astype("str").where(responses[list(levels)].notna(), "")
    place = pd.Index(_joined(units)).get_indexer(pd.Index(_joined(own)))
    unknown = place < 0
    if unknown.any():
        raise GroupError(
            f"{int(unknown.sum())} responses are of {_joined(own)[unknown].nunique()} units that "
            f"the agreed table of units does not have (by {', '.join(levels)}). Add these to it, "
            "and let every office take the new table."
        )
    return np.asarray(place, dtype=np.intp)


def _joined(units: pd.DataFrame) -> pd.Series:
    first, *others = (units[level] for level in units)
    for other in others:
        first = first + _APART + other
    return first


def _answers(variable: Column) -> pd.Series:
    """Give an answer of each code, or in each band."""
    if variable.bands:
        return pd.Series([variable.bands[0] - 1.0, *variable.bands], dtype="float64")
    if variable.type != "nominal":
        return pd.Series(list(variable.values.values()), dtype="float64")
    return pd.Series(pd.Categorical(list(variable.codes), list(variable.codes)))


def _names(variables: Sequence[Column]) -> list[str]:
    return [variable.name for variable in variables]


def _all_columns(codebook: Codebook) -> pd.DataFrame:
    return pd.DataFrame(columns=list(codebook.columns))
