"""What a register of personnel tells of people, unit by unit, in one column or in several at once.

Two kinds of tables tell it. In one of *margins* a row is a unit, a `variable`, a `code` and its
`people`; in one of *cells* a row is a unit, a code in each of several columns of the codebook, and
`people`. A table with neither counts the people of units (`population`). Codes are those of the
codebook, or their meaning; of a number they are whole bands: `<35`, `35-44`, `45+`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from blijfwijzer.errors import MarginError, MissingColumnsError
from blijfwijzer.groups.paths import EVERYONE, path_ids
from blijfwijzer.groups.population import (
    first_of,
    name_as_survey,
    read_people,
    read_units,
    rows_where,
)
from blijfwijzer.survey.answers import read_answers
from blijfwijzer.survey.cells import code_text
from blijfwijzer.survey.codebook import Codebook, Column
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.table import tell_names

Kind = Literal["counts", "margins", "cells"]
_BAND = re.compile(r"<(?P<under>\d+)|(?P<low>\d+)-(?P<high>\d+)|(?P<from>\d+)\+|(?P<one>\d+)")
_OWN = frozenset({"unit", "level", "people", "cell"})
"""Columns that a table of cells is given here, which none of the survey may be called."""


@dataclass(frozen=True)
class Margin:
    """How many people of each unit have each code of one variable."""

    variable: str
    level: str
    """Smallest unit level that its units are of; "" where they are everyone."""
    people: pd.DataFrame
    """One row per unit, by id, one column per code; zero where there are none."""


@dataclass(frozen=True)
class Register:
    """What a register tells, with codes as the codebook has them and units as the survey does."""

    margins: tuple[Margin, ...]
    """One per variable; of cells each of their columns."""
    cells: pd.DataFrame | None
    """One row per unit and combination of codes: unit (id), one column per variable, people; None
    where the table is of margins."""
    levels: tuple[str, ...]
    """Unit levels of the table, from the largest down."""

    def units_of(self, responses: Responses, level: str | None = None) -> pd.Series:
        """Give the id of the unit that each response is in, as the register names it.

        Parameters
        ----------
        level : "" for everyone; the smallest when left out
        """
        path = list(self.levels)
        if level is not None:
            path = path[: path.index(level) + 1] if level else []
        return path_ids(responses, path)


def kind_of(frame: pd.DataFrame, codebook: Codebook) -> Kind:
    """Tell by its header what a table of people counts."""
    if {"variable", "code"} <= set(frame.columns):
        return "margins"
    return "cells" if _variables(frame, codebook) else "counts"


def read_register(
    frame: pd.DataFrame, codebook: Codebook, responses: Responses, file: str
) -> Register:
    """Read margins or cells of a register, and hold them against the codebook.

    Parameters
    ----------
    frame : as a file has it, of either kind
    responses : one row per response; units are named as here

    Raises
    ------
    MissingColumnsError
        There is no column `people`, or the survey lacks a column that is told of.
    MarginError
        A variable or code is unknown, people are no whole number, rows are given twice, a variable
        is told of at two levels, or two variables of a unit have other totals.
    """
    levels = [level for level in codebook.units.levels if level in frame and level in responses]
    is_long = kind_of(frame, codebook) == "margins"
    if "people" not in frame:
        raise MissingColumnsError(
            f"{file}: needs a column `people`. {tell_names(map(str, frame.columns))}"
        )
    names = _names(frame) if is_long else _variables(frame, codebook)
    _refuse_variables(names, codebook, responses, file)
    taken = [] if is_long else sorted(_OWN & set(names))
    if taken:
        raise MarginError(
            f"{file}: {len(taken)} variables are called as columns that every register has: "
            f"{', '.join(taken)}. Tell of them in a table of margins (variable, code, people)."
        )
    told = frame.reset_index(drop=True).assign(
        people=read_people(frame["people"], file, MarginError)
    )
    told[levels] = name_as_survey(read_units(told, levels), responses)
    told["unit"], told["level"] = _units(told, levels, file)
    if is_long:
        return Register(_of_margins(told, names, codebook, file), None, tuple(levels))
    for name in names:
        told[name] = _codes(told[name], codebook.columns[name], file)
    _refuse_double(told, ["unit", *names], file)
    cells = told[["unit", "level", *names, "people"]]
    long = pd.concat(
        [cells[["unit", "level", "people"]].assign(variable=n, code=cells[n]) for n in names]
    )
    summed = long.groupby(["unit", "level", "variable", "code"], as_index=False)["people"].sum()
    margins = tuple(
        _known(summed[summed["variable"] == n], codebook.columns[n], file) for n in names
    )
    return Register(margins, cells.drop(columns="level"), tuple(levels))


def code_answers(answers: pd.Series, column: Column, codes: Iterable[str]) -> pd.Series:
    """Give the code of a register that each response has in a column; missing where none fits.

    Parameters
    ----------
    answers : as intake read them
    codes : those that the register has; bands of a number
    """
    if column.type != "number":
        if pd.api.types.is_float_dtype(answers):
            by_value = {value: code for code, value in column.values.items()}
            return answers.map(by_value).astype("object")
        return answers.astype("object")
    numbers, found = answers.to_numpy(dtype=float), np.full(len(answers), None, dtype=object)
    for code in codes:
        low, high = _band(code) or (np.nan, np.nan)
        found[(numbers >= low) & (numbers < high)] = code
    return pd.Series(found, answers.index)


def _variables(frame: pd.DataFrame, codebook: Codebook) -> list[str]:
    """Name the columns of a table that ask something of people."""
    asked = (c for c in codebook.columns.values() if c.role not in ("unit", "weight", "id"))
    return [column.name for column in asked if column.name in frame and column.name != "people"]


def _names(frame: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(frame["variable"].astype("str")))


def _refuse_variables(
    names: Sequence[str], codebook: Codebook, responses: Responses, file: str
) -> None:
    known = {c.name for c in codebook.columns.values() if c.role not in ("unit", "weight", "id")}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise MarginError(
            f"{file}: {len(unknown)} variables are no column of codebook {codebook.survey.name} "
            f"that asks something of people: {first_of(unknown)}. Name columns of the codebook."
        )
    absent = [name for name in names if name not in responses]
    if absent:
        raise MissingColumnsError(
            f"{file}: {len(absent)} variables are not in the survey: {', '.join(absent)}. Leave "
            "them out, or add them to the export."
        )


def _units(told: pd.DataFrame, levels: list[str], file: str) -> tuple[pd.Series, pd.Series]:
    """Give id and level of the unit of each row: the smallest that it names."""
    unit = pd.Series(EVERYONE, index=told.index)
    level = pd.Series("", index=told.index)
    for depth, name in enumerate(levels, start=1):
        is_named = told[name].notna()
        unit = unit.mask(is_named, path_ids(told, levels[:depth]))
        level = level.mask(is_named, name)
    loose = rows_where(unit.isna())
    if loose:
        raise MarginError(
            f"{file}: {len(loose)} rows name a unit and not the larger one it is in: rows "
            f"{first_of(loose)}. Fill in {', '.join(levels)} down to the smallest that is named."
        )
    return unit, level


def _codes(codes: pd.Series, column: Column, file: str) -> pd.Series:
    """Give codes as the codebook has them; bands of a number as they are written."""
    if column.type == "number":
        told = codes.map(code_text).str.replace("\u2013", "-", regex=False)
        bands = {code: _band(code) for code in told.unique()}
        unknown = rows_where(told.map(lambda code: bands[code] is None))
        ends = sorted(band for band in bands.values() if band is not None)
        if any(high > low for (_, high), (low, _) in zip(ends, ends[1:], strict=False)):
            raise MarginError(
                f"{file}: bands of {column.name} overlap. Write bands of whole numbers that do not "
                "share one: <35, 35-44, 45+."
            )
    else:
        values = read_answers(codes, column, []).values.set_axis(codes.index)
        unknown = rows_where(values.isna())
        told = code_answers(values, column, ())
    if unknown:
        raise MarginError(
            f"{file}: {len(unknown)} rows have a code that {column.name} does not have: rows "
            f"{first_of(unknown)}. Write the codes of the codebook, or of a number whole bands: "
            "<35, 35-44, 45+."
        )
    return told


def _band(code: str) -> tuple[float, float] | None:
    """Give the first number of a band and the first after it; None for what is no band.

    >>> _band("<35"), _band("35-44"), _band("45+"), _band("old")
    ((-inf, 35.0), (35.0, 45.0), (45.0, inf), None)
    """
    found = _BAND.fullmatch(code)
    if found is None:
        return None
    part = {name: float(text) for name, text in found.groupdict().items() if text is not None}
    if "under" in part:
        return -np.inf, part["under"]
    if "from" in part:
        return part["from"], np.inf
    low, high = part.get("low", part.get("one", 0.0)), part.get("high", part.get("one", 0.0))
    return (low, high + 1) if low <= high else None


def _of_margins(
    told: pd.DataFrame, names: list[str], codebook: Codebook, file: str
) -> tuple[Margin, ...]:
    made = list[Margin]()
    for name in names:
        own = told[told["variable"].astype("str") == name]
        own = own.assign(code=_codes(own["code"], codebook.columns[name], file))
        _refuse_double(own, ["unit", "code"], file)
        made.append(_known(own, codebook.columns[name], file))
    _refuse_totals(made, file)
    return tuple(made)


def _known(own: pd.DataFrame, column: Column, file: str) -> Margin:
    levels = own["level"].unique()
    if len(levels) > 1:
        raise MarginError(
            f"{file}: {column.name} is told of at {len(levels)} levels: "
            f"{', '.join(level or 'everyone' for level in levels)}. Tell of each variable at one."
        )
    people = own.pivot_table("people", "unit", "code", aggfunc="sum", fill_value=0.0)
    there = [str(code) for code in people if people[code].sum() > 0]
    order = {code: place for place, code in enumerate(column.codes)}
    there.sort(key=lambda code: order[code] if code in order else (_band(code) or (0.0,))[0])
    return Margin(column.name, str(levels[0]), people[there].astype(float))


def _refuse_double(told: pd.DataFrame, columns: list[str], file: str) -> None:
    double = rows_where(told.duplicated(columns))
    if double:
        raise MarginError(
            f"{file}: {len(double)} rows tell of a unit and code that an earlier row told of: rows "
            f"{first_of(double)}. Add them up."
        )


def _refuse_totals(margins: list[Margin], file: str) -> None:
    """Refuse two variables of which the codes of a unit add up to other numbers of people."""
    totals: dict[str, tuple[str, pd.Series]] = {}
    for own in margins:
        people = own.people.sum(axis=1)
        first, before = totals.setdefault(own.level, (own.variable, people))
        both = before.index.union(people.index)
        differ = [str(u) for u in both if before.get(u, np.nan) != people.get(u, np.nan)]
        if differ:
            raise MarginError(
                f"{file}: of {len(differ)} units the people of {first} and of {own.variable} do "
                f"not add up to the same: {first_of(differ)}. Take both from one day."
            )
