"""What figures about culture promise, measured where the truth is known."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack

from blijfwijzer.culture.changes import measure_change
from blijfwijzer.culture.climate import measure_climate
from blijfwijzer.culture.dimensions import SAME, find_dimensions
from blijfwijzer.culture.raking import rake
from blijfwijzer.culture.screened import gather_units
from blijfwijzer.culture.screening import screen_units
from blijfwijzer.culture.screening_checks import check_screening
from blijfwijzer.estimation.design import Design, read_design
from blijfwijzer.estimation.group_means import summarise_means, within_variance
from blijfwijzer.estimation.means import estimate_share
from blijfwijzer.estimation.pooling import pool_means
from blijfwijzer.groups.grouping import Grouping, make_groups
from blijfwijzer.progress import Tell
from blijfwijzer.settings import CultureSettings, Settings
from blijfwijzer.survey.arrays import Array, Codes
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.concepts import CULTURE, PAIR
from blijfwijzer.survey.intake import read_responses, read_survey
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.survey.table import Table
from blijfwijzer.synthetic.survey import CODEBOOK, make_survey

_LARGE_UNIT = 250
_REPETITIONS = 100
_GENERAL = 0.6
"""Share of the variance between units that all dimensions have in common (domain notes, B.5)."""
_COLUMNS = pd.Index(CULTURE)


def validate_culture(data: Path, tell: Tell) -> str:
    """Run the simulations and write them as a section in Markdown.

    Parameters
    ----------
    data : folder with the public surveys; what needs them is left out, and said, when absent
    """
    parts = [
        "## Culture\n",
        _means_text(tell),
        _fevs_text(data, tell),
        _marks_text(tell),
        _screening_text(tell),
        _halves_text(data, tell),
        _change_text(tell),
        _shares_text(tell),
    ]
    return "\n".join(parts)


def draw_units(
    rng: np.random.Generator, units: int, n: int, between: float, shift: Array | None = None
) -> tuple[pd.DataFrame, Codes, Array]:
    """Draw answers on the seven dimensions, their units, and the true means of the units.

    Answers have a standard deviation of about .75 within units, on a scale of 1 to 5.

    Parameters
    ----------
    n : respondents per unit, on average
    between : standard deviation between units
    shift : added to the true means, one row per unit
    """
    common = np.sqrt(_GENERAL) * rng.standard_normal((units, 1))
    own = np.sqrt(1 - _GENERAL) * rng.standard_normal((units, len(CULTURE)))
    true = 3.5 + between * (common + own) + (0.0 if shift is None else shift)
    unit = np.repeat(np.arange(units), rng.poisson(n - 5, units) + 5)
    noise = 0.45 * rng.standard_normal((len(unit), 1))
    noise = noise + 0.6 * rng.standard_normal((len(unit), len(CULTURE)))
    return pd.DataFrame(true[unit] + noise, columns=_COLUMNS), unit, true


def _members(unit: Codes) -> csr_array:
    ones = np.ones(len(unit), dtype=np.int8)
    return csr_array((ones, (unit, np.arange(len(unit)))))


def _grouping(
    members: csr_array, parents: pd.Series, levels: pd.Series | str = "organisatie"
) -> Grouping:
    groups = pd.DataFrame({"parent": parents, "level": levels, "sector": parents.index})
    none = csr_array((0, members.shape[1]), dtype=np.int8)
    return Grouping(groups.assign(people=np.nan), members, pd.DataFrame(), none)


def _alone(size: int) -> Design:
    return Design(np.ones(size), np.arange(size), np.zeros(size, dtype=np.intp))


def _parents(units: int) -> pd.Series:
    names = [f"organisatie=O{place:04d}" for place in range(units)]
    return pd.Series([f"sector={place % 6}" for place in range(units)], index=names)


def _means_text(tell: Tell) -> str:
    rows = []
    for parents, per, above, own in ((12, 8, 0.1, 0.15), (12, 8, 0.0, 0.15), (60, 5, 0.1, 0.3)):
        tell(f"means: {parents} parents")
        rng = np.random.default_rng(parents)
        covered, errors = [], []
        parent = np.repeat(np.arange(parents), per)
        for _ in range(2 * _REPETITIONS):
            true = 3.5 + rng.normal(0, above, parents)[parent] + rng.normal(0, own, len(parent))
            variance = 0.6 / rng.integers(5, 40, len(parent))
            mean = true + rng.normal(0, np.sqrt(variance))
            table = pool_means(mean, variance, pd.Series(parent), 1000, rng).table
            covered.append(_covered(table, true))
            errors.append(_errors(table, mean, true))
        rows.append(
            f"| {parents} x {per} | {above} | {own} | {_ratio(errors)} | {np.mean(covered):.1%} |"
        )
    return (
        "### Pooled means, simulated\n\nUnits of 5-40 people under parents, "
        f"{2 * _REPETITIONS} times each.\n\n"
        "| parents x units | sd parents | sd units | error against direct | covered |\n"
        "|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _covered(table: pd.DataFrame, true: Array) -> float:
    return float(((table["low"] <= true) & (true <= table["high"])).mean())


def _errors(table: pd.DataFrame, mean: Array, true: Array) -> tuple[float, float]:
    pooled = float(((table["pooled"].to_numpy() - true) ** 2).mean())
    return pooled, float(((mean - true) ** 2).mean())


def _ratio(errors: list[tuple[float, float]]) -> str:
    pooled, direct = np.mean(errors, axis=0)
    return f"{np.sqrt(pooled / direct):.2f}"


def _fevs_text(data: Path, tell: Tell) -> str:
    title = "### Pooled means, FEVS 2018\n\n"
    if not (data / "fevs2018.csv.gz").exists():
        return title + "Not run: FEVS 2018 was not there.\n"
    codebook = load_codebook("fevs-2018")
    survey = read_survey(data / "fevs2018.csv.gz", codebook, Settings().intake).responses
    survey = survey.reset_index(drop=True)
    scales, weight = score_scales(survey, codebook), survey["weight"].to_numpy(dtype=float)
    unit = survey[codebook.units.cluster].astype("str")
    sizes = unit.value_counts()
    people = [np.flatnonzero(unit == name) for name in sorted(sizes.index[sizes >= _LARGE_UNIT])]
    agency = survey["AGENCY"].astype("str")
    parents = pd.Series([agency.iloc[place[0]] for place in people])
    rows = []
    for dimension in find_dimensions(codebook, CultureSettings()):
        values = scales[dimension.name].to_numpy(dtype=float)
        true = np.array([np.average(values[p], weights=weight[p]) for p in people])
        told = []
        for n in (10, 20, 40, 80):
            tell(f"means: {dimension.name}, {n} per unit")
            rng = np.random.default_rng(n)
            members = _members(np.repeat(np.arange(len(people)), n))
            covered, errors = [], []
            for _ in range(_REPETITIONS):
                drawn = np.concatenate([rng.choice(p, n) for p in people])
                areas = summarise_means(values[drawn], weight[drawn], members)
                variance = within_variance(areas)[0] / areas["effective_n"].to_numpy()
                mean = areas["mean"].to_numpy()
                table = pool_means(mean, variance, parents, 1000, rng).table
                covered.append(_covered(table, true))
                errors.append(_errors(table, mean, true))
            told.append(f"{_ratio(errors)}, {np.mean(covered):.1%}")
        rows.append(f"| {dimension.name} | {' | '.join(told)} |")
    return (
        f"{title}{len(people)} units of {_LARGE_UNIT} or more; their full mean is the truth, n "
        f"drawn per unit with replacement, {_REPETITIONS} times. Root mean square error against "
        "the direct mean, and how often the 95 % interval holds the truth.\n\n"
        "| dimension | n = 10 | 20 | 40 | 80 |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _marks_text(tell: Tell) -> str:
    noise = _count_marks(np.zeros((60, len(CULTURE))), 15, 200, 1, tell)
    rows = []
    for size, n in ((0.4, 20), (0.4, 60), (0.7, 20), (0.7, 60)):
        # Up and down alike, so that the mean of all stays and the others truly do not differ.
        place = np.arange(60)
        way = np.where(place % 16 == 0, size, np.where(place % 16 == 8, -size, 0.0))
        planted = way[:, None] * np.ones(len(CULTURE))
        _, marked, false, found = _count_marks(planted, n, 40, 2, tell)
        rows.append(f"| {size} | {n} | {false / max(marked, 1):.3f} | {found:.2f} |")
    return (
        "### Marks\n\n"
        f"Pure noise, 60 units of about 15 people, 7 dimensions, against all: {noise[0]} of 200 "
        "runs mark anything. A difference planted in one unit of eight, up or down, 40 runs each:"
        "\n\n"
        "| points of 1-5 | people | share of marks where nothing was planted | power |\n"
        "|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _count_marks(
    planted: Array, n: int, runs: int, seed: int, tell: Tell
) -> tuple[int, int, int, float]:
    """Count runs with any mark, marks, marks where nothing was planted; share of planted found."""
    codebook, settings = load_codebook(CODEBOOK), CultureSettings(dimensions=CULTURE, draws=200)
    rng = np.random.default_rng(seed)
    alarms = marked = false = found = 0
    for run in range(runs):
        tell(f"marks: {run} of {runs}")
        scales, unit, _ = draw_units(rng, len(planted), n, 0.0, planted)
        members = csr_array(vstack([np.ones((1, len(unit)), dtype=np.int8), _members(unit)]))
        own = _parents(len(planted))
        parents = pd.concat([pd.Series({"all": ""}), pd.Series("all", index=own.index)])
        grouping = _grouping(members, parents, parents.map({"": "all", "all": "organisatie"}))
        cluster = np.zeros(len(unit), dtype=np.intp)
        design = Design(np.ones(len(unit)), cluster, cluster)
        table = measure_climate(scales, grouping, design, codebook, settings, seed=run).table
        units = table[table["level"] != "all"]
        is_marked = (units["all_mark"] != SAME).to_numpy()
        is_planted = planted.T.ravel() != 0
        alarms += int(is_marked.any())
        marked += int(is_marked.sum())
        false += int((is_marked & ~is_planted).sum())
        found += int((is_marked & is_planted).sum())
    return alarms, marked, false, found / max(runs * int((planted != 0).sum()), 1)


def _screening_text(tell: Tell) -> str:
    codebook, settings, rows = load_codebook(CODEBOOK), CultureSettings(), []
    for units, n, between in ((350, 100, 0.25), (350, 20, 0.35), (1500, 12, 0.35), (350, 20, 0.0)):
        rng = np.random.default_rng(units + n)
        listed = false = worrying = runs_with_list = 0
        promised = []
        for run in range(40):
            tell(f"screening: {units} units, {run} of 40")
            scales, unit, true = draw_units(rng, units, n, between)
            grouping = _grouping(_members(unit), _parents(units))
            screened = gather_units(scales, grouping, _alone(len(unit)), codebook, settings)
            found = screen_units(screened, codebook, settings, run)
            reference = scales[list(PAIR)].to_numpy().mean(axis=0)
            is_low = (true[:, :2] < reference - settings.floor * 4).all(axis=1)
            on_list = found.units["is_listed"].to_numpy(dtype=bool)
            listed, false = listed + int(on_list.sum()), false + int((on_list & ~is_low).sum())
            worrying += int(is_low.sum())
            runs_with_list += bool(on_list.any())
            promised.append(found.expected_false)
        realised = f"{false / listed:.3f}" if listed else "-"
        told = f"{np.nanmean(promised):.3f}" if listed else "-"
        power = f"{(listed - false) / worrying:.2f}" if worrying else "-"
        rows.append(
            f"| {units} | {n} | {between} | {listed / 40:.1f} | {told} | {realised} | {power} "
            f"| {runs_with_list} |"
        )
    return (
        "### Screening\n\nUnits with known true means on seven dimensions, 40 runs each; worrying "
        "is 0.2 points below the mean on both dimensions of the pair.\n\n"
        "| units | people | sd between | on the list | promised false | realised false | "
        "worrying units found | runs with a list |\n|---|---|---|---|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def _halves_text(data: Path, tell: Tell) -> str:
    codebook = load_codebook(CODEBOOK)
    made = make_survey(40_000, 2019, 2019, None, tell).responses
    intake = read_responses(Table(made), "made", codebook, Settings().intake)
    surveys = [("built-in", codebook, intake.responses, level) for level in ("organisatie", "team")]
    if (data / "fevs2018.csv.gz").exists():
        fevs = load_codebook("fevs-2018")
        read = read_survey(data / "fevs2018.csv.gz", fevs, Settings().intake).responses
        surveys.append(("FEVS 2018", fevs, read, "LEVEL1"))
    rows = []
    for name, book, responses, level in surveys:
        tell(f"halves: {name}, {level}")
        rows.append(_halves_row(name, book, responses.reset_index(drop=True), level))
    return (
        "### Screening, checked on halves\n\nOne half of the respondents of each unit is screened, "
        "the other half looked at. Precision: share of the list that the other half puts below the "
        "cut too, beside what the probabilities foresee of it.\n\n"
        "| survey | level | units | AUC | precision | foreseen | rank of the pair | AUC of "
        "the pair for the rest | of a general factor |\n|---|---|---|---|---|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def _halves_row(name: str, codebook: Codebook, responses: pd.DataFrame, level: str) -> str:
    settings = Settings()
    grouping = make_groups(responses, codebook, [level], settings)
    rows = np.flatnonzero(grouping.groups["level"] == level)
    design = read_design(responses, codebook)
    units = _grouping(csr_array(grouping.members[rows]), grouping.groups["parent"].iloc[rows])
    scales = score_scales(responses, codebook)
    screened = gather_units(scales, units, design, codebook, settings.culture)
    checks = check_screening(screened, design.cluster, codebook, settings.culture, 0)
    told = checks.measures.set_index("measure").astype(float)
    pair = checks.pairs[checks.pairs["is_screened"]]
    rank, low, high, area, factor = (
        float(pair[name].iloc[0]) for name in ("rank", "rank_low", "rank_high", "auc", "factor_auc")
    )

    def figure(measure: str) -> str:
        value, least, most = (float(told[end][measure]) for end in ("value", "low", "high"))
        return f"{value:.2f} ({least:.2f}-{most:.2f})"

    foreseen = float(told["value"]["predicted_precision"])
    return (
        f"| {name} | {level} | {checks.units} | {figure('auc')} | {figure('precision')} | "
        f"{foreseen:.2f} | {rank:.0f} of {len(checks.pairs)} ({low:.0f}-{high:.0f}) | {area:.3f} | "
        f"{factor:.3f} |"
    )


def _change_text(tell: Tell) -> str:
    rows = []
    for change, younger in ((0.0, 0.3), (0.0, 0.6), (0.1, 0.6)):
        tell(f"change: {change} at {younger}")
        rng = np.random.default_rng(7)
        covered, raw_covered, raw, net, se = [], [], [], [], []
        for _ in range(4 * _REPETITIONS):
            is_now = np.repeat([False, True], 1000)
            young = rng.random(2000) < np.where(is_now, younger, 0.3)
            unit = rng.integers(0, 50, 2000)
            values = 3.5 - 0.5 * young + change * is_now + rng.normal(0, 0.2, 50)[unit]
            values = values + rng.normal(0, 0.7, 2000)
            traits = pd.DataFrame({"age": np.where(young, "young", "old")})
            design = Design(np.ones(2000), unit, np.zeros(2000, dtype=np.intp))
            found = measure_change(values, rake(traits, is_now, design, 10))
            covered.append(found.net.low <= change <= found.net.high)
            raw_covered.append(found.raw.low <= change <= found.raw.high)
            raw.append(found.raw.value)
            net.append(found.net.value)
            se.append(found.net.se)
        rows.append(
            f"| {change} | 30 % to {younger:.0%} | {np.mean(raw):+.3f} | {np.mean(raw_covered):.1%}"
            f" | {np.mean(net):+.3f} | {np.mean(covered):.1%} | {np.mean(se) / np.std(net):.2f} |"
        )
    return (
        "### Change net of who responded\n\nTwo waves of 1,000 in the same 50 units; the young "
        f"answer half a point lower. {4 * _REPETITIONS} times each.\n\n"
        "| true change | share of young | raw | covered | net | covered | se told / true |\n"
        "|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _shares_text(tell: Tell) -> str:
    rows = []
    for share, units, n in ((0.09, 40, 25), (0.23, 40, 25), (0.02, 40, 25), (0.09, 12, 10)):
        tell(f"shares: {share} in {units} units")
        rng = np.random.default_rng(units)
        covered = []
        spread = 0.05
        a = share * (1 / spread - 1)
        for _ in range(10 * _REPETITIONS):
            rate = rng.beta(a, (1 - share) / share * a, units)
            unit = np.repeat(np.arange(units), n)
            values = (rng.random(len(unit)) < rate[unit]).astype(float)
            weight = rng.uniform(0.5, 2, len(unit))
            found = estimate_share(values, Design(weight, unit, np.zeros_like(unit)))
            covered.append(found.low <= share <= found.high)
        rows.append(f"| {share:.0%} | {units} x {n} | {np.mean(covered):.1%} |")
    return (
        "### Shares of unwanted behaviour\n\nWeighted shares in whole units that differ "
        f"(intra-unit correlation .05), {10 * _REPETITIONS} times each.\n\n"
        "| share | units x people | covered |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    )
