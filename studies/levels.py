"""What rates of larger and smaller units promise beside each other, and those of who is left."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.stats import t

from blijfwijzer.estimation.design import Design, Varying
from blijfwijzer.groups.estimates import estimate_groups
from blijfwijzer.groups.grouping import Grouping
from blijfwijzer.groups.rates import (
    PooledRates,
    RateTerm,
    gather_rates,
    pool_rates,
    summarise_areas,
    weight_in,
)
from blijfwijzer.groups.remainders import find_remainders, pool_remainders
from blijfwijzer.progress import Tell
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.settings import RateSettings
from blijfwijzer.survey.arrays import Array, Codes, Mask
from studies.monte_carlo import NO_EFFECTS, tell_mean

_RUNS = 100
_SECTORS = 6
_RATE, _SECTOR, _DEPARTMENT = 0.25, 0.03, 0.05
"""Mean of true rates, and the standard deviations of sectors and of departments."""
_SETTINGS = RateSettings(draws=500)
_LEVELS = ("sector", "organisatie", "afdeling")


@dataclass(frozen=True)
class LevelWorld:
    """Sectors of organisations of departments, whose true rates differ."""

    organisations: int
    """Per sector."""
    departments: int
    """Per organisation."""
    people: int
    """Respondents per department, half to one and a half times as many."""
    between: float
    """Standard deviation of organisations of a sector."""
    is_weighted: bool = False
    parted: float = 0.0
    """By how much the first department of each organisation, which is shown, lies higher."""


@dataclass(frozen=True)
class _Survey:
    """What one survey of a world gave, and what is true."""

    grouping: Grouping
    predictions: Predictions
    department: Codes
    """Department of each respondent."""
    true: Array
    """Rate of each department."""
    sector: Array
    """Rate of each sector, whichever organisations are in it."""
    rows: dict[str, Codes] = field(default_factory=dict)
    """Places of the groups of each level."""

    def truth(self, members: csr_array) -> Array:
        """Give the true rate of groups of these people, each by weight."""
        weight = self.predictions.design.weight
        total = members @ weight
        sums = members @ (weight * self.true[self.department])
        return np.asarray(np.divide(sums, total, out=np.full(len(total), np.nan), where=total > 0))


def validate_levels(tell: Tell, runs: int = _RUNS) -> str:
    """Run the simulations and write them as a section in Markdown.

    Parameters
    ----------
    runs : surveys per row of a table
    """
    head = (
        f"## Levels and remainders\n\n{_SECTORS} sectors of organisations of departments, "
        f"{runs} surveys a row, rates pooled as `score` does; ± is one Monte Carlo standard "
        "error.\n"
    )
    parts = (text(tell, runs) for text in (_sector_text, _adding_text, _rest_text))
    return "\n".join([head, *parts])


def _draw(world: LevelWorld, seed: int) -> _Survey:
    rng = np.random.default_rng(seed)
    per_sector = world.organisations * world.departments
    count = _SECTORS * per_sector
    sector = _RATE + _SECTOR * rng.standard_normal(_SECTORS)
    unit = world.between * rng.standard_normal(_SECTORS * world.organisations)
    true = np.repeat(sector, per_sector) + np.repeat(unit, world.departments)
    true += _DEPARTMENT * rng.standard_normal(count)
    true[:: world.departments] += world.parted
    true = true.clip(0.02, 0.9)
    half = world.people // 2
    department = np.repeat(np.arange(count), rng.integers(half, 3 * half + 1, count))
    values = (rng.random(len(department)) < true[department]).astype(float)
    spread = 0.4 if world.is_weighted else 0.0
    weight = np.exp(spread * rng.standard_normal(len(department)))
    noise = rng.normal(0, 0.1, len(department))
    # The model knows persons a little, and half of what sets departments apart.
    known = _RATE + 0.5 * (true - true.mean())
    risk = np.clip(known[department] + 0.1 * (values - true[department]) + noise, 0.01, 0.99)
    design = Design.of_units(weight, pd.Series(department // world.departments))
    grouping, rows = _group(world, department)
    return _Survey(grouping, Predictions(values, risk, design), department, true, sector, rows)


def _group(world: LevelWorld, department: Codes) -> tuple[Grouping, dict[str, Codes]]:
    unit = department // world.departments
    codes = {"sector": unit // world.organisations, "organisatie": unit, "afdeling": department}
    members, names, parents, levels = [np.ones((1, len(department)))], ["all"], [""], [""]
    rows = dict[str, Codes]()
    above = [""]
    for level, code in codes.items():
        count = int(code.max()) + 1
        own = [f"{level}={place}" for place in range(count)]
        owner = np.zeros(count, dtype=int)
        if level != "sector":
            owner[code] = codes["sector" if level == "organisatie" else "organisatie"]
        rows[level] = len(names) + np.arange(count)
        parents += [above[place] for place in owner] if level != "sector" else ["all"] * count
        names, above, levels = names + own, own, levels + [level] * count
        members.append(code == np.arange(count)[:, None])
    matrix = np.vstack(members).astype(np.int8)
    groups = pd.DataFrame(
        {"parent": parents, "level": levels, "n": matrix.sum(axis=1), "people": np.nan},
        index=pd.Index(names),
    ).assign(kind=["all"] + ["unit"] * (len(names) - 1), sector="all")
    none = csr_array((0, len(department)), dtype=np.int8)
    return Grouping(groups, csr_array(matrix), pd.DataFrame(), none), rows


def _pool(survey: _Survey, seed: int, units: Varying = "fixed") -> tuple[PooledRates, pd.DataFrame]:
    about = survey.predictions, NO_EFFECTS, _SETTINGS, seed, units
    return estimate_groups(survey.grouping, *about)


def _held(table: pd.DataFrame, true: Array) -> Mask:
    return np.asarray((table["low"] <= true) & (true <= table["high"]))


def _sector_text(tell: Tell, runs: int) -> str:
    rows = []
    for count, between in ((8, 0.04), (8, 0.08), (25, 0.04), (25, 0.08)):
        tell(f"levels: sectors of {count} organisations")
        world = LevelWorld(count, 1, 40, between)
        told: dict[str, list[float]] = {"fixed": [], "drawn": []}
        held: dict[str, list[float]] = {"fixed": [], "drawn": [], "others": []}
        for run in range(runs):
            survey = _draw(world, run)
            place = survey.rows["sector"]
            these = survey.truth(survey.grouping.members)[place]
            design = _design_width(survey, place)
            for way in ("fixed", "drawn"):
                table = _pool(survey, run, way)[0].table.iloc[place]
                told[way].append(float((table["high"] - table["low"]).mean() / design))
                true = these if way == "fixed" else survey.sector
                held[way].append(float(_held(table, true).mean()))
                if way == "fixed":
                    held["others"].append(float(_held(table, survey.sector).mean()))
        width = {way: f"{np.mean(one):.2f}" for way, one in told.items()}
        rows.append(
            f"| {count} | {between:.2f} | {tell_mean(held['fixed'])} | "
            f"{tell_mean(held['others'])} | {width['fixed']} | {tell_mean(held['drawn'])} | "
            f"{width['drawn']} |"
        )
    return (
        "### Rates of sectors\n\nOf organisations of 40 respondents; their rates differ by so much "
        "within a sector. Where all organisations took part (`sampled = false`), an interval is of "
        "these; where they were drawn, of the sector whichever are in it. Width: as a share of the "
        "design-based one (linearised, organisations as clusters, t). Goals: .93 or more of the "
        "intervals hold what they are of; where organisations were drawn, .9-1.2 of the "
        "design-based width. *Hold any*: how often the interval of these organisations would hold "
        "the sector whichever are in it.\n\n"
        "| organisations | between | took part: hold | hold any | width | drawn: hold | width |\n"
        "|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _design_width(survey: _Survey, place: Codes) -> float:
    """Mean width of 95 % intervals of direct rates, by linearisation over whole organisations."""
    weight, cluster = survey.predictions.design.weight, survey.predictions.design.cluster
    width = []
    for one in place:
        inside = survey.grouping.members[[one]].toarray()[0] > 0
        w, y = weight[inside], survey.predictions.values[inside]
        score = pd.Series(w * (y - np.average(y, weights=w)) / w.sum())
        sums = score.groupby(np.asarray(cluster)[inside]).sum().to_numpy()
        count = len(sums)
        se = np.sqrt(count / (count - 1) * (sums**2).sum())
        width.append(2 * t.ppf(0.975, count - 1) * se)
    return float(np.mean(width))


def _adding_text(tell: Tell, runs: int) -> str:
    rows = []
    for people, is_weighted in ((10, False), (25, False), (25, True), (80, False)):
        tell(f"levels: departments of {people}")
        world = LevelWorld(5, 4, people, 0.05, is_weighted)
        gaps, apart = list[tuple[float, float, float]](), list[float]()
        held: dict[str, list[float]] = {level: [] for level in (*_LEVELS, "alone")}
        errors: dict[str, list[float]] = {"added": [], "alone": []}
        for run in range(runs):
            survey = _draw(world, run)
            (pooled, areas), true = _pool(survey, run), survey.truth(survey.grouping.members)
            for level in _LEVELS:
                place = survey.rows[level]
                held[level].append(float(_held(pooled.table.iloc[place], true[place]).mean()))
            alone, before = _leave_alone(survey, run)
            place = survey.rows["afdeling"]
            held["alone"].append(float(_held(alone, true[place]).mean()))
            for name, table in (("added", pooled.table.iloc[place]), ("alone", alone)):
                errors[name].append(float(((table["rate"] - true[place]) ** 2).mean()))
            gaps.append(_gaps(survey, pooled, areas))
            apart.append(before)
        size = {name: float(np.sqrt(np.mean(one))) for name, one in errors.items()}
        by_band, of_draws, by_people = np.max(gaps, axis=0)
        rows.append(
            f"| {people} | {'yes' if is_weighted else 'no'} | {by_band:.4f} | {of_draws:.2f} | "
            f"{by_people:.2f} | {max(apart):.1f} | "
            f"{' | '.join(tell_mean(held[level]) for level in _LEVELS)} | "
            f"{tell_mean(held['alone'])} | {size['added'] / size['alone']:.3f} |"
        )
    return (
        "### Levels add up\n\nFive organisations a sector, four departments each. Gaps between a "
        "unit and the weighted mean of its parts, in points, the largest of all surveys: of rates "
        "and of draws (root mean square), where parts count as the middle of their band (goals: "
        ".001, and .5, as draws are held within 0 and 100 when they are moved); of rates where "
        "they count as the people they are, which no release tells (goal: below 1, as pages tell "
        "whole percentages); and the same were each level pooled by itself. Goal: .93 or more of "
        "the 95 % intervals of each level hold its true rates. Last, the root mean square error of "
        "departments over what it is when left alone: what adding up costs.\n\n"
        "| people | weights | by bands: rates | draws | by people: rates | alone | sectors "
        "| organisations | departments | departments alone | error |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _parts(survey: _Survey) -> Iterator[tuple[int, Codes]]:
    """Give each unit that is made up of others, and these."""
    groups = survey.grouping.groups
    parent = groups.index.get_indexer(pd.Index(groups["parent"]))
    for place in np.unique(parent[parent >= 0]):
        yield int(place), np.flatnonzero(parent == place)


def _gaps(survey: _Survey, pooled: PooledRates, areas: pd.DataFrame) -> tuple[float, float, float]:
    """Give by how many points parts miss what they make up.

    Returns
    -------
    Where each counts as the middle of its band, the worst rate and the worst root mean square of
    draws; and of people as they are, the worst rate.
    """
    sums = gather_rates(survey.predictions, survey.grouping.members)
    weight = weight_in(sums)
    of_band = weight * areas["n"].to_numpy() / sums[:, RateTerm.KNOWN]
    rate, found = pooled.table["rate"].to_numpy(), []
    for whole, parts in _parts(survey):
        banded, share = (one[parts] / one[parts].sum() for one in (of_band, weight))
        off = banded @ pooled.draws[parts] - pooled.draws[whole]
        by_band, by_people = (abs(one @ rate[parts] - rate[whole]) for one in (banded, share))
        found.append((by_band, np.sqrt((off**2).mean()), by_people))
    worst = 100 * np.max(found, axis=0)
    return float(worst[0]), float(worst[1]), float(worst[2])


def _leave_alone(survey: _Survey, seed: int) -> tuple[pd.DataFrame, float]:
    """Pool each level by itself; give the table of departments, and the largest gap of rates."""
    groups = survey.grouping.groups
    areas = summarise_areas(survey.predictions, survey.grouping.members)
    weight = weight_in(gather_rates(survey.predictions, survey.grouping.members))
    rate, table = areas["direct"].to_numpy().copy(), pd.DataFrame()
    for level in _LEVELS:
        place = survey.rows[level]
        table = pool_rates(areas.iloc[place], groups["parent"].iloc[place], 500, seed).table
        rate[place] = table["rate"]
    gaps = [
        abs(np.average(rate[parts], weights=weight[parts]) - rate[whole])
        for whole, parts in _parts(survey)
    ]
    return table, float(100 * max(gaps))


def _rest_text(tell: Tell, runs: int) -> str:
    rows = []
    for people, is_weighted in ((10, False), (20, False), (20, True), (40, False)):
        tell(f"levels: remainders of departments of {people}")
        world = LevelWorld(8, 3, people, 0.05, is_weighted, parted=0.1)
        held: dict[str, list[float]] = {"own": [], "whole": [], "others": []}
        errors: dict[str, list[float]] = {"own": [], "whole": []}
        for run in range(runs):
            survey = _draw(world, run)
            place, departments = survey.rows["organisatie"], survey.rows["afdeling"]
            firsts = departments[:: world.departments]
            shown = np.ones(len(survey.grouping.groups), dtype=bool)
            shown[np.setdiff1d(departments, firsts)] = False
            left = find_remainders(survey.grouping, shown)
            true = survey.truth(left)[place]
            every, about = np.ones(len(shown), dtype=bool), (NO_EFFECTS, _SETTINGS, run)
            own = pool_remainders(survey.grouping, survey.predictions, left, every, about)
            own = own.iloc[place]
            pooled, _ = _pool(survey, run)
            whole, others = (pooled.table.iloc[one] for one in (place, firsts))
            held["own"].append(float(_held(own, true).mean()))
            held["whole"].append(float(_held(whole, true).mean()))
            others_true = survey.truth(survey.grouping.members)[firsts]
            held["others"].append(float(_held(others, others_true).mean()))
            for name, table in (("own", own), ("whole", whole)):
                errors[name].append(float(((table["rate"] - true) ** 2).mean()))
        size = {name: 100 * np.sqrt(np.mean(one)) for name, one in errors.items()}
        rows.append(
            f"| {people} | {'yes' if is_weighted else 'no'} | {tell_mean(held['own'])} | "
            f"{tell_mean(held['others'])} | {size['own']:.1f} | {tell_mean(held['whole'])} | "
            f"{size['whole']:.1f} |"
        )
    return (
        "### Remainders\n\nEight organisations a sector, three departments each, of which the "
        "first is shown and lies ten points higher; those who are left of an organisation are told "
        "of by a rate of their own. Goal: .93 or more of the 95 % intervals hold their true rate, "
        "as of departments that are shown; beside it what the rate of the whole organisation would "
        "be in its place. Error: root mean square, in points.\n\n"
        "| people of a department | weights | hold | of departments | error | of the whole: hold "
        "| error |\n|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )
