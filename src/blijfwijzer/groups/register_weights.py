"""Weights by which responses have the margins of a register, and what these tell of response.

Who is missed by a survey differs from who answers it. As far as that shows in what a register
knows (age, tenure, contract), weights that restore its margins take it away (Särndal & Lundström
2005). It cannot mend what the register does not know: bounds for nonresponse stay beside each rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack

from blijfwijzer.errors import MarginError
from blijfwijzer.estimation.raking import Totals, rake_to
from blijfwijzer.groups.paths import GroupPath, path_ids
from blijfwijzer.groups.population import first_of
from blijfwijzer.groups.register import Margin, Register, code_answers
from blijfwijzer.settings import Settings
from blijfwijzer.survey.arrays import Array, Codes, Mask, effective_n
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses, pick
from blijfwijzer.survey.remarks import of_several
from blijfwijzer.survey.replicates import replicate_names
from blijfwijzer.survey.texts import Message, Value, say

_MIDDLE = (0.05, 0.95)
_LEAST_WEIGHT = 1e-9
"""Of a unit's forms together, where one form has 1: below that they stand for nobody."""
_MISSED = 0.01
"""Share of a total from which it is told that bounds kept weights from it."""


@dataclass(frozen=True)
class RegisterWeights:
    """Weights by which responses have the margins of a register."""

    weight: Array
    """One per response, with mean 1."""
    before: Array
    """As the survey has them, with mean 1."""
    response: pd.DataFrame
    """One row per variable and code: variable, code, people and n (forms), over all units in which
    anybody responded."""
    inside: csr_array
    """Its rows by its responses: 1 where the respondent has that code."""
    answered_by_all: csr_array
    """One row per unit and code of which everybody responded, one column per response: who they
    are is known to whoever knows the register."""
    indicator: float
    """R-indicator, in [0, 1]; 1 where response differs by none of the variables."""
    own: float
    """Share of people who got the margins of their own unit, over variables; others got them
    together with people of the unit above."""
    gap: float
    """Largest difference between a total and its weights, as a share of that total."""
    without_forms: tuple[str, ...]
    """Units of the register in which nobody responded; their people are stood for by nobody."""

    def reweigh(self, responses: Responses, codebook: Codebook) -> dict[str, pd.Series]:
        """Give responses these weights; replicates keep their share of difference from them.

        Returns
        -------
        The weight and each replicate weight, by name.
        """
        names = ["weight", *replicate_names(responses, codebook)]
        factor = self.weight / self.before
        return {name: responses[name] * factor for name in names}

    @property
    def remarks(self) -> tuple[Message, ...]:
        """What asks for a look."""
        away = list[Value](self.without_forms)
        missed = say("remark.margins_missed", gap=100 * self.gap)
        return (
            *of_several("remark.units_without_forms", told=away),
            *([missed] if self.gap > _MISSED else []),
        )

    @property
    def design_effect(self) -> float:
        """By how much weights enlarge a variance (Kish 1965, section 11.7)."""
        return len(self.weight) / effective_n(self.weight)

    @property
    def middle(self) -> tuple[float, float]:
        """Between which weights nine in ten lie."""
        low, high = np.quantile(self.weight, _MIDDLE)
        return float(low), float(high)


@dataclass(frozen=True)
class _Coded:
    """One variable of a register beside the responses."""

    variable: str
    codes: list[str]
    units: list[str]
    unit: Codes
    """Per response, -1 where it is not known."""
    code: Codes
    """Per response, -1 where it gave no answer."""
    people: Array
    """One row per unit, one column per code."""
    above: list[Codes]
    """Per larger level, and last everyone, the unit that each unit is part of."""

    @property
    def cell(self) -> Codes:
        """Per response, its unit and code in one number; -1 where either is not known."""
        both = self.unit * len(self.codes) + self.code
        return np.asarray(np.where((self.unit >= 0) & (self.code >= 0), both, -1))

    def add_up(self, weight: Array) -> Array:
        """Add up weights per unit and code."""
        cell = self.cell
        sums = np.bincount(cell[cell >= 0], weight[cell >= 0], self.people.size)
        return np.asarray(sums.reshape(self.people.shape), dtype=float)


