"""How many people work in each unit, and where that table and a survey do not meet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from blijfwijzer.errors import BlijfwijzerError, GroupError, MissingColumnsError
from blijfwijzer.groups.paths import GroupPath, path_ids
from blijfwijzer.survey.cells import code_text, numbers_in, plain_text
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.remarks import of_several
from blijfwijzer.survey.table import tell_names
from blijfwijzer.survey.texts import Message, Value

_MOST_PEOPLE = 1e9
"""People in a row; more are none that work somewhere, and too many to be added up."""
_TOLD = 5
"""Places that an error names."""


@dataclass(frozen=True)
class Joined:
    """Units of a survey beside those of a table of people; each by the name of the survey."""

    without_people: tuple[str, ...]
    """In the survey only: as their people are not known, they are not shown."""
    in_capitals: tuple[str, ...]
    """Of these, those that the table has in other capitals."""
    without_forms: tuple[str, ...]
    """In the table only."""
    with_more_forms: tuple[str, ...]
    """Of which more forms were filled in than people work there."""

    @property
    def remarks(self) -> tuple[Message, ...]:
        """What asks for a look."""
        told = (
            ("remark.units_without_people", self.without_people),
            ("remark.units_in_capitals", self.in_capitals),
            ("remark.units_without_forms", self.without_forms),
            ("remark.units_with_more_forms", self.with_more_forms),
        )
        return tuple(
            remark for name, units in told for remark in of_several(name, told=list[Value](units))
        )

    @property
    def counts(self) -> dict[str, int]:
        """For the run's record."""
        return {name: len(units) for name, units in vars(self).items()}


def read_population(frame: pd.DataFrame, codebook: Codebook, file: str) -> pd.DataFrame:
    """Check a list of how many people work in each smallest unit.

    Parameters
    ----------
    frame : one row per unit: some unit levels of the codebook and `people`

    Raises
    ------
    MissingColumnsError, GroupError
    """
    levels = [level for level in codebook.units.levels if level in frame]
    if "people" not in frame or not levels:
        raise MissingColumnsError(
            f"{file}: needs a column `people` and the unit levels "
            f"{', '.join(codebook.units.levels)}. {tell_names(map(str, frame.columns))}"
        )
    frame = frame.reset_index(drop=True)
    people = read_people(frame["people"], file, GroupError)
    return read_units(frame, levels).assign(people=people)


def read_units(frame: pd.DataFrame, levels: Sequence[str]) -> pd.DataFrame:
    """Give the units of each row, written as codes of a codebook are; missing where not named."""
    return frame[list(levels)].map(code_text, na_action="ignore").astype("str")


def read_people(people: pd.Series, file: str, error: type[BlijfwijzerError]) -> pd.Series:
    """Read how many people each row of a table counts, as whole numbers.

    Raises
    ------
    error
        Some are no number, negative, endless, fractions of a person, or may be.
    """
    read, is_doubtful = numbers_in(people)
    numbers = pd.Series(read)
    is_none = numbers.isna() & ~is_doubtful
    wrong = rows_where(is_none | (numbers < 0) | (numbers > _MOST_PEOPLE))
    if wrong:
        raise error(
            f"{file}: {len(wrong)} rows of `people` are no number, negative or endless: rows "
            f"{first_of(wrong)}. Correct them."
        )
    parts = rows_where((numbers % 1 > 0) | is_doubtful)
    if parts:
        raise error(
            f"{file}: {len(parts)} rows of `people` are fractions of a person, or may be: rows "
            f"{first_of(parts)}. Write whole numbers, without a point or comma between thousands: "
            "1.096 may be meant as 1096."
        )
    return numbers


def rows_where(where: pd.Series) -> list[int]:
    """Give the numbers of rows that a spreadsheet gives them, the header being the first."""
    return [int(row) + 2 for row in where.index[where.to_numpy(dtype=bool)]]


def first_of(found: Sequence[object]) -> str:
    """Name the first of what was found, and say how many more there are."""
    more = f" and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
    return ", ".join(str(one) for one in found[:_TOLD]) + more


def name_as_survey(population: pd.DataFrame, responses: Responses) -> pd.DataFrame:
    """Write units as the survey does, where they differ in spaces only.

    Spaces around a name, double ones and those that do not break are no part of it.

    Parameters
    ----------
    population : as `read_population` gives
    responses : one row per response
    """
    for level in population.columns.intersection([str(name) for name in responses]):
        there = pd.Series(responses[level].dropna().astype("str").unique(), dtype="str")
        plain = dict(zip(_plain(there), there, strict=True))
        names = population[level]
        renamed = _plain(names).map(plain)
        population = population.assign(**{level: names.where(names.isin(there), renamed)})
        population[level] = population[level].fillna(names)
    return population


def join_units(
    population: pd.DataFrame, responses: Responses, levels: list[str], file: str
) -> Joined:
    """Hold the units of a survey against those of a table of people.

    Parameters
    ----------
    population : as `name_as_survey` gives
    levels : unit levels from the largest down to the smallest that is asked

    Raises
    ------
    GroupError
        In more than half of the units of a level more forms were filled in than people work there.
    """
    refuse_unknown_units(population, responses, levels, file)
    without, forms, beyond, capitals = [], [], [], []
    for depth, level in enumerate(levels, start=1):
        people = population["people"].groupby(path_ids(population, levels[:depth])).sum()
        filled = path_ids(responses, levels[:depth]).value_counts().sort_index()
        away = filled.index.difference(people.index)
        without += _codes(away, level)
        forms += _codes(people.index.difference(filled.index), level)
        known = {code.casefold() for code in _codes(people.index, level)}
        capitals += [code for code in _codes(away, level) if code.casefold() in known]
        both = people.reindex(filled.index).dropna()
        more = both.index[filled.reindex(both.index) > both]
        if 2 * len(more) > len(both):
            raise GroupError(
                f"{file}: {len(more)} of {len(both)} units of level {level} have fewer people than "
                "forms, so it holds no numbers of people, or is of another survey. Correct it."
            )
        beyond += _codes(more, level)
    return Joined(*(tuple(dict.fromkeys(part)) for part in (without, capitals, forms, beyond)))


def refuse_unknown_units(
    population: pd.DataFrame, responses: Responses, levels: list[str], file: str
) -> None:
    """Refuse a list of people that does not know the units of a survey.

    Parameters
    ----------
    population : as `read_population` gives
    levels : unit levels from the largest down to the smallest that is asked

    Raises
    ------
    MissingColumnsError
        It lacks a level.
    GroupError
        It knows fewer than half of the units of a level: names were written otherwise, or it is the
        list of another survey.
    """
    absent = [level for level in levels if level not in population]
    if absent:
        raise MissingColumnsError(
            f"{file}: {len(absent)} unit levels are missing: {', '.join(absent)}. Add them, so "
            "that people can be counted per unit; they are written as in the survey."
        )
    for level in levels:
        there = set(responses[level].dropna().astype("str"))
        known = there & set(population[level].dropna())
        if 2 * len(known) < len(there):
            raise GroupError(
                f"{file}: knows {len(known)} of {len(there)} units of level {level}. Write units "
                "as the survey does, with the same capitals and signs, or leave --population out."
            )


def _plain(names: pd.Series) -> pd.Series:
    """Give names with single spaces; those that do not break count as others do."""
    return names.map(plain_text, na_action="ignore")


def _codes(paths: Iterable[str], level: str) -> list[str]:
    return [GroupPath.parse(path).code(level) for path in paths]
