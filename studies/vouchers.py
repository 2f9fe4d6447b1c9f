"""Vouchers on the built-in survey, whose need is known; alone: `python -m studies.vouchers`."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.education import education_levels
from blijfwijzer.groups.estimates import estimate_groups
from blijfwijzer.groups.grouping import EVERYONE, make_groups, part_people
from blijfwijzer.groups.paths import crossed_with
from blijfwijzer.groups.simple_rule import SIMPLE_RULE
from blijfwijzer.progress import Tell, show_progress
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.risk.training import fit, prepare
from blijfwijzer.runs.voucher_needs import read_partitions, read_rule
from blijfwijzer.settings import Settings, VoucherSettings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook, load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.synthetic.export import write_survey
from blijfwijzer.synthetic.survey import CODEBOOK, make_survey
from blijfwijzer.vouchers.allocation import allocate_vouchers
from blijfwijzer.vouchers.alternatives import Planned, choose_partition, compare, ratio_to_rule
from blijfwijzer.vouchers.needs import Partition
from blijfwijzer.vouchers.offers import offers_of

_PEOPLE = 95_000 / 40_000
"""People for each respondent."""
_TARGET, _YEAR, _COST = "achterblijver", 2022, 1000
_SEEDS = (101, 102, 103, 104, 105)
_BUDGETS = {4_000: (25_000, 250_000), 40_000: (250_000,)}
"""Respondents to the euros that are divided, as much for each person or ten times that."""


def vouchers_text(tell: Tell) -> str:
    """Divide budgets over organisations parted in three ways, beside rules of thumb."""
    settings = Settings()
    partitions, rule = _parted(40_000, 2019, settings, tell)
    rows, plan = [], settings.vouchers
    for budget in (250_000, 2_000_000):
        chosen, others = _planned(partitions, budget, plan)
        rules = compare(chosen, plan, others=others, by_rule=rule)
        ratio = _ratio(chosen, rule, plan)
        rules = rules.assign(ratio=np.where(rules.index == "plan", ratio, np.nan))
        rows += [_row(budget, str(name), row) for name, row in rules.iterrows()]
    return (
        "## Vouchers\n\nBuilt-in survey of 2022, 40,000 respondents, organisations; outcomes by "
        "the true need (mean true probability), all by need and nothing drawn. Ratio: extra people "
        "over those of the simple rule for as much money (goal: 1 or more).\n\n"
        "| budget | rule | over | offers | extra trained | euro per extra | inclusion | ratio |\n"
        "|---|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    ) + ratios_text(tell)


def ratios_text(tell: Tell) -> str:
    """Hold the proposal against the simple rule in surveys made with seeds of their own."""
    settings, rows = Settings(), []
    plan = settings.vouchers
    for respondents, budgets in _BUDGETS.items():
        ratios = {budget: list[float]() for budget in budgets}
        for seed in _SEEDS:
            tell(f"survey {seed} of {respondents:,}")
            partitions, rule = _parted(respondents, seed, settings, tell)
            for budget in budgets:
                ratios[budget].append(_ratio(_planned(partitions, budget, plan)[0], rule, plan))
        for budget, found in ratios.items():
            error = np.std(found, ddof=1) / np.sqrt(len(found))
            rows.append(
                f"| {respondents:,} | {budget:,} | {np.mean(found):.3f} | {error:.3f} | "
                f"{min(found):.3f} |"
            )
    return (
        f"\nThe same ratio over {len(_SEEDS)} surveys with independent seeds, all by need (goal: "
        "1 or more on average).\n\n| respondents | budget | mean ratio | Monte Carlo error "
        "| least |\n"
        "|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _parted(
    respondents: int, seed: int, settings: Settings, tell: Tell
) -> tuple[list[Partition], Partition]:
    """Give the ways to part everyone of a survey, and who fits the simple rule."""
    codebook = load_codebook(CODEBOOK)
    wave = _wave(respondents, seed, codebook, settings, tell)
    groups, levels = _groups(wave, codebook, settings), education_levels(codebook)
    none = pd.DataFrame(columns=["target", "label", "n", "rate", "low", "high"])
    partitions = read_partitions(groups, none, _TARGET, levels, wave.truth)
    rule = read_rule(groups, _TARGET, levels, wave.truth)
    if rule is None:
        raise RuntimeError("nobody fits the simple rule of the built-in survey")
    return partitions, rule


def _planned(
    partitions: list[Partition], budget: int, plan: VoucherSettings
) -> tuple[Planned, list[Planned]]:
    """Divide a budget over each, all by need; give the one that is proposed, and the others."""
    planned = [
        Planned(one, allocate_vouchers(one.needs, budget, _COST, plan, 0)) for one in partitions
    ]
    chosen = choose_partition(planned)
    return chosen, [one for one in planned if one is not chosen]


def _ratio(chosen: Planned, rule: Partition, plan: VoucherSettings) -> float:
    given = chosen.allocation.table["vouchers"].to_numpy(dtype=float)
    offers, of_rule = chosen.allocation.offers, offers_of(rule.needs, _COST, plan)
    return ratio_to_rule(chosen.partition, given, rule, offers, of_rule)


def _row(budget: int, name: str, row: "pd.Series[float]") -> str:
    ratio = f"{row['ratio']:.2f}" if np.isfinite(row["ratio"]) else ""
    return (
        f"| {budget:,} | {name} | {row['over']} | {row['vouchers']:.0f} | "
        f"{row['expected_extra']:.1f} | {row['cost_per_extra']:,.0f} | "
        f"{row['inclusion_error']:.1%} | {ratio} |"
    )


@dataclass(frozen=True)
class _Wave:
    responses: pd.DataFrame
    values: Array
    """Whether each is in need, as far as is known."""
    risk: Array
    truth: pd.DataFrame
    """As the built-in survey tells it."""

    @property
    def weight(self) -> Array:
        return self.responses["weight"].to_numpy(dtype=float)


def _wave(respondents: int, seed: int, codebook: Codebook, settings: Settings, tell: Tell) -> _Wave:
    """Read the built-in wave, and what a logistic regression expects of each."""
    survey = make_survey(respondents, seed, _YEAR)
    keep = ~survey.responses["respondent"].duplicated()
    forms = survey.responses[keep].reset_index(drop=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wave.parquet"
        write_survey(forms, codebook, path)
        intake = read_survey(path, codebook, settings.intake)
    responses = intake.responses
    model = settings.model.model_copy(update={"candidates": ("prevalence", "logistic")})
    made_from = prepare(
        responses,
        score_scales(responses, codebook),
        codebook,
        codebook.outcomes[_TARGET],
        settings.model_copy(update={"model": model}),
    )
    fitted = fit(made_from, tell).risk
    risk = np.full(len(responses), fitted.mean())
    risk[made_from.known] = fitted
    return _Wave(responses, made_from.answers, risk, survey.truth)


def _groups(wave: _Wave, codebook: Codebook, settings: Settings) -> pd.DataFrame:
    """Estimate the need of each group, as a release tells it when nothing is withheld."""
    cross = ("opleiding", SIMPLE_RULE)
    grouping = make_groups(wave.responses, codebook, ["organisatie"], settings, cross)
    units = wave.responses["organisatie"].astype("str")
    told = Predictions(wave.values, wave.risk, Design.of_units(wave.weight, units))
    nothing = pd.DataFrame(columns=["effect", "se", "between"], dtype=float)
    rates = estimate_groups(grouping, told, nothing, settings.rates, 0)[0].table
    groups = grouping.groups.assign(people=grouping.groups["n"] * _PEOPLE).reset_index()
    for end in ("rate", "low", "high"):
        groups[f"{_TARGET}_{end}"] = (100 * rates[end]).round().to_numpy()
        # Of who is left over too: here nothing of a unit is told apart from the whole.
        groups[f"{_TARGET}_own_{end}"] = groups[f"{_TARGET}_{end}"]
    crossed = pd.Series(crossed_with(grouping.groups.index), index=grouping.groups.index)
    own = []
    for name in crossed.unique():
        units_of = grouping.groups[(crossed == name) | (crossed.index == EVERYONE)]
        own.append(part_people(units_of).drop(index=[EVERYONE] if name else [], errors="ignore"))
    parts = pd.concat(own)["own_n"].reindex(grouping.groups.index).to_numpy()
    return groups.assign(own_n=parts, own_people=parts * _PEOPLE)


if __name__ == "__main__":
    with show_progress() as tell:
        text = vouchers_text(tell)
    print(text)