def weigh_by_register(
    responses: Responses, register: Register, codebook: Codebook, settings: Settings, file: str
) -> RegisterWeights:
    """Weigh responses so that they have the margins of a register, unit by unit.

    Each unit gets its people as the sum of its weights, and within it the weights move as little as
    they can for the codes of each variable to have theirs (`rake_to`), by a factor that is bounded.
    A unit in which a code that people have was given by too few, or would need more than the bound,
    gets the margins of that variable together with others like it in the unit above, at last with
    everyone; codes that are too few there count as one. Who did not answer a variable is taken to
    be as the others of the unit.

    Raises
    ------
    MarginError
        A unit of the survey is not in the register, a code that was answered is not, more forms
        were filled in than there are people, or nobody stands for a unit or a variable.
    """
    coded = [_code(responses, own, register, codebook, file) for own in register.margins]
    before = responses["weight"].to_numpy(dtype=float)
    finest = max(coded, key=lambda own: len(own.people))
    units = finest.people.sum(axis=1)
    known = finest.unit >= 0
    sums = np.bincount(finest.unit[known], before[known], len(units)).astype(float)
    _refuse_nobody(coded, finest, sums, file)
    each = np.where(known, (units / sums)[finest.unit], units.sum() / before[known].sum())
    start = before * each
    rules = _Rules(least_in_cell(settings), settings.margins.largest_factor)
    settled = [_settle(own, start, rules) for own in coded]
    totals = [one for one, _ in settled] + [Totals(finest.unit, units)]
    bounds = 1 / rules.factor, rules.factor
    raked = rake_to(start, totals, bounds)
    inside = np.vstack([own.code == place for own in coded for place in range(len(own.codes))])
    return RegisterWeights(
        raked.weight / raked.weight.mean(),
        before,
        _tell_response(coded, inside),
        csr_array(inside.astype(np.int8)),
        _answered_by_all(coded),
        _indicate(coded, rules.least),
        float(np.mean([share for _, share in settled])),
        raked.gap,
        _without_forms(finest, register),
    )


def least_in_cell(settings: Settings) -> int:
    """Give the respondents with a code that a unit must have to be given its own margins."""
    return max(settings.margins.minimum_cell, settings.disclosure.minimum)


@dataclass(frozen=True)
class _CodeCounts:
    """What there is of each code: one row per unit or region, one column per code."""

    forms: Array
    people: Array
    weight: Array

    def among(self, rows: Codes, region: Codes) -> "_CodeCounts":
        """Add up some of the rows by the region that each is in."""
        return _CodeCounts(
            *(_by(region, counts[rows]) for counts in (self.forms, self.people, self.weight))
        )

    def join(self, code: Codes) -> "_CodeCounts":
        """Add up codes that count as one."""
        return _CodeCounts(
            *(_by(code, counts.T).T for counts in (self.forms, self.people, self.weight))
        )

    def totals(self, row: int, codes: Codes) -> Array:
        """Part the weight of those who answered as the register parts people."""
        people = self.people[row, codes]
        return np.asarray(self.weight[row].sum() * people / people.sum())


@dataclass(frozen=True)
class _Rules:
    """When people can be given margins of their own."""

    least: int
    factor: float

    def fit(self, counts: _CodeCounts) -> Mask:
        """Say of each row whether it can get its own margins."""
        share, now = (
            part / np.maximum(part.sum(axis=1, keepdims=True), 1e-300)
            for part in (counts.people, counts.weight)
        )
        need = np.divide(share, now, out=np.full_like(share, np.inf), where=now > 0)
        fine = (counts.forms >= self.least) & (need >= 1 / self.factor) & (need <= self.factor)
        return np.asarray((fine | (share == 0)).all(axis=1) & (share.sum(axis=1) > 0))


