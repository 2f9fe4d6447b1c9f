"""Targeting: errors of the rule of flagged groups, by background, with honest sentences."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate, selection_rate

from blijfwijzer.fairness.conclusions import conclude
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.tables.fairness_tables import (
    Targeted,
    clear_gaps,
    clear_rates,
    clear_sentences,
)
from blijfwijzer.survey.codebook import load_codebook
from shared_targeting import audit, survey_of


def rates_of(table, attribute, measure):
    chosen = table[(table["attribute"] == attribute) & (table["measure"] == measure)]
    return chosen.set_index("group")["value"]


@pytest.mark.parametrize(
    ("measure", "metric"),
    [
        ("exclusion", false_negative_rate),
        ("inclusion", false_positive_rate),
        ("selection", selection_rate),
    ],
)
def test_unweighted_rates_equal_those_of_fairlearn(rng, measure, metric):
    survey = survey_of(rng)
    age = survey["attributes"]["leeftijd"]
    theirs = MetricFrame(
        metrics=metric,
        y_true=survey["in_need"],
        y_pred=survey["selected"],
        sensitive_features=age,
    )

    ours = audit(survey)

    found = rates_of(ours.by_group, "leeftijd", measure)
    gap = ours.gaps.set_index(["attribute", "measure"]).loc[("leeftijd", measure)]
    assert found.to_dict() == pytest.approx(theirs.by_group.to_dict())
    assert ours.overall.loc[measure, "value"] == pytest.approx(theirs.overall)
    assert gap["gap"] == pytest.approx(theirs.difference())
    assert gap["ratio"] == pytest.approx(theirs.ratio())


def test_errors_of_a_rule_with_known_answers():
    survey = {
        "in_need": np.repeat([1.0, 1, 0, np.nan], 20),
        "selected": np.tile([1.0, 0.25], 40),
        "weight": np.tile([1.0, 3.0], 40),
        "units": pd.Series(np.arange(80) % 8),
        "attributes": {},
    }

    overall = audit(survey).overall["value"]

    selected = (1 + 3 * 0.25) / 4
    assert overall.to_dict() == pytest.approx(
        {"exclusion": 1 - selected, "inclusion": selected, "selection": selected}
    )


@pytest.mark.parametrize(("in_need", "is_shown"), [(9, False), (10, True)])
def test_a_rate_of_fewer_than_ten_is_not_shown(rng, in_need, is_shown):
    survey = survey_of(rng, rows=400)
    small = np.zeros(400, dtype=bool)
    small[:50] = True
    survey["in_need"][:50] = np.arange(50) < in_need
    survey["attributes"] = {"contract": pd.Series(np.where(small, "oproep", "vast"))}

    table = audit(survey).by_group.set_index(["group", "measure"])

    row = table.loc[("oproep", "exclusion")]
    assert row["is_shown"] == is_shown
    assert np.isfinite(row["value"]) == is_shown
    assert row[["value", "low", "high", "n", "effective_n"]].isna().all() != is_shown
    assert table.loc[("oproep", "selection"), "is_shown"]


@pytest.mark.parametrize(("people", "is_shown"), [(29, False), (30, True)])
def test_two_attributes_together_need_thirty(rng, people, is_shown):
    survey = survey_of(rng, rows=600)
    both = np.arange(600) < people
    survey["attributes"] = {
        "a": pd.Series(np.where(both | (np.arange(600) < 200), "x", "y")),
        "b": pd.Series(np.where(both | (np.arange(600) > 400), "x", "y")),
    }

    table = audit(survey).intersections.set_index(["group", "measure"])

    assert table.loc[("x&x", "selection"), "is_shown"] == is_shown
    assert set(table["attribute"]) == {"a&b"}


def test_a_name_with_an_ampersand_is_no_crossing(rng):
    survey = survey_of(rng)
    survey["attributes"] = {
        "werk": pd.Series(rng.choice(["m", "m&v"], 3000)),
        "R&D": pd.Series(rng.choice(["a", "v&a"], 3000)),
    }
    plain = load_codebook("werkonderzoek-2019").columns["opleiding"]
    columns = {
        "werk": plain.model_copy(update={"label": "Work", "codes": {"m": "Men", "m&v": "Both"}}),
        "R&D": plain.model_copy(update={"label": "Place", "codes": {"a": "Lab", "v&a": "Fair"}}),
    }

    found = Targeted(audit(survey, columns=columns), frozenset())
    edge = Edge("en", 10)
    rows = clear_rates("fairness", [found], SimpleNamespace(columns=columns), edge).frame

    crossed = rows[rows["attribute"].str.contains("Work") & rows["attribute"].str.contains("Place")]
    assert sorted(crossed["label"]) == ["Both, Fair", "Both, Lab", "Men, Fair", "Men, Lab"]
    assert set(rows.loc[rows["attribute"] == "Work", "label"]) == {"Men", "Both"}


@pytest.mark.parametrize(
    "hidden", [frozenset(), frozenset({(EVERYONE, EVERYONE)})], ids=["told", "not told"]
)
def test_where_nobody_is_selected_that_is_told_once_if_it_may_be(rng, hidden):
    survey = survey_of(rng)
    survey["selected"] = np.zeros(3000)
    plain = load_codebook("werkonderzoek-2019").columns["opleiding"]
    book, edge = SimpleNamespace(columns=dict.fromkeys(survey["attributes"], plain)), Edge("en", 10)

    found = Targeted(audit(survey), hidden)
    rates = clear_rates("fairness", [found], book, edge).frame
    told = clear_sentences("conclusions", found, book, edge).frame

    assert (len(rates) == 1) == (not hidden)
    assert clear_gaps("gaps", [found], book, edge).frame.empty == (not hidden)
    assert (list(told["attribute"]) == ["Everyone"]) == (not hidden)


def test_a_missing_or_empty_level_does_no_harm(rng):
    survey = survey_of(rng)
    kind = pd.CategoricalDtype(["nooit", "m", "v"])
    sex = survey["attributes"]["geslacht"].astype(kind)
    survey["attributes"]["geslacht"] = sex.mask(rng.random(3000) < 0.2)

    found = audit(survey)

    assert list(rates_of(found.by_group, "geslacht", "exclusion").index) == ["m", "v"]
    assert not found.intersections["group"].str.contains("nooit|nan").any()


def test_codes_are_named_without_decimals(rng):
    survey = survey_of(rng)
    survey["attributes"] = {"opleiding": pd.Series(rng.integers(1, 4, 3000).astype(float))}

    found = audit(survey, columns=load_codebook("werkonderzoek-2019").columns)

    assert list(rates_of(found.by_group, "opleiding", "selection").index) == ["1", "2", "3"]
    assert write(found.conclusions["opleiding"], "nl").startswith("Opleiding: ")
    assert write(found.conclusions["opleiding"], "en").startswith("Education: ")


def test_a_large_difference_is_named(rng):
    columns = load_codebook("werkonderzoek-2019").columns
    survey = survey_of(rng, missed={"m": 0.3, "v": 0.7})
    survey["attributes"]["geslacht"] = survey["attributes"]["geslacht"].map({"m": "1", "v": "2"})

    found = audit(survey, columns=columns)

    gap = found.gaps.set_index(["attribute", "measure"]).loc[("geslacht", "exclusion")]
    women, men = columns["geslacht"].codes["2"], columns["geslacht"].codes["1"]
    sentence = found.conclusions["geslacht"]
    assert gap["gap_low"] < gap["gap"] < gap["gap_high"]
    assert gap["ratio_low"] < gap["ratio"] < gap["ratio_high"]
    assert (gap["highest"], gap["lowest"]) == ("2", "1")
    assert f"among {women.en} and" in write(sentence, "en")
    assert f"bij {men.nl} 3" in write(sentence, "nl")
    assert "kleinste kans is 0,4" in write(sentence, "nl")


def test_that_nobody_of_a_group_is_selected_is_said_without_a_ratio_of_nothing():
    gaps = pd.DataFrame(
        {
            "attribute": "age",
            "measure": ["exclusion", "selection"],
            "groups": 2,
            "gap": 0.01,
            "gap_low": 0.0,
            "gap_high": 0.02,
            "ratio": [1.0, 0.004],
        }
    )
    groups = pd.DataFrame({"attribute": [], "measure": [], "group": [], "value": []})

    told = write(conclude("age", groups, gaps, None), "en")

    assert "nobody is selected" in told
    assert "0.00" not in told


def test_no_difference_is_said_only_of_many_people(rng):
    many = audit(survey_of(rng, rows=40_000, units=800)).conclusions["geslacht"]
    few = audit(survey_of(rng, rows=300)).conclusions["geslacht"]

    assert "no difference that matters between the groups shown" in write(many, "en")
    assert "geen verschil van betekenis tussen de groepen die hier staan" in write(many, "nl")
    assert "too uncertain" in write(few, "en")
    assert "te onzeker" in write(few, "nl")


def test_too_few_units_give_rates_without_intervals(rng):
    found = audit(survey_of(rng, units=4))

    assert found.by_group["value"].notna().all()
    assert found.by_group["low"].isna().all()
    assert "too few units" in write(found.conclusions["leeftijd"], "en")


def test_one_group_cannot_be_compared(rng):
    survey = survey_of(rng, rows=200)
    survey["attributes"] = {"geslacht": pd.Series(["m"] * 200)}

    found = audit(survey)

    assert "te weinig waarnemingen" in write(found.conclusions["geslacht"], "nl")
    assert found.gaps["gap"].isna().all()


def test_labels_that_are_all_unknown_leave_the_selection_rate(rng):
    survey = survey_of(rng) | {"in_need": np.full(3000, np.nan)}

    found = audit(survey)

    assert np.isfinite(found.overall.loc["selection", "value"])
    assert found.overall.loc[["exclusion", "inclusion"], "value"].isna().all()
    assert "too few responses" in write(found.conclusions["geslacht"], "en")


def test_a_group_that_is_missed_as_a_whole_has_an_interval(rng):
    survey = survey_of(rng, missed={"m": 1.0, "v": 0.5})

    table = audit(survey).by_group.set_index(["group", "measure"])

    low, value, high = table.loc[("m", "exclusion"), ["low", "value", "high"]]
    assert (value, high) == (1, 1)
    assert 0.99 < low < 1


def test_without_a_true_difference_one_is_claimed_in_about_one_of_twenty(rng):
    runs, claimed = 60, 0
    for seed in range(runs):
        survey = survey_of(rng, rows=600, units=40)
        del survey["attributes"]["geslacht"]
        gaps = audit(survey, seed=seed).gaps
        claimed += gaps.loc[gaps["measure"] == "exclusion", "gap_low"].iloc[0] > 0

    assert claimed / runs <= 0.12


def test_the_interval_covers_the_largest_true_difference(rng):
    runs, covered = 60, 0
    missed = {"a": 0.35, "b": 0.5, "c": 0.6}
    for seed in range(runs):
        survey = survey_of(rng, rows=1500, units=50)
        group = pd.Series(rng.choice(list(missed), 1500))
        survey["selected"] = (rng.random(1500) >= group.map(missed)).astype(float).to_numpy()
        survey["attributes"] = {"groep": group}
        gap = audit(survey, seed=seed).gaps.set_index("measure").loc["exclusion"]
        covered += gap["gap_low"] <= 0.25 <= gap["gap_high"]

    assert covered / runs >= 0.9


def test_alike_colleagues_widen_the_interval(rng):
    survey = survey_of(rng, rows=2000, units=50)
    survey["selected"] = (rng.random(50) < 0.5).astype(float)[survey["units"]]
    alone = survey | {"units": pd.Series(np.arange(2000))}

    together, apart = audit(survey).overall, audit(alone).overall

    width = [(t["high"] - t["low"])["exclusion"] for t in (together, apart)]
    assert width[0] > 2 * width[1]


def test_the_same_seed_gives_the_same_audit(rng):
    survey = survey_of(rng)

    first, again, other = audit(survey), audit(survey), audit(survey, seed=1)

    pd.testing.assert_frame_equal(first.gaps, again.gaps)
    assert (first.by_group["low"] != other.by_group["low"]).any()


def test_each_pair_of_attributes_of_a_large_survey_is_crossed(rng):
    survey = survey_of(rng, rows=40_000, units=500)
    survey["attributes"] |= {
        name: pd.Series(rng.choice(list("abc"), 40_000)) for name in ("opleiding", "contract")
    }

    found = audit(survey, bootstraps=200)

    assert len(found.intersections) == 3 * (3 * 2 * 3 + 3 * 3 * 3)


def test_a_ratio_rests_on_no_group_whose_row_is_dropped(rng):
    survey = survey_of(rng, rows=400)
    group = np.where(
        np.arange(400) < 50, "oproep", np.where(np.arange(400) < 200, "vast", "inhuur")
    )
    # Nobody of the first group was selected, and nine of them are in need.
    survey["in_need"][:50] = np.arange(50) < 9
    survey["selected"][:50] = 0
    survey["attributes"] = {"contract": pd.Series(group)}

    gaps = audit(survey).gaps.set_index("measure")

    assert gaps.loc["selection", "groups"] == 2
    assert gaps.loc["selection", "ratio"] > 0
    assert "oproep" not in set(gaps.loc["selection", ["highest", "lowest"]])


def test_a_gap_and_its_sentence_rest_on_no_rate_that_is_withheld(rng):
    survey = survey_of(rng, rows=800)
    few = np.arange(800) < 100
    # Of twelve on call in need five are missed: 42 % of 10 to 14 people are no other number.
    survey["in_need"][few] = np.arange(100) < 12
    survey["selected"][few] = np.arange(100) >= 5
    survey["selected"][~few] = rng.random(700) < 0.95
    survey["attributes"] = {"contract": pd.Series(np.where(few, "oproep", "vast"))}

    found = audit(survey)

    gap = found.gaps.set_index("measure").loc["exclusion"]
    assert gap["groups"] == 1
    assert np.isnan(gap["gap"])
    assert "too few" in write(found.conclusions["contract"], "en")
