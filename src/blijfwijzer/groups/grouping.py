"""Responses to groups of people who work together; small ones roll up to their parent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import unquote

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from blijfwijzer.errors import GroupError, MissingColumnsError
from blijfwijzer.groups.paths import EVERYONE as EVERYONE
from blijfwijzer.groups.paths import escape_all, path_ids
from blijfwijzer.groups.population import refuse_unknown_units
from blijfwijzer.groups.register_means import RegisterCells
from blijfwijzer.groups.simple_rule import COLUMN, SIMPLE_RULE, part_by_rule
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, Column
from blijfwijzer.survey.held import Responses, pick
from blijfwijzer.survey.texts import Message, Value, as_seen

COLUMNS = ["level", "label", "parent", "sector", "kind", "n", "people", "response"]
RollUpReason = Literal["parent", "unknown", "respondents", "people", "response"]
"""Why a group rolls up: the unit above did, its people are not known while those of others are, or
it has too few respondents, too few people, or too low a response."""
_ROLLED_UP = ["level", "unit", "reason", "groups", "n"]


@dataclass(frozen=True)
class Grouping:
    """Groups that are large enough to estimate, and what rolled up."""

    groups: pd.DataFrame
    """One row per group, by id: level, label (what is to be said), parent, sector, kind (all, unit,
    cross), n respondents, people and share who responded (NaN where not known)."""
    members: csr_array
    """One row per group, one column per response; 1 where the respondent is in the group."""
    rolled_up: pd.DataFrame
    """One row per level and reason: the unit level ("" where everyone was crossed), how many groups
    rolled up, and their respondents."""
    too_small: csr_array
    """As `members`, of the groups that rolled up: what an audit must keep hidden."""
    cells: RegisterCells | None = None
    """How the people of groups are parted over the cells of a register, if one tells it."""
    answered_by_all: csr_array | None = None
    """As `members`, of units and codes of which by a register everybody responded: whoever knows
    it knows how many these are."""

    def without_register(self) -> "Grouping":
        """Give the same groups where nothing is known of who did not respond."""
        return replace(self, cells=None, answered_by_all=None)


def make_groups(
    responses: Responses,
    codebook: Codebook,
    by: Sequence[str],
    settings: Settings,
    cross: Sequence[str] = (),
    population: pd.DataFrame | None = None,
) -> Grouping:
    """Group responses by unit levels, and the larger of these by background variables.

    A unit is a group when it has `disclosure.minimum` respondents (and `minimum_responses`) and
    when the unit above it is a group too; and, where a population is given, when it is in it with
    `minimum_people` people and a response of `minimum_response`. Else its people count with the
    unit above.
    A unit crossed with a background variable needs `minimum_cross` respondents; else its people
    count with those of the unit above who gave the same answer.

    Parameters
    ----------
    responses : one row per response
    by : unit levels of the codebook, in any order
    cross : career variables of the codebook, or `SIMPLE_RULE`
    population : one row per smallest unit: the unit levels and `people`; None when not known

    Raises
    ------
    GroupError
        There is no such level or variable, it is an audit attribute, or no group is large enough.
    MissingColumnsError
        The survey does not hold a level or variable.
    """
    own, minimum = settings.groups, settings.disclosure.minimum
    levels = asked_levels(codebook, by, responses)
    if population is not None:
        refuse_unknown_units(population, responses, levels, "population")
    variables = [cross_variable(name, codebook, responses) for name in dict.fromkeys(cross)]
    made = _Made([_everyone(responses, population)], [np.ones((1, len(responses)), dtype=np.int8)])
    least = max(own.minimum_responses, minimum)
    for depth in range(1, len(levels) + 1):
        path = levels[:depth]
        table, members = _unit_groups(responses, population, path, codebook)
        reasons: dict[RollUpReason, pd.Series] = {
            "parent": ~table["parent"].isin(made.ids()),
            "respondents": table["n"] < least,
            # Where responses are held against people, a unit of which these are not known fails.
            "unknown": table["people"].isna() & (population is not None),
            "people": table["people"] < own.minimum_people,
            "response": table["response"] < own.minimum_response,
        }
        made.add(table, members, path[-1], reasons)
    least_crossed = max(own.minimum_cross, minimum)
    for variable in variables:
        answers = code_answers(_given(variable, responses, codebook), variable)
        if variable is COLUMN and _is_rare(responses[levels[0]], answers, least_crossed):
            continue
        for path in _cross_paths(levels, by)[: 2 if variable is COLUMN else None]:
            table, members = _cross_groups(responses, answers, variable, path, codebook)
            reasons = {
                "parent": ~table["unit"].isin(made.ids()),
                "respondents": table["n"] < least_crossed,
            }
            made.add(table, members, path[-1] if path else "", reasons)
    groups = pd.concat(made.tables)[COLUMNS]
    if len(groups) == 1:
        raise GroupError(
            f"{', '.join(by)}: of {len(responses)} responses no group is large enough to say "
            f"anything of; {least} respondents are needed, and the people and response that the "
            "settings ask. Choose a larger unit level."
        )
    return Grouping(
        groups, _stack(made.members, responses), made.told(), _stack(made.small, responses)
    )


def everyone_alone(responses: Responses) -> Grouping:
    """Group all responses as one, where no unit is large enough to tell of."""
    everyone = csr_array(np.ones((1, len(responses)), dtype=np.int8))
    nobody = csr_array((0, len(responses)), dtype=np.int8)
    groups = _everyone(responses, None)[COLUMNS]
    return Grouping(groups, everyone, pd.DataFrame(columns=_ROLLED_UP), nobody)


def part_people(units: pd.DataFrame) -> pd.DataFrame:
    """Part everyone over units, so that each person counts once.

    A unit stands for those of its people who are in no unit below it.

    Parameters
    ----------
    units : some rows of `Grouping.groups` with kind unit or all, or crossed with one variable;
        everyone among them

    Returns
    -------
    One row per unit that has people of its own: `own_n`, `own_people`.
    """
    parents = units["parent"].where(units["parent"].isin(units.index), EVERYONE)
    below = units.assign(parent=parents)[units.index != EVERYONE]
    sums = below.groupby("parent")[["n", "people"]].sum().reindex(units.index, fill_value=0)
    own = units[["n", "people"]] - sums
    # Lists of people can contradict each other: whoever responded works there.
    own["people"] = own["people"].clip(lower=own["n"])
    return own[own["n"] > 0].rename(columns={"n": "own_n", "people": "own_people"})


def member_finder(
    responses: Responses, codebook: Codebook
) -> Callable[[dict[str, str]], NDArray[np.bool_] | None]:
    """Give a function that finds who fits a definition; None when a column of it is not there."""
    places: dict[str, dict[str, NDArray[np.intp]]] = {}

    def find(definition: dict[str, str]) -> NDArray[np.bool_] | None:
        inside = np.ones(len(responses), dtype=bool)
        for name, code in definition.items():
            if name not in places:
                found = _find_column(name, responses, codebook)
                if found is None:
                    return None
                places[name] = _places_of(*found)
            fits = np.zeros(len(responses), dtype=bool)
            fits[places[name].get(code, [])] = True
            inside &= fits
        return inside

    return find


def _given(variable: Column, responses: Responses, codebook: Codebook) -> pd.Series:
    """Give what each response has in a variable that groups are crossed with.

    Raises
    ------
    MissingColumnsError
        The survey lacks what the simple rule asks.
    """
    found = _find_column(variable.name, responses, codebook)
    if found is None:
        raise MissingColumnsError(
            f"{variable.name}: the survey does not hold what it asks. Leave it out."
        )
    return found[0]


def _find_column(
    name: str, responses: Responses, codebook: Codebook
) -> tuple[pd.Series, Column] | None:
    """Give what each response has in a column of definitions; None when it is not there."""
    if name == SIMPLE_RULE:
        given = part_by_rule(responses, codebook)
        return None if given is None else (given, COLUMN)
    if name not in responses or name not in codebook.columns:
        return None
    return responses[name], codebook.columns[name]


def _places_of(given: pd.Series, column: Column) -> dict[str, NDArray[np.intp]]:
    """Rows of each code, as definitions have it."""
    codes = given.astype("str").mask(given.isna())
    if column.role != "unit":
        codes = code_answers(given, column).map(unquote, na_action="ignore")
    code, names = pd.factorize(codes)
    order = np.argsort(code, kind="stable")
    starts = np.searchsorted(code[order], np.arange(len(names) + 1))
    return {str(n): order[starts[i] : starts[i + 1]] for i, n in enumerate(names)}


@dataclass
class _Made:
    """Groups so far; grows level by level."""

    tables: list[pd.DataFrame]
    members: list[Any]
    rolled: list[dict[str, Any]] = field(default_factory=list)
    small: list[Any] = field(default_factory=list)

    def ids(self) -> pd.Index:
        return pd.concat(self.tables).index

    def add(
        self,
        table: pd.DataFrame,
        members: csr_array,
        unit: str,
        reasons: dict[RollUpReason, pd.Series],
    ) -> None:
        """Keep groups with no reason to roll up; count each other one under its first reason."""
        kept = np.ones(len(table), dtype=bool)
        for reason, where in reasons.items():
            now = kept & where.to_numpy()
            if now.any():
                counted = {"groups": int(now.sum()), "n": int(table["n"].to_numpy()[now].sum())}
                level = table["level"].iloc[0]
                self.rolled.append({"level": level, "unit": unit, "reason": reason, **counted})
            kept &= ~now
        self.tables.append(table[kept])
        self.members.append(members[np.flatnonzero(kept)])
        self.small.append(members[np.flatnonzero(~kept)])

    def told(self) -> pd.DataFrame:
        return pd.DataFrame(self.rolled, columns=_ROLLED_UP)


def _stack(members: list[Any], responses: Responses) -> csr_array:
    none = csr_array((0, len(responses)), dtype=np.int8)
    return csr_array(vstack([none, *(csr_array(m) for m in members)], format="csr"))


def asked_levels(codebook: Codebook, by: Sequence[str], responses: Responses) -> list[str]:
    """Give the unit levels that groups are made of, from the largest down to the smallest asked.

    Raises
    ------
    GroupError, MissingColumnsError
    """
    known = codebook.units.levels
    unknown = [name for name in by if name not in known]
    if unknown or not by:
        raise GroupError(
            f"{', '.join(unknown) or 'no level'}: not among the unit levels of codebook "
            f"{codebook.survey.name}. Choose from {', '.join(known)}."
        )
    levels = [level for place, level in enumerate(known) if place == 0 or level in by]
    absent = [level for level in levels if level not in responses]
    if absent:
        raise MissingColumnsError(
            f"{len(absent)} unit levels are not in the survey: {', '.join(absent)}. Group by "
            "others, or add them to the export."
        )
    return levels


def cross_variable(name: str, codebook: Codebook, responses: Responses) -> Column:
    """Give a variable that units may be crossed with.

    Raises
    ------
    GroupError
        It is no career variable of the codebook with codes or bands.
    MissingColumnsError
        The survey does not hold it.
    """
    if name == SIMPLE_RULE:
        return COLUMN
    column, career = codebook.columns.get(name), codebook.with_role("career")
    usable = ", ".join(c.name for c in career if c.codes or c.bands)
    if column is not None and column.role == "audit":
        raise GroupError(
            f"{name}: is an audit attribute; it serves to check whom the groups miss, never to "
            f"make them. Choose from {usable}."
        )
    if column not in career or column is None:
        raise GroupError(f"{name}: no career variable of the codebook. Choose from {usable}.")
    if not column.codes and not column.bands:
        raise GroupError(
            f"{name}: a number without `bands` in the codebook would make too many groups. Add "
            f"bands, or choose from {usable}."
        )
    if name not in responses:
        raise MissingColumnsError(f"{name}: not in the survey. Cross by another, or add it.")
    return column


def _everyone(responses: Responses, population: pd.DataFrame | None) -> pd.DataFrame:
    people = np.nan if population is None else max(population["people"].sum(), len(responses))
    row = {
        "level": EVERYONE,
        "label": Message("group.all"),
        "parent": "",
        "sector": EVERYONE,
        "kind": "all",
        "n": len(responses),
        "people": float(people),
        "response": len(responses) / people,
    }
    return pd.DataFrame([row], index=pd.Index([EVERYONE], name="group"))


def _unit_groups(
    responses: Responses,
    population: pd.DataFrame | None,
    path: list[str],
    codebook: Codebook,
) -> tuple[pd.DataFrame, csr_array]:
    names, members = _indicate(path_ids(responses, path))
    places = pick(responses, members.indices[members.indptr[:-1]])
    n = np.diff(members.indptr).astype(int)
    people = np.full(len(names), np.nan)
    if population is not None:
        known = population["people"].groupby(path_ids(population, path)).sum().reindex(names)
        # A list of people can be older than the survey: nobody is more than everybody.
        people = np.fmax(known.to_numpy(dtype=float), np.where(known.isna(), np.nan, n))
    table = pd.DataFrame(
        {
            "level": path[-1],
            "label": _labels(places[path[-1]], codebook.columns[path[-1]]),
            "parent": path_ids(places, path[:-1]).to_numpy(),
            "sector": path_ids(places, path[:1]).to_numpy(),
            "kind": "unit",
            "n": n,
            "people": people,
            "response": n / people,
        },
        index=pd.Index(names, name="group"),
    )
    return table, members


def _cross_groups(
    responses: Responses,
    answers: pd.Series,
    variable: Column,
    path: list[str],
    codebook: Codebook,
) -> tuple[pd.DataFrame, csr_array]:
    crossed = "&" + variable.name + "="
    unit = path_ids(responses, path)
    names, members = _indicate((unit + crossed + answers).mask(unit.isna() | answers.isna()))
    first = members.indices[members.indptr[:-1]]
    places, said = pick(responses, first), answers.iloc[first].reset_index(drop=True)
    label = _labels(said, variable)
    if path:
        where = _labels(places[path[-1]], codebook.columns[path[-1]])
        label = list(zip(where, label, strict=True))
    above = path_ids(places, path[:-1])
    table = pd.DataFrame(
        {
            "unit": unit.iloc[first].to_numpy(),
            "level": "&".join([*path[-1:], variable.name]),
            "label": label,
            "parent": (above + crossed + said).to_numpy() if path else EVERYONE,
            "sector": path_ids(places, path[:1]).to_numpy(),
            "kind": "cross",
            "n": np.diff(members.indptr).astype(int),
            "people": np.nan,
            "response": np.nan,
        },
        index=pd.Index(names, name="group"),
    )
    return table, members


def _is_rare(unit: pd.Series, answers: pd.Series, least: int) -> bool:
    """Whether in most units some answer is of too few people to be a group.

    Nobody asked for the simple rule: where it would hide more than it shows it costs this output
    and those after it their units, and is left out.
    """
    parts = pd.crosstab(unit, answers)
    return bool((parts < least).any(axis=1).mean() > 0.5)


def _cross_paths(levels: list[str], by: Sequence[str]) -> list[list[str]]:
    """Where a variable is crossed: everyone, the largest level, and the first that was asked.

    Never the smaller units: a background variable within a team names people (InternetSpiegel). The
    simple rule stops at the largest level: few fit it in one organisation, and groups that are
    too small to show would cost others their place.
    """
    asked = next(place for place, level in enumerate(levels) if level in by)
    paths: list[list[str]] = [[], levels[:1], levels[: asked + 1]]
    return [path for place, path in enumerate(paths) if path not in paths[:place]]


def _indicate(ids: pd.Series) -> tuple[list[str], csr_array]:
    code, names = pd.factorize(ids, sort=True)
    columns = np.flatnonzero(code >= 0)
    ones = np.ones(len(columns), dtype=np.int8)
    members = csr_array((ones, (code[columns], columns)), shape=(len(names), len(ids)))
    members.sort_indices()
    return [str(name) for name in names], members


def code_answers(answers: pd.Series, variable: Column) -> pd.Series:
    """Give answers as the codes, or the bands of a number, that groups are called by.

    >>> from blijfwijzer.survey.codebook import Column
    >>> age = Column(name="age", label={"nl": "l", "en": "a"}, role="career", bands=(35, 45))
    >>> code_answers(pd.Series([30.0, 35.0]), age).tolist()
    ['[-inf, 35.0)', '[35.0, 45.0)']
    """
    if variable.bands:
        edges = [-np.inf, *variable.bands, np.inf]
        cells = pd.cut(answers, edges, right=False).astype("str")
    elif variable.codes and pd.api.types.is_float_dtype(answers):
        codes = {value: code for code, value in variable.values.items()}
        cells = answers.map(codes).astype("str")
    else:
        cells = answers.astype("str")
    return escape_all(cells).mask(answers.isna())


def _labels(codes: pd.Series, column: Column) -> list[Value]:
    plain = [str(code) if column.role == "unit" else unquote(str(code)) for code in codes]
    return [column.codes.get(code) or as_seen(code) for code in plain]
