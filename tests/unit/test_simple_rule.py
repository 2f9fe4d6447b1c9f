import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import ReleaseError
from blijfwijzer.groups.education import education_levels
from blijfwijzer.groups.grouping import make_groups, member_finder
from blijfwijzer.groups.simple_rule import SIMPLE_RULE, part_by_rule
from blijfwijzer.release.admission import rank_groups
from blijfwijzer.runs.offers.needs import choose_need
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook, load_codebook

BOOK = load_codebook("werkonderzoek-2019")


@pytest.fixture
def responses(rng):
    count = 400
    return pd.DataFrame(
        {
            "sector": pd.Series(rng.choice(["rijk", "mbo"], count), dtype="str"),
            "organisatie": pd.Series(rng.choice(["O1", "O2"], count), dtype="str"),
            "opleiding": rng.choice([1.0, 2.0, 3.0], count),
            "dienstjaren": rng.integers(0, 40, count).astype(float),
            "weight": 1.0,
        }
    )


def test_who_left_out_what_decides_the_rule_does_not_fit_it(responses):
    responses.loc[:2, ["opleiding", "dienstjaren"]] = [[1, 20], [1, np.nan], [3, np.nan]]

    assert part_by_rule(responses, BOOK)[:3].tolist() == ["1", "0", "0"]
    assert part_by_rule(responses.drop(columns="opleiding"), BOOK) is None


def test_groups_by_the_rule_part_everyone_and_the_largest_units_only(responses):
    grouping = make_groups(responses, BOOK, ["organisatie"], Settings(), [SIMPLE_RULE])

    crossed = grouping.groups[grouping.groups["kind"] == "cross"]
    assert set(crossed["level"]) == {"simple_rule", "sector&simple_rule"}
    fits = (responses["opleiding"] == 1) & (responses["dienstjaren"] >= 15)
    assert crossed.loc["all&simple_rule=1", "n"] == fits.sum()
    find = member_finder(responses, BOOK)
    inside = find({"sector": "rijk", "simple_rule": "1"})
    assert (inside == (fits & (responses["sector"] == "rijk"))).all()


def test_where_few_of_most_units_fit_the_rule_nobody_is_parted_by_it(responses):
    rare = responses.assign(dienstjaren=5.0)
    rare.loc[:30, ["opleiding", "dienstjaren"]] = [1, 20]
    rare["sector"] = np.repeat(["rijk", "mbo", "hbo", "politie"], 100)

    grouping = make_groups(rare, BOOK, ["organisatie"], Settings(), [SIMPLE_RULE])

    assert part_by_rule(rare, BOOK).eq("1").sum() == 31
    assert set(grouping.groups["kind"]) == {"all", "unit"}


@pytest.mark.parametrize("fit", [5, 7, 9])
def test_no_setting_tells_how_few_fit_the_rule(responses, fit):
    """Of one organisation the groups by the rule came and went with the smallest that was asked."""
    rare = responses.assign(dienstjaren=5.0, sector="rijk", organisatie="O1")
    rare.loc[: fit - 1, ["opleiding", "dienstjaren"]] = [1, 20]

    def made(least):
        asked = Settings.model_validate({"groups": {"minimum_cross": least}})
        grouping = make_groups(rare, BOOK, ["organisatie"], asked, [SIMPLE_RULE])
        return list(grouping.groups.index), grouping.rolled_up.to_dict("records")

    assert part_by_rule(rare, BOOK).eq("1").sum() == fit
    assert all(made(least) == made(10) for least in (5, fit, fit + 1))


def test_groups_by_the_rule_displace_no_others():
    names = ["all", "sector=a", "all&simple_rule=1", "sector=a&simple_rule=0", "all&opleiding=1"]

    assert rank_groups(names, []).tolist() == [-1, 0, 1, 1, 0]
    assert rank_groups(names, ["sector"]).tolist() == [-1, 0, 2, 2, 1]


def test_a_rule_that_asks_for_low_education_is_of_that_level():
    levels = education_levels(BOOK)

    assert levels["opleiding=1"] == levels["simple_rule=1"] == "low"
    assert (levels["opleiding=2"], levels["opleiding=3"]) == ("middle", "high")
    assert "simple_rule=0" not in levels


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"simple_rule": {"column": "leeftijd", "at_least": 50}}, "is an audit attribute"),
        ({"simple_rule": {"column": "nergens", "at_least": 50}}, "not under"),
        ({"vouchers": {"outcome": "vertrekintentie"}}, "no outcome of the kind need"),
    ],
)
def test_rules_and_uses_that_cannot_be_are_refused(changes, message):
    raw = {**BOOK.model_dump(by_alias=True, exclude_none=True), **changes}

    with pytest.raises(ValueError, match=message):
        Codebook.model_validate(raw)


def test_the_codebook_says_which_of_several_needs_vouchers_are_for():
    run = {"needs": ["a", "b"], "voucher_outcome": "b"}

    assert choose_need(run, "") == "b"
    assert choose_need(run, "a") == "a"
    with pytest.raises(ReleaseError, match="2 needs are told of"):
        choose_need({"needs": ["a", "b"]}, "")
