"""Profiles: means over ten respondents or more, interactions that are there, honest intervals."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.stats import t

from blijfwijzer.drivers.contributions import Contributed, Contributions
from blijfwijzer.drivers.dependence import measure_dependence, measure_interactions, measure_spread
from blijfwijzer.drivers.importance import Refit, contrast_cohorts
from blijfwijzer.drivers.profiles import profile
from blijfwijzer.drivers.tree_contributions import tree_interactions
from blijfwijzer.estimation.design import Design
from blijfwijzer.publish.language.texts import write
from blijfwijzer.publish.pictures.canvas import Subject, to_bytes, wrap
from blijfwijzer.publish.pictures.driver_plots import draw_drivers
from blijfwijzer.risk.features import Feature, Schema
from blijfwijzer.settings import DriverSettings
from blijfwijzer.survey.codebook import Text, load_codebook
from blijfwijzer.survey.texts import say
from shared_trees import grow
from studies.drivers import try_importance

BOOK = load_codebook(Path(__file__).parents[1] / "assets" / "small.toml")
QUICK = DriverSettings(bootstraps=50)


def feature(name, scale, construct, changeable=True):
    return Feature(name, "item", Text(nl=name, en=name), scale, construct, changeable, (), 1.0, 5.0)


SCHEMA = Schema(
    (
        feature("veilig_1", "psychologische_veiligheid", "cultuur"),
        feature("veilig_2", "psychologische_veiligheid", "cultuur"),
        feature("dienstjaren", "dienstjaren", "loopbaan", changeable=False),
    )
)


@pytest.fixture
def survey(rng):
    rows = 2000
    frame = pd.DataFrame(rng.integers(1, 6, (rows, 3)), columns=SCHEMA.names).astype(float)
    frame.loc[:4, "dienstjaren"] = 40.0
    both = (frame["veilig_1"] > 3) * (frame["veilig_2"] > 3) * 0.2
    values = pd.DataFrame(
        {
            "veilig_1": 0.03 * (3 - frame["veilig_1"]) + both,
            "veilig_2": 0.01 * (3 - frame["veilig_2"]),
            "dienstjaren": 0.02 * (frame["dienstjaren"] > 4),
        }
    )
    risk = 0.2 + values.sum(axis=1).to_numpy()
    contributions = Contributions(values, 0.2, risk, 0.0)
    group = pd.Series(rng.choice(["a", "b", "c"], rows, p=[0.6, 0.397, 0.003]))
    units = pd.Series(rng.integers(0, 40, rows).astype(str), name="unit")
    return contributions, frame, rng.uniform(0.5, 2, rows), units, {"opleiding": group}


def profiled(survey, refits=()):
    contributions, frame, weight, units, groups = survey
    contributed = Contributed(contributions, frame, SCHEMA)
    return profile(contributed, Design.of_units(weight, units), groups, QUICK, 0, list(refits))


def test_importance_is_the_weighted_mean_size(survey):
    contributions, _, weight, *_ = survey
    found = profiled(survey).features

    expected = np.average(contributions.values.abs(), axis=0, weights=weight)
    np.testing.assert_allclose(found.loc[SCHEMA.names, "mean_abs"], expected)
    assert (found["low"] <= found["mean_abs"]).all()
    assert (found["mean_abs"] <= found["high"]).all()


def test_items_add_up_to_their_scale_before_their_size_is_taken(survey):
    contributions, _, weight, *_ = survey
    whole = contributions.values["veilig_1"] + contributions.values["veilig_2"]

    found = profiled(survey).scales.loc["psychologische_veiligheid", "mean_abs"]

    assert found == pytest.approx(np.average(whole.abs(), weights=weight))


def test_constructs_are_parted_in_what_can_be_changed(survey):
    found = profiled(survey).constructs

    assert set(zip(found["construct"], found["is_changeable"], strict=True)) == {
        ("cultuur", True),
        ("loopbaan", False),
    }


def test_no_row_stands_for_fewer_than_ten(survey):
    drivers = profiled(survey)

    assert drivers.dependence["n"].min() >= 10
    assert drivers.spread["n"].min() >= 10
    assert drivers.cohorts["n"].min() >= 10
    assert "c" not in set(drivers.cohorts["group"])
    assert drivers.dependence["value"].max() < 40


def test_how_wide_contributions_are_drawn_is_not_what_one_person_has(survey):
    contributions, *others = survey
    odd = replace(contributions, values=0.913 * contributions.values)

    drawn = profiled((odd, *others)).spread["contribution"]

    steps = np.diff(np.unique(drawn)).min() * 30 / 0.005
    assert steps == pytest.approx(round(steps))


def test_groups_by_bands_stand_from_low_to_high(survey):
    contributions, frame, weight, units, _ = survey
    ages = pd.Series(np.resize([60, 20, 40], len(frame)))
    bands = pd.Series(pd.cut(ages, [0, 35, 55, 99], labels=["<35", "35-54", "55+"]))

    drivers = profiled((contributions, frame, weight, units, {"leeftijd": bands}))

    assert list(dict.fromkeys(drivers.cohorts["group"])) == ["<35", "35-54", "55+"]


def test_a_model_that_adds_curves_has_no_pairs_and_its_bend_is_told_apart(survey):
    drivers = profiled(survey)
    picture = draw_drivers(drivers, Subject(BOOK, BOOK.outcomes["vertrekintentie"], "en"))

    assert drivers.interactions.empty
    told = picture["interactions"].figure.axes[0]
    assert "no answers interact" in " ".join(told.texts[0].get_text().split())
    risk = survey[0].risk
    low, high = np.percentile(risk * (1 - risk), [5, 95])
    assert f"{100 * low:.1f} to {100 * high:.1f} percentage points" in picture["interactions"].alt


def test_the_pair_that_interacts_comes_first_on_the_margin(survey, rng):
    booster, X = grow(rng, columns=3)
    frame = pd.DataFrame(X, columns=SCHEMA.names)
    values = pd.DataFrame(np.zeros(X.shape), columns=SCHEMA.names)
    still = Contributions(values, 0.2, np.full(len(X), 0.2), 0.0)
    made = Contributed(still, frame, SCHEMA, booster.model_to_string())

    pairs = measure_interactions(made, np.ones(len(X)))

    assert pairs["strength"].is_monotonic_decreasing
    found = tree_interactions(made.trees, X, np.ones(len(X)), csr_array(np.ones((1, len(X)))))
    first = found.pairs[int(found.size.argmax())]
    assert [*pairs.loc[0, ["first", "second"]]] == [SCHEMA.names[place] for place in first]
    assert pairs.loc[0, "strength"] == found.size.max()


def test_a_group_is_compared_with_all_others(survey):
    contributions, _, weight, _, groups = survey
    inside = (groups["opleiding"] == "a").to_numpy()
    values = contributions.values["dienstjaren"].to_numpy()
    expected = np.average(values[inside], weights=weight[inside]) - np.average(
        values[~inside], weights=weight[~inside]
    )

    table = profiled(survey).cohorts.set_index(["group", "scale"])

    assert table.loc[("a", "dienstjaren"), "difference"] == pytest.approx(expected)


def test_the_luckiest_of_many_small_groups_does_not_stand_out(rng):
    values = pd.DataFrame({"dienstjaren": rng.standard_normal(300)})
    design = Design.of_units(np.ones(300), pd.Series(np.arange(300)))
    groups = {"afdeling": pd.Series(np.arange(300) % 20).astype(str)}

    table = contrast_cohorts(values, groups, design, DriverSettings(), rng)

    own = values["dienstjaren"].groupby(groups["afdeling"]).mean()
    assert table["difference"].abs().max() < own.abs().max() / 2
    assert ((table["low"] < 0) & (table["high"] > 0)).all()


def refit(*sizes):
    """Give sizes of features, and as much for what they add up to."""
    first, second, third = sizes
    scales = pd.Series({"psychologische_veiligheid": first + second, "dienstjaren": third})
    constructs = pd.Series({"cultuur|changeable": first + second, "loopbaan|given": third})
    return Refit(pd.Series(sizes, index=SCHEMA.names), scales, constructs, pd.DataFrame(), 0.0)


def test_equal_refits_agree_wholly_and_opposite_ones_do_not(survey):
    one, other = refit(3.0, 2.0, 1.0), refit(-3.0, -2.0, -1.0)

    table = profiled(survey, [one, one, other]).stability.set_index("comparison")

    assert table.loc["fold 1 - fold 2", "rank_correlation"] == pytest.approx(1)
    assert table.loc["fold 1 - fold 3", "rank_correlation"] == pytest.approx(-1)


def test_refits_widen_intervals_and_give_each_feature_its_ranks(survey):
    alone = profiled(survey).features
    sizes = alone.loc[SCHEMA.names, "mean_abs"].to_numpy()
    made = [refit(*(sizes * by)) for by in ([1, 1, 1], [1.1, 1, 1], [0.9, 1, 1], [1, 1, 99])]

    found = profiled(survey, made).features

    assert found.loc["veilig_2", "high"] == alone.loc["veilig_2", "high"]
    first = sizes[0] * np.array([1, 1.1, 0.9, 1])
    jackknife = np.sqrt(3 / 4 * ((first - first.mean()) ** 2).sum())
    assert found.loc["veilig_1", "high"] == pytest.approx(sizes[0] + t.ppf(0.975, 3) * jackknife)
    # Tenure is last but in the fit in which it is by far the first.
    assert found.loc["dienstjaren", ["rank_low", "rank_high"]].tolist()[0] == 1
    assert found["rank_high"].max() == 3
    assert alone[["rank_low", "rank_high"]].isna().all(axis=None)


def test_intervals_of_importance_hold_what_other_units_would_give(rng):
    found = try_importance(runs=12, seed=3)

    assert found.with_refits >= 0.9
    assert found.plain < found.with_refits


def test_dropping_the_weights_changes_the_profile(survey):
    contributions, frame, weight, units, groups = survey
    plain = profiled((contributions, frame, np.ones(len(weight)), units, groups))

    assert (plain.features["mean_abs"] != profiled(survey).features["mean_abs"]).all()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_picture_tells_in_words_too_and_is_the_same_each_time(survey, language):
    outcome = BOOK.outcomes["vertrekintentie"]
    drawn = [draw_drivers(profiled(survey), Subject(BOOK, outcome, language)) for _ in range(2)]

    for name, picture in drawn[0].items():
        assert len(picture.alt) > 20, name
        svg = to_bytes(picture.figure, "svg")
        assert svg == to_bytes(drawn[1][name].figure, "svg"), name
        assert write(say("plot.foot.intention"), language) in svg.decode(), name
        assert to_bytes(picture.figure, "png").startswith(b"\x89PNG")


def test_an_axis_has_the_decimal_mark_of_its_language():
    outcome = BOOK.outcomes["vertrekintentie"]
    for language, written in (("nl", "0,5"), ("en", "0.5")):
        with Subject(BOOK, outcome, language).canvas(3, 3, "plot.stability") as (figure, (axes,)):
            axes.set_xticks([0, 0.5, 1])
            figure.draw_without_rendering()
        assert axes.get_xticklabels()[1].get_text() == written


def test_stability_tells_folds_and_samples_apart(survey):
    subject = Subject(BOOK, BOOK.outcomes["vertrekintentie"], "en")

    alt = draw_drivers(profiled(survey), subject)["stability"].alt

    assert "other samples of organisations" in alt
    assert "folds" not in alt


def test_the_note_fits_the_outcome():
    assert "voornemen" in Subject(BOOK, BOOK.outcomes["vertrekintentie"], "nl").note
    assert "intention" not in Subject(BOOK, BOOK.outcomes["achterblijver"], "en").note


def test_a_long_label_is_broken_and_ends_in_dots():
    broken = wrap("een heel lange vraag die nooit op twee regels past omdat zij doorgaat", 20)

    assert broken.count("\n") == 1
    assert broken.endswith("…")


def test_a_bin_does_not_tell_how_many_have_each_of_its_values(rng):
    """The exact mean of ten with 2.6667 and one with 2.5 is no other than 2.6515."""
    rows, told = 400, []
    for few in (1, 2):
        some = np.r_[np.full(few, 2.5), np.full(11 - few, 2.6667), np.repeat([3.0, 4.0], 100)]
        score = np.r_[some, np.full(rows - len(some), 5.0)]
        frame = pd.DataFrame({name: score for name in SCHEMA.names})
        contributions = Contributions(0.01 * (3 - frame), 0.2, np.full(rows, 0.2), 0.0)
        contributed = Contributed(contributions, frame, SCHEMA)
        told.append(measure_dependence(contributed, ["veilig_1"], np.ones(rows), 10)["value"])

    assert told[0].tolist() == told[1].tolist()
    assert told[0].tolist()[1:] == [3.0, 4.0, 5.0]


def test_a_colour_does_not_tell_how_many_have_each_answer():
    """Of 256 colours the exact mean of ten with 1 and two with 2 has one that no other mean has."""
    told = []
    for few in (2, 3):
        score = np.r_[np.full(few, 2.0), np.full(12 - few, 1.0), np.repeat([1.0, 5.0], 100)]
        # What the twelve have in common is what their answers add, not what they answered.
        added = np.r_[np.full(12, 0.03), np.repeat([0.02, -0.02], 100)]
        frame = pd.DataFrame({name: score for name in SCHEMA.names})
        values = pd.DataFrame({name: added for name in SCHEMA.names})
        contributions = Contributions(values, 0.2, np.full(len(score), 0.2), 0.0)
        told.append(measure_spread(Contributed(contributions, frame, SCHEMA), ["veilig_1"], 10))

    assert told[0]["n"].tolist() == [100, 100, 12]
    assert told[0]["value"].tolist() == told[1]["value"].tolist()
