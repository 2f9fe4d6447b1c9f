"""Changes of units, net of who responded in them."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.sparse import csr_array

from blijfwijzer.culture.climate import measure_climate
from blijfwijzer.culture.dimensions import BETTER, SAME, WORSE
from blijfwijzer.culture.raking import rake
from blijfwijzer.culture.trend import measure_trend
from blijfwijzer.culture.unit_changes import (
    COLUMNS,
    change_of_units,
    measure_unit_changes,
    rake_large,
)
from blijfwijzer.culture.unit_regression import AS_IS, RAKED, REGRESSED
from blijfwijzer.culture.waves import compare_waves
from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.grouping import make_groups
from blijfwijzer.settings import CultureSettings, Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.scales import score_scales
from questionnaires import built_in_wave
from small_worlds import grouping_of

CODEBOOK = load_codebook("werkonderzoek-2019")
SETTINGS = CultureSettings(draws=200)


def alone(count):
    return Design(np.ones(count), np.arange(count), np.zeros(count, dtype=np.intp))


def younger_units(rng, units=40, n=20, shift=0.4, change=0.0, design=None):
    """Older people answer higher; in every second unit fewer of the later wave are old."""
    unit = np.tile(np.repeat(np.arange(units), n), 2)
    is_now = np.repeat([False, True], units * n)
    share = np.clip(rng.normal(0.5, 0.15, units), 0.1, 0.9)
    later = np.clip(share - shift * (np.arange(units) % 2), 0.02, 0.98)
    old = rng.random(len(unit)) < np.where(is_now, later[unit], share[unit])
    # Units of old people are better places by themselves: that is no part of what age foresees.
    own = rng.normal(0, 0.3, units) + share - 0.5
    moved = np.broadcast_to(change, units)[unit] * is_now
    values = 3.3 + own[unit] + 0.6 * old + moved + rng.normal(0, 0.7, len(unit))
    sex = rng.integers(1, 3, len(unit)).astype(str)
    traits = pd.DataFrame({"age": np.where(old, "old", "young"), "sex": sex})
    design = alone(len(unit)) if design is None else design
    return values, traits, is_now, unit, rake(traits, is_now, design, 10)


def members_of(unit):
    return csr_array((unit == np.arange(unit.max() + 1)[:, None]).astype(np.int8))


def changes_of(values, waves, unit, raked=None):
    count = unit.max() + 1
    names = [f"organisatie=O{place}" for place in range(count)]
    levels = pd.Series("organisatie", index=names)
    return change_of_units(values, waves, members_of(unit), levels, raked or {})


@pytest.fixture(scope="module")
def surveys(tmp_path_factory):
    folder, read = tmp_path_factory.mktemp("waves"), []
    for wave in (2019, 2022):
        responses = built_in_wave(folder, 3000, wave)
        some = responses["sector"].isin(["rijk", "gemeenten", "politie", "mbo"])
        read.append(responses[some].reset_index(drop=True))
    return read


def grouped(responses):
    levels = ["sector", "organisatie"]
    return make_groups(responses, CODEBOOK, levels, Settings())


def changes_between(before, now):
    both = (grouped(before), grouped(now))
    pair = compare_waves(before, now, CODEBOOK, SETTINGS)
    return measure_unit_changes(pair, both)


@pytest.fixture(scope="module")
def changes(surveys):
    return changes_between(*surveys)


def test_units_of_which_only_the_mix_moved_did_not_change(rng):
    raw, net, raw_holds, net_holds = [], [], [], []
    for _ in range(40):
        values, _, _, unit, waves = younger_units(rng)
        table = changes_of(values, waves, unit).iloc[1::2]
        width = 1.96 * np.sqrt(table["variance"])
        raw.append(table["raw"].mean())
        net.append(table["net"].mean())
        raw_holds.append(table["raw"].abs() <= width)
        net_holds.append(table["net"].abs() <= width)

    assert np.mean(raw) == pytest.approx(-0.22, abs=0.04)
    assert np.mean(net) == pytest.approx(0, abs=0.03)
    assert 0.92 <= np.mean(net_holds) <= 0.97
    assert np.mean(raw_holds) < 0.85


def test_what_a_unit_changed_itself_is_held_by_its_interval(rng):
    covered, told, made = [], [], []
    for _ in range(40):
        change = rng.normal(0, 0.3, 40)
        values, _, _, unit, waves = younger_units(rng, n=12, change=change)
        table = changes_of(values, waves, unit)
        covered.append((table["net"] - change).abs() <= 1.96 * np.sqrt(table["variance"]))
        told.append(table["variance"].mean())
        made.append(((table["net"] - change) ** 2).mean())

    assert 0.92 <= np.mean(covered) <= 0.97
    assert np.mean(told) == pytest.approx(np.mean(made), rel=0.12)


def test_what_traits_foresee_is_a_regression_with_a_level_for_each_unit(rng):
    values, traits, is_now, unit, waves = younger_units(rng, units=12)

    table = changes_of(values, waves, unit)

    X = pd.DataFrame({"old": traits["age"] == "old", "one": traits["sex"] == "1"}).astype(float)
    levels = pd.get_dummies(unit[is_now]).astype(float).reset_index(drop=True)
    fitted = sm.OLS(values[is_now], pd.concat([X[is_now].reset_index(drop=True), levels], axis=1))
    slopes = fitted.fit().params[["old", "one"]].to_numpy()
    rest = values - X.to_numpy() @ slopes
    expected = [
        rest[is_now & (unit == one)].mean() - rest[~is_now & (unit == one)].mean()
        for one in range(12)
    ]
    assert table["net"].to_numpy() == pytest.approx(np.array(expected))
    assert (table["way"] == REGRESSED).all()


def test_with_next_to_no_one_to_learn_from_a_change_stays_as_it_is(rng):
    values, _, _, unit, waves = younger_units(rng, units=4, n=12)

    table = changes_of(values, waves, unit)

    assert (table["way"] == AS_IS).all()
    assert table["net"].to_numpy() == pytest.approx(table["raw"].to_numpy())
    assert (table["variance"] > 0).all()


def test_without_traits_a_change_is_the_difference_of_two_means(rng):
    values, _, is_now, unit, _ = younger_units(rng)
    waves = rake(pd.DataFrame(index=range(len(values))), is_now, alone(len(values)), 10)

    table = changes_of(values, waves, unit)

    assert (table["way"] == AS_IS).all()
    one = unit == 3
    assert table["net"].iloc[3] == pytest.approx(
        values[one & is_now].mean() - values[one & ~is_now].mean()
    )
    # One variance between people in each wave, for all units.
    within = [
        np.mean([values[part & (unit == one)].var(ddof=1) for one in range(40)])
        for part in (is_now, ~is_now)
    ]
    assert table["variance"].iloc[3] == pytest.approx(sum(within) / 20)


def test_who_did_not_answer_then_or_now_gives_no_change(rng):
    values, _, is_now, unit, waves = younger_units(rng)
    values[(unit == 3) & is_now] = np.nan

    row = changes_of(values, waves, unit).iloc[3]

    assert np.isnan(row["net"])
    assert (row["n_before"], row["n_now"]) == (20, 0)


def test_units_of_whole_clusters_are_known_by_these_which_count_once_in_both_waves(rng):
    # Eight units of ten clusters; a cluster keeps its own level from wave to wave.
    cluster = np.tile(np.arange(80), 60)
    unit, is_now = cluster // 10, np.arange(len(cluster)) >= len(cluster) / 2
    own = rng.normal(0, 0.6, 80)[cluster]
    values = own + rng.normal(0, 0.7, len(cluster))
    nothing = pd.DataFrame(index=range(len(values)))
    same = Design(np.ones(len(cluster)), cluster, np.zeros_like(cluster))
    other = Design(np.ones(len(cluster)), cluster + 80 * is_now, np.zeros_like(cluster))

    panel, apart = (
        changes_of(values, rake(nothing, is_now, design, 10), unit) for design in (same, other)
    )

    fitted = sm.OLS(values[unit == 2], sm.add_constant(is_now[unit == 2].astype(float))).fit(
        cov_type="cluster", cov_kwds={"groups": cluster[unit == 2]}
    )
    # The survey's other clusters count in the factor n / (n - 1), and so does statsmodels' own.
    assert np.sqrt(panel["variance"][2]) == pytest.approx(fitted.bse[1], rel=0.06)
    assert (panel["variance"] < 0.2 * apart["variance"]).all()


def test_replicate_weights_agree_with_the_clusters_they_leave_out(rng):
    cluster = np.tile(np.arange(80), 60)
    unit, is_now = cluster // 10, np.arange(len(cluster)) >= len(cluster) / 2
    cluster = cluster + 80 * is_now
    values = rng.normal(0, 0.6, 160)[cluster] + rng.normal(0, 0.7, len(cluster))
    weight = rng.uniform(0.5, 2, len(cluster))
    traits = pd.DataFrame({"sex": rng.integers(1, 3, len(cluster)).astype(str)})
    plain = Design(weight, cluster, is_now.astype(np.intp))
    left_out = np.where(
        cluster[:, None] == np.arange(160),
        0,
        np.where(is_now[:, None] == (np.arange(160) >= 80), 80 / 79, 1),
    )
    jackknifed = Design(weight, cluster, plain.stratum, weight[:, None] * left_out, 79 / 80)

    first, second = (
        changes_of(values, rake(traits, is_now, design, 10), unit) for design in (plain, jackknifed)
    )

    assert second["net"].to_numpy() == pytest.approx(first["net"].to_numpy())
    assert np.sqrt(second["variance"] / first["variance"]).to_numpy() == pytest.approx(1, abs=0.03)


def test_everyone_and_large_sectors_have_the_change_that_the_trend_tells(changes, surveys):
    trend = measure_trend(compare_waves(surveys[0], surveys[1], CODEBOOK, SETTINGS)).changes
    told = trend.set_index(["place", "scale"])[["net", "net_se"]]

    large = changes[changes["way"] == RAKED]

    assert set(large["group"]) == {
        "all",
        *(f"sector={place}" for place in trend["place"].unique() if place != "all"),
    }
    keys = list(zip(large["group"].str.removeprefix("sector="), large["dimension"], strict=True))
    assert large["net"].to_numpy() == pytest.approx(told.loc[keys, "net"].to_numpy())
    assert np.sqrt(large["variance"].to_numpy(float)) == pytest.approx(
        told.loc[keys, "net_se"].to_numpy()
    )


def test_every_group_of_both_waves_has_each_dimension_once(changes, surveys):
    both = set(grouped(surveys[0]).groups.index) & set(grouped(surveys[1]).groups.index)

    assert list(changes.columns) == COLUMNS
    assert set(changes["group"]) == both
    assert not changes.duplicated(["group", "dimension"]).any()
    organisations = changes["group"].str.contains("organisatie")
    assert organisations.any()
    assert (changes.loc[organisations, "way"] == REGRESSED).all()


def test_only_items_that_both_waves_asked_count(surveys, changes):
    # An item that only the later wave has, and to which all agree, moves nothing.
    before, now = surveys[0].drop(columns=["sam_1"]), surveys[1].assign(sam_1=5.0)
    asked = changes_between(surveys[0].assign(sam_1=np.nan), surveys[1])

    found = changes_between(before, now)

    pd.testing.assert_frame_equal(found, asked)
    own = [score_scales(wave, CODEBOOK)["samenwerking"].mean() for wave in (before, now)]
    assert own[1] - own[0] > 0.3
    everyone = found.set_index(["group", "dimension"]).loc[("all", "samenwerking")]
    assert abs(everyone["net"]) < 0.15


def test_a_group_that_no_weights_give_its_mix_is_not_raked():
    is_now = np.repeat([False, True], 200)
    old = np.r_[np.tile(np.r_[np.ones(90), np.zeros(10)], 2), np.tile([1, 0], 100)].astype(bool)
    man = np.where(is_now, ~old, np.repeat([True, False, True, False], 100))
    traits = pd.DataFrame({"old": old.astype(str), "man": man.astype(str)})
    waves = rake(traits, is_now, alone(400), 5)

    everyone = csr_array(np.ones((1, 400), dtype=np.int8))

    assert waves.largest_gap > 0.1
    assert rake_large(everyone, is_now, pd.Series([True]), lambda inside: waves) == {}


def test_marks_are_of_the_net_change(rng):
    # Every second unit fell by .36 in its mean as its old people left, and by nothing else; the
    # first really fell.
    change = np.r_[-0.9, np.zeros(39)]
    values, _, is_now, unit, waves = younger_units(rng, n=60, shift=0.6, change=change)
    table = changes_of(values, waves, unit).assign(dimension="samenwerking")
    later = unit[is_now]
    names = table["group"]

    def marks(told):
        return measure_climate(
            pd.DataFrame({"samenwerking": values[is_now]}),
            grouping_of(members_of(later), pd.Series("all", index=names)),
            alone(len(later)),
            CODEBOOK,
            CultureSettings(dimensions=("samenwerking",), draws=200),
            seed=1,
            previous=told[COLUMNS],
        ).table

    net = marks(table)
    raw = marks(table.assign(net=table["raw"]))

    assert (raw["previous_mark"].iloc[1::2] == WORSE).sum() >= 5
    assert (net["previous_mark"].iloc[1:] == SAME).all()
    assert net["previous_mark"].iloc[0] == WORSE
    assert not (net["previous_mark"] == BETTER).any()
    assert (net["previous_way"] == REGRESSED).all()
    assert (net["previous_n"] == 60).all()


def test_where_few_teach_what_traits_foresee_that_counts_as_unsure(rng):
    told, made = [], []
    for _ in range(200):
        values, _, _, unit, waves = younger_units(rng, units=6, n=11, shift=0.8)
        table = changes_of(values, waves, unit).iloc[1::2]
        assert (table["way"] == REGRESSED).all()
        told.append(table["variance"].mean())
        made.append((table["net"] ** 2).mean())

    assert np.mean(told) == pytest.approx(np.mean(made), rel=0.14)
