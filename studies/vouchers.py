"""Vouchers on the built-in survey, whose need is known, by what the gate lets a release tell.

Alone: `python -m studies.vouchers`.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pandas as pd

from blijfwijzer.progress import Tell, show_progress, silent
from blijfwijzer.publish.tables.voucher_tables import Division
from blijfwijzer.runs.score import ScoreRequest, publish_scores, score_wave
from blijfwijzer.runs.synthesise import synthesise
from blijfwijzer.runs.train import TrainRequest, train
from blijfwijzer.runs.vouchers import VoucherRequest, divide
from blijfwijzer.settings import ModelSettings, Settings, VoucherSettings
from blijfwijzer.synthetic.survey import CODEBOOK
from studies.monte_carlo import tell_mean

_TARGET, _YEAR, _COST = "achterblijver", 2022, 1_000.0
_TRAINED = 4_000
"""Respondents of the wave before, by which all are scored."""
_SEEDS = {4_000: range(11, 16), 8_000: range(21, 24), 40_000: range(31, 33)}
"""Respondents of a wave to the seeds of the surveys that are made of so many."""
_FOR_EACH = (6.25, 62.5)
"""Euro that are divided for each respondent: of 40,000, 250,000 and ten times that."""
_QUICK = Settings().model_copy(
    update={"model": ModelSettings(candidates=("prevalence", "logistic"), threads=1)}
)
_BY_NEED = Settings(vouchers=VoucherSettings(lottery=0, no_lottery="a study"))


class _Divided(NamedTuple):
    respondents: int
    seed: int
    budget: float
    by_default: Division
    by_need: Division
    """With nothing drawn."""


def vouchers_text(tell: Tell) -> str:
    """Score surveys through the gate, divide budgets, and hold them against the simple rule."""
    with TemporaryDirectory() as folder:
        made = list(_divided(Path(folder), tell))
    return _ratios_text(made) + "\n" + _rules_text(made)


def _divided(folder: Path, tell: Tell) -> Iterator[_Divided]:
    tell("vouchers: train")
    before = folder / "before.parquet"
    synthesise(before, _TRAINED, seed=2019)
    asked = TrainRequest(before, CODEBOOK, (_TARGET,), settings=_QUICK)
    train(asked, folder / "models", folder / "ledger")
    for respondents, seeds in _SEEDS.items():
        for seed in seeds:
            tell(f"vouchers: survey {seed} of {respondents:,}")
            own = folder / str(seed)
            own.mkdir()
            _score(own, respondents, seed, folder / "models")
            for budget in (respondents * euro for euro in _FOR_EACH):
                by_default, by_need = _divide(own, budget), _divide(own, budget, _BY_NEED)
                yield _Divided(respondents, seed, budget, by_default, by_need)


def _score(own: Path, respondents: int, seed: int, models: Path) -> None:
    wave, people, margins = own / "wave.parquet", own / "people.csv", own / "margins.csv"
    truth = own / "truth.parquet"
    synthesise(
        wave, respondents, seed=seed, wave=_YEAR, truth=truth, population=people, margins=margins
    )
    by = ("organisatie", "afdeling")
    asked = ScoreRequest(wave, by, models, ("opleiding",), (people, margins))
    publish_scores(score_wave(asked, silent), own / "out", own / "ledger", silent)


def _divide(own: Path, budget: float, settings: Settings | None = None) -> Division:
    asked = VoucherRequest(
        own / "out", budget, _COST, settings, target=_TARGET, truth=own / "truth.parquet"
    )
    return divide(asked, own / "ledger", silent).division


def _ratios_text(made: list[_Divided]) -> str:
    rows = []
    table = pd.DataFrame(made, columns=_Divided._fields)
    for (respondents, budget), same in table.groupby(["respondents", "budget"]):
        by_need, by_default = (
            np.array([d.ratio for d in same[of]], dtype=float) for of in ("by_need", "by_default")
        )
        whole = [
            d.rules.loc["plan", "expected_extra"] / d.rules.loc["simple", "expected_extra"]
            for d in same["by_default"]
        ]
        over = ", ".join(sorted({d.partition.name for d in same["by_default"]}))
        rows.append(
            f"| {respondents:,} | {budget:,.0f} | {len(same)} | {over} | {tell_mean(by_need)} | "
            f"{tell_mean(by_default)} | {by_default.min():.3f} | {tell_mean(np.array(whole))} |"
        )
    return (
        "## Vouchers\n\nBuilt-in surveys of 2022, scored by organisation, department and education "
        "with a model of another survey of 2019, and divided by what the gate lets the release "
        "tell; outcomes by the true need (mean true probability). Ratio: extra people over those "
        "of vouchers to all who fit the simple rule, wherever they work, for as much money; of "
        "what goes by need when nothing is drawn, and by default, when a quarter is drawn (goal "
        "of both: 1 or more on average, ± one Monte Carlo standard error). Last, the whole "
        "proposal with what is drawn, which costs extra people and buys knowledge of what "
        "vouchers do: no goal.\n\n"
        "| respondents | budget | surveys | over | nothing drawn | by default | least | with what "
        "is drawn |\n|---|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _rules_text(made: list[_Divided]) -> str:
    largest = max(one.respondents for one in made)
    first = next(one.seed for one in made if one.respondents == largest)
    rows = [
        _row(one.budget, str(rule), row)
        for one in made
        if one.seed == first
        for rule, row in one.by_default.rules.iterrows()
    ]
    return (
        f"Rules beside each other, of one of the surveys of {largest:,}, by the true need.\n\n"
        "| budget | rule | over | offers | extra trained | euro per extra | inclusion error |\n"
        "|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _row(budget: float, name: str, row: "pd.Series[float]") -> str:
    return (
        f"| {budget:,.0f} | {name} | {row['over']} | {row['vouchers']:.0f} | "
        f"{row['expected_extra']:.1f} | {row['cost_per_extra']:,.0f} | "
        f"{row['inclusion_error']:.1%} |"
    )


if __name__ == "__main__":
    with show_progress() as tell:
        text = vouchers_text(tell)
    print(text)
