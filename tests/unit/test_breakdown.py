"""By what a training and an explanation may be broken down."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.disclosure.answers import Basis
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.groups.grouping import make_groups
from blijfwijzer.release.breakdown import admit_breakdown
from blijfwijzer.release.rehearsal import rehearse
from blijfwijzer.release.request import Request
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.held import Held
from blijfwijzer.survey.intake import Intake

SMALL = Path(__file__).parents[1] / "assets" / "small.toml"
PEOPLE = 400


@pytest.fixture
def intake(rng):
    names = load_codebook(SMALL).columns
    answers = {name: rng.permutation(4000)[:PEOPLE].astype(float) for name in names}
    place = np.arange(PEOPLE)
    units = {
        "sector": np.char.mod("S%d", place // 100),
        "organisatie": np.char.mod("O%d", place // 50),
    }
    schooling = pd.Series(rng.integers(1, 4, PEOPLE)).astype(str)
    responses = pd.DataFrame({**answers, **units, "opleiding": schooling, "weight": 1.0})
    return Intake(
        Held.of(responses), pd.DataFrame({"row": [], "reasons": []}), (), (), "sha", "w.csv"
    )


def broken_down(intake, risk):
    request = Request("train", load_codebook(SMALL), Settings(), "1", ("rate:vertrek",))
    values = np.tile([0.0, 1.0], PEOPLE // 2)
    found = admit_breakdown(rehearse(request), intake, values, risk, of_answers=True)
    shown = set(found.groups["opleiding"].dropna())
    # Who is not told of is named.
    assert shown | {g for a, g in found.withheld if a == "opleiding"} == {"1", "2", "3"}
    assert not shown & {g for a, g in found.withheld if a == "opleiding"}
    return found.units, shown


def test_a_group_whose_mean_is_the_risk_of_each_is_not_told(intake, rng):
    risk = rng.uniform(0.1, 0.9, PEOPLE)
    of_unit, of_schooling = risk.copy(), risk.copy()
    of_unit[:50], of_unit[0] = 0.3, 0.5
    of_schooling[(intake.responses["opleiding"] == "1").to_numpy()] = 0.6

    units, schooling = broken_down(intake, risk)

    assert "O0" in units and "1" in schooling
    assert broken_down(intake, of_unit) == (units - {"O0"}, schooling)
    assert broken_down(intake, of_schooling) == (units, schooling - {"1"})


def test_a_model_that_tells_nobody_apart_withholds_nothing(intake, rng):
    different = broken_down(intake, rng.uniform(0.1, 0.9, PEOPLE))

    assert broken_down(intake, np.full(PEOPLE, 0.25)) == different


MEAN = "mean:psychologische_veiligheid"


def told_by_means(intake, ledger=None, asked=(MEAN,)):
    """Give the groups that are told by the means of scales, and what the ledger keeps of them."""
    told, origin = ("rate:vertrek", *asked), {"survey_sha256": intake.sha256}
    request = Request("train", load_codebook(SMALL), Settings(), "1", told, origin)
    values, risk = np.tile([0.0, 1.0], PEOPLE // 2), np.linspace(0.1, 0.9, PEOPLE)
    release = rehearse(request, ledger)
    admission = admit_breakdown(release, intake, values, risk, of_answers=True).admission
    names = admission.grouping.groups.index
    return admission, [str(name) for name in names[admission.tells(MEAN)]], release


@pytest.fixture
def answered(intake, rng):
    """The same, where the questions of a scale were answered as people do."""
    items = {f"veilig_{n}": rng.integers(1, 6, PEOPLE).astype(float) for n in (1, 2, 3)}
    return replace(intake, held=Held.of(intake.responses.assign(**items)))


def test_means_are_told_of_everyone_and_the_largest_units_only(answered):
    _, told, release = told_by_means(answered)

    assert told == ["all", "sector=S0", "sector=S1", "sector=S2", "sector=S3"]
    ((admission, _),) = release.admitted.values()
    of_units = {
        name: group["statistics"]
        for name, group in release._groups(admission).items()
        if "organisatie" in name
    }
    assert of_units and all(told == ["rate:vertrek"] for told in of_units.values())


def test_means_bar_no_unit_of_which_they_are_not_told(answered):
    """All of one organisation answered alike, which nobody is told of."""
    responses = answered.responses
    alike = {f"veilig_{n}": responses[f"veilig_{n}"].mask(responses["organisatie"] == "O0", v)
             for n, v in ((1, 5.0), (2, 5.0), (3, 1.0))}  # fmt: skip
    alike = replace(answered, held=Held.of(responses.assign(**alike)))

    assert set(told_by_means(alike)[0].names) == set(told_by_means(answered, asked=())[0].names)


def test_a_largest_unit_whose_people_answered_alike_is_told_by_no_mean(answered):
    responses = answered.responses
    alike = {f"veilig_{n}": responses[f"veilig_{n}"].mask(responses["sector"] == "S0", v)
             for n, v in ((1, 5.0), (2, 5.0), (3, 1.0))}  # fmt: skip

    told = told_by_means(replace(answered, held=Held.of(responses.assign(**alike))))[1]

    assert "sector=S0" not in told and "sector=S1" in told


def test_a_largest_unit_that_few_joined_since_is_told_by_no_mean(answered):
    """Five people of one sector are in another when the models are trained again."""
    ledger = Ledger(Path(), "small", bytes(32), is_kept=False)
    told_by_means(answered, ledger)[2].remember()
    moved = answered.responses.assign(
        sector=np.where(np.arange(PEOPLE) < 5, "S1", answered.responses["sector"])
    )

    admission, told, _ = told_by_means(
        replace(answered, held=Held.of(moved), sha256="other"), ledger
    )

    assert told == ["all", "sector=S2", "sector=S3"]
    assert not {"sector=S0", "sector=S1"} & set(admission.names)


@pytest.mark.parametrize("register", ["r" * 64, ""])
@pytest.mark.parametrize("levels", [2, 3])
def test_an_attribute_of_which_own_rates_were_told_by_other_weights_is_not(
    intake, rng, register, levels
):
    """Of people with one level of schooling, 28 % with margins and 25 % without are two rates."""
    schooling = pd.Series(rng.integers(1, levels + 1, PEOPLE)).astype(str)
    intake = replace(intake, held=Held.of(intake.responses.assign(opleiding=schooling)))
    book, values = load_codebook(SMALL), np.tile([0.0, 1.0], PEOPLE // 2)
    ledger = Ledger(Path(), "small", bytes(32), is_kept=False)
    origin = {"register_sha256": register} if register else {}
    scored = rehearse(Request("score", book, Settings(), "1", ("rate:vertrek",), origin), ledger)
    groups = make_groups(intake.held, book, ["organisatie"], Settings(), ["opleiding"])
    admission = scored.admit(intake, groups, {"rate:vertrek": Basis((values,))})
    told = set(admission.grouping.groups.index[admission.tells("rate:vertrek")])
    crossed = {f"all&opleiding={level}" for level in set(schooling)} & told
    scored.remember()

    watch = rehearse(Request("monitor", book, Settings(), "1", ("rate:vertrek",)), ledger)
    found = admit_breakdown(watch, intake, values, rng.uniform(0.1, 0.9, PEOPLE))

    assert crossed
    shown = {f"all&opleiding={level}" for level in found.groups["opleiding"].dropna()}
    assert bool(shown & crossed) == (not register or levels > 2)


def test_risks_that_are_not_shown_do_not_count(intake, rng):
    risk = np.full(PEOPLE, np.nan)
    risk[::2] = rng.uniform(0.1, 0.9, PEOPLE // 2)
    risk[:50:2] = 0.3

    units, _ = broken_down(intake, risk)

    assert "O0" not in units and "O1" in units