def _code(
    responses: Responses, own: Margin, register: Register, codebook: Codebook, file: str
) -> _Coded:
    """Put one variable of a register beside the responses."""
    unit, names = pd.factorize(register.units_of(responses, own.level), sort=True)
    absent = names.difference(own.people.index)
    if len(absent):
        raise MarginError(
            f"{file}: of {len(absent)} units of the survey {own.variable} is not told: "
            f"{first_of(list(absent))}. Add them, written as in the survey."
        )
    codes = [str(code) for code in own.people.columns]
    answers, column = responses[own.variable], codebook.columns[own.variable]
    given = code_answers(answers, column, codes)
    code = pd.Index(codes).get_indexer(pd.Index(given))
    strange = answers.notna().to_numpy() & (code < 0)
    if strange.any():
        where = "bands" if column.type == "number" else "codes"
        raise MarginError(
            f"{file}: {where} of {own.variable} are missing: answers of the survey are in none of "
            f"its {len(codes)}. Add a row for each, also where few people have it."
        )
    above = [
        level
        for level in codebook.units.levels
        if level in responses and own.level and _is_above(level, own.level, codebook)
    ]
    first = pd.Series(unit).drop_duplicates().loc[lambda places: places >= 0]
    of_unit = pick(responses, first.sort_values().index.to_numpy())
    chain = [pd.factorize(path_ids(of_unit, above[:k]))[0] for k in range(len(above), 0, -1)]
    everyone = np.zeros(len(names), dtype=np.intp)
    people = own.people.loc[names].to_numpy(dtype=float)
    found = _Coded(own.variable, codes, list(names), unit, code, people, [*chain, everyone])
    _refuse_more_forms(found, file)
    return found


def _is_above(level: str, other: str, codebook: Codebook) -> bool:
    return codebook.units.levels.index(level) < codebook.units.levels.index(other)


def _refuse_more_forms(own: _Coded, file: str) -> None:
    """Refuse a register in which a code has fewer people than forms; no code is named."""
    forms = own.add_up(np.ones(len(own.unit)))
    wrong = np.flatnonzero((forms > own.people).any(axis=1))
    if len(wrong):
        raise MarginError(
            f"{file}: in {len(wrong)} units a code of {own.variable} has fewer people than forms: "
            f"{first_of([own.units[place] for place in wrong])}. Take the register of the day of "
            "the survey, or leave this variable out."
        )


def _settle(own: _Coded, weight: Array, rules: _Rules) -> tuple[Totals, float]:
    """Find together with which units each unit gets the margins of a variable.

    Returns
    -------
    The totals, and the share of people whose own unit gets them by itself.
    """
    counts = _CodeCounts(own.add_up(np.ones(len(weight))), own.people, own.add_up(weight))
    part, totals = np.full(own.people.shape, -1, dtype=np.intp), list[Array]()
    region, left = np.zeros(len(own.people), dtype=np.intp), np.arange(len(own.people))
    alone = 0.0
    for depth, of in enumerate((left, *own.above)):
        of_left = np.unique(of[left], return_inverse=True)[1]
        sums = counts.among(left, of_left)
        fits = rules.fit(sums)
        for place in map(int, np.flatnonzero(fits)):
            has, mine = np.flatnonzero(sums.people[place] > 0), left[of_left == place]
            part[np.ix_(mine, has)] = sum(map(len, totals)) + np.arange(len(has))
            region[mine] = len(totals)
            totals.append(sums.totals(place, has))
        left = left[~fits[of_left]]
        alone = alone if depth else 1 - float(own.people[left].sum() / own.people.sum())
    if len(left):
        merged, sums = _join_codes(counts.among(left, np.zeros_like(left)), rules)
        part[left], region[left] = sum(map(len, totals)) + merged, len(totals)
        totals.append(sums.totals(0, np.arange(sums.people.shape[1])))
    found = np.where(own.cell >= 0, part.ravel()[own.cell], -1)
    # Who gave no answer keeps the weight there was, as a code of its own.
    none = (own.unit >= 0) & (own.code < 0)
    of_none = np.unique(region[own.unit[none]], return_inverse=True)[1]
    found[none] = sum(map(len, totals)) + of_none
    totals.append(_by(of_none, weight[none]))
    return Totals(found, np.concatenate(totals)), alone


def _by(region: Codes, counts: Array) -> Array:
    sums = np.zeros((region.max(initial=-1) + 1, *counts.shape[1:]))
    np.add.at(sums, region, counts)
    return sums


def _join_codes(counts: _CodeCounts, rules: _Rules) -> tuple[Codes, _CodeCounts]:
    """Join the code of the fewest forms with that of the next fewest until all can be met."""
    merged = np.arange(counts.people.shape[1], dtype=np.intp)
    while True:
        joined = counts.join(merged)
        if joined.people.shape[1] == 1 or rules.fit(joined)[0]:
            return merged, joined
        fewest = np.argsort(joined.forms[0], kind="stable")[:2]
        merged = np.where(merged == fewest[0], fewest[1], merged)
        merged = np.unique(merged, return_inverse=True)[1].astype(np.intp)


def _refuse_nobody(coded: Sequence[_Coded], finest: _Coded, sums: Array, file: str) -> None:
    """Refuse what no weights can mend: a unit or a variable for which nobody stands.

    Parameters
    ----------
    sums : weights of the forms of each unit, of mean 1
    """
    silent = [own.variable for own in coded if not (own.cell >= 0).any()]
    if silent:
        raise MarginError(
            f"{file}: of {len(silent)} variables nobody whose unit is known gave an answer: "
            f"{first_of(silent)}. Leave them out."
        )
    light = [finest.units[place] for place in np.flatnonzero(sums < _LEAST_WEIGHT)]
    if light:
        raise MarginError(
            f"{file}: in {len(light)} units all forms have a weight of nothing: {first_of(light)}. "
            "Correct the weights in the export, or leave these forms out."
        )


def _indicate(coded: Sequence[_Coded], least: int) -> float:
    """Say how little response differs by what a register knows: R = 1 - 2 S(response).

    Response of each kind of people is one over the weight that gives respondents the margins of
    everyone together, S its standard deviation among people (Schouten, Cobben & Bethlehem 2009,
    Survey Methodology 35, p. 101; from margins alone: Bianchi e.a. 2019, Journal of Official
    Statistics 35, p. 217).

    Parameters
    ----------
    least : forms of a code below which it counts with others as one: of the response of few, which
        is told of no code, whoever knows the register would read it here
    """
    n, people = len(coded[0].unit), float(coded[0].people.sum())
    start = np.full(n, people / n)
    rules = _Rules(least, np.inf)
    together = [
        replace(own, unit=np.zeros(n, dtype=np.intp), people=own.people.sum(axis=0)[None], above=[])
        for own in coded
    ]
    totals = [_settle(own, start, rules)[0] for own in together]
    weight = rake_to(start, totals).weight
    spread = (1 / weight).sum() / people - (n / people) ** 2
    return float(np.clip(1 - 2 * np.sqrt(max(spread, 0.0)), 0, 1))


def _without_forms(finest: _Coded, register: Register) -> tuple[str, ...]:
    known = next(own for own in register.margins if own.variable == finest.variable)
    away = known.people.index.difference(pd.Index(finest.units))
    return tuple(GroupPath.parse(unit).code(known.level) for unit in away)


def _tell_response(coded: Sequence[_Coded], inside: Mask) -> pd.DataFrame:
    rows = [
        {"variable": own.variable, "code": code, "people": people}
        for own in coded
        for code, people in zip(own.codes, own.people.sum(axis=0), strict=True)
    ]
    return pd.DataFrame(rows).assign(n=inside.sum(axis=1))


def _answered_by_all(coded: Sequence[_Coded]) -> csr_array:
    """Find the units and codes of which everybody responded."""
    rows = [csr_array((0, len(coded[0].unit)), dtype=np.int8)]
    for own in coded:
        forms = own.add_up(np.ones(len(own.unit)))
        whole = np.flatnonzero(((forms == own.people) & (forms > 0)).ravel())
        row = np.full(own.people.size, -1)
        row[whole] = np.arange(len(whole))
        of = np.where(own.cell >= 0, row[own.cell], -1)
        people = np.flatnonzero(of >= 0)
        ones, shape = np.ones(len(people), dtype=np.int8), (len(whole), len(of))
        rows.append(csr_array((ones, (of[people], people)), shape=shape))
    return csr_array(vstack(rows, format="csr"))
