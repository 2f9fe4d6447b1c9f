from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from blijfwijzer.culture.changes import measure_change
from blijfwijzer.culture.dimensions import BETTER, SAME, WORSE
from blijfwijzer.culture.raking import pair_waves, part_of, rake
from blijfwijzer.culture.traits import OTHER, merge_small
from blijfwijzer.culture.trend import CHANGE_COLUMNS, measure_trend
from blijfwijzer.culture.waves import common_items, compare_waves
from blijfwijzer.disclosure.rounding import band
from blijfwijzer.errors import NothingInCommonError
from blijfwijzer.estimation.design import Design
from blijfwijzer.release.culture import mix_figures
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.codebook import load_codebook
from questionnaires import built_in_wave

CODEBOOK = load_codebook("werkonderzoek-2019")
SMALL = Path(__file__).parents[1] / "assets" / "small.toml"


def design_of(weight, cluster=None):
    cluster = np.arange(len(weight)) if cluster is None else cluster
    return Design(np.asarray(weight, dtype=float), cluster, np.zeros(len(weight), dtype=np.intp))


def two_waves(rng, size=1500, older=0.3, younger=0.3, change=0.0, units=60):
    """Older people answer higher; the mix moves from `older` to `younger` shares of them."""
    is_now = np.repeat([False, True], size)
    old = rng.random(2 * size) < np.where(is_now, younger, older)
    sex = rng.integers(1, 3, 2 * size)
    unit = rng.integers(0, units, 2 * size)
    own = rng.normal(0, 0.2, units)[unit]
    values = 3.3 + 0.6 * old + own + change * is_now + rng.normal(0, 0.7, 2 * size)
    traits = pd.DataFrame({"age": np.where(old, "old", "young"), "sex": sex.astype(str)})
    return values, traits, is_now, unit


def replicated_waves(rng, young, size=2000, units=20):
    """Two waves of 2 x `units` organisations each, none in both, with a jackknife of these."""
    made = []
    for wave, share in enumerate(young):
        stratum = np.arange(size) % 2
        unit = rng.integers(0, units, size) + units * stratum
        own = rng.normal(0, 0.3, 2 * units)[unit]
        lean = np.clip(share + rng.normal(0, 0.15, 2 * units), 0.05, 0.95)[unit]
        is_young = rng.random(size) < lean
        weight = rng.uniform(0.5, 2, size)
        left_out = {
            f"jk{r + 1}": weight
            * np.where(unit == r, 0, np.where(stratum == r // units, units / (units - 1), 1))
            for r in range(2 * units)
        }
        columns = {
            "sector": np.where(stratum, "rijk", "gemeente"),
            "organisatie": np.char.add(f"W{wave}O", unit.astype(str)),
            "opleiding": rng.integers(1, 4, size).astype(float),
            "leeftijd": np.where(is_young, 25.0, 50.0),
            "weight": weight,
            "values": 3.3 - 0.6 * is_young + own + rng.normal(0, 0.7, size),
        }
        made.append(pd.DataFrame(columns | left_out))
    return made


@pytest.fixture
def replicated(tmp_path):
    text = SMALL.read_text() + 'replicates = "jk"\nreplicate_scale = 0.95\n'
    (tmp_path / "s.toml").write_text(text)
    return load_codebook(tmp_path / "s.toml")


@pytest.fixture(scope="module")
def surveys(tmp_path_factory):
    folder, read = tmp_path_factory.mktemp("waves"), []
    for wave in (2019, 2022):
        responses = built_in_wave(folder, 3000, wave)
        some = responses["sector"].isin(["rijk", "gemeenten", "politie", "mbo"])
        read.append(responses[some].reset_index(drop=True))
    return read


@pytest.fixture(scope="module")
def trend(surveys):
    return measure_trend(compare_waves(surveys[0], surveys[1], CODEBOOK, CultureSettings()))


def test_raked_weights_have_the_earlier_mix_and_are_moved_as_little_as_can_be(rng):
    _, traits, is_now, _ = two_waves(rng, older=0.2, younger=0.5)
    weight = rng.uniform(0.5, 2, len(is_now))

    waves = rake(traits, is_now, design_of(weight), 10)

    for name in traits:
        for category in traits[name].unique():
            there = (traits[name] == category).to_numpy()
            shares = [
                np.average(there[part], weights=waves.raked[part]) for part in (is_now, ~is_now)
            ]
            assert shares[0] == pytest.approx(shares[1], abs=1e-6)
    assert waves.raked[~is_now].tolist() == weight[~is_now].tolist()
    # What makes it raking: the log of the factors is a sum over traits (Deming & Stephan 1940).
    factor = np.log(waves.raked[is_now] / weight[is_now])
    X = np.column_stack(
        [np.ones(is_now.sum()), *(traits[n][is_now] == traits[n][0] for n in traits)]
    )
    assert np.abs(factor - X @ np.linalg.lstsq(X, factor, rcond=None)[0]).max() < 1e-6
    assert waves.largest_gap < 1e-8


def test_a_change_of_mix_is_no_change_net_of_it(rng):
    values, traits, is_now, unit = two_waves(rng, size=6000, older=0.2, younger=0.6)
    waves = rake(traits, is_now, design_of(np.ones(len(values)), unit), 10)

    change = measure_change(values, waves)

    assert change.raw.low > 0.15
    assert change.net.low < 0 < change.net.high
    assert change.now.value - change.before.value == pytest.approx(change.raw.value)


def test_net_changes_are_covered_by_their_intervals(rng):
    covered, widths, made = [], [], []
    for _ in range(100):
        values, traits, is_now, unit = two_waves(
            rng, size=700, older=0.3, younger=0.5, change=0.1, units=40
        )
        waves = rake(traits, is_now, design_of(np.ones(len(values)), unit), 10)
        net = measure_change(values, waves).net
        covered.append(net.low <= 0.1 <= net.high)
        widths.append(net.se)
        made.append(net.value)

    assert np.mean(covered) >= 0.91
    assert np.mean(widths) == pytest.approx(np.std(made), rel=0.15)


def test_a_net_change_agrees_with_direct_standardisation(rng):
    # One trait: raking is direct standardisation, the earlier shares times the later means.
    values, traits, is_now, _ = two_waves(rng, older=0.2, younger=0.5)
    traits = traits[["age"]]

    change = measure_change(values, rake(traits, is_now, design_of(np.ones(len(values))), 10))

    old = (traits["age"] == "old").to_numpy()
    share = old[~is_now].mean()
    standard = share * values[is_now & old].mean() + (1 - share) * values[is_now & ~old].mean()
    assert change.net.value == pytest.approx(standard - values[~is_now].mean())
    # Its variance by hand: strata of the later wave, and the earlier wave round their later means.
    later = sum(
        p**2 * values[is_now & cell].var(ddof=1) / (is_now & cell).sum()
        for p, cell in ((share, old), (1 - share, ~old))
    )
    foreseen = np.where(old, values[is_now & old].mean(), values[is_now & ~old].mean())
    earlier = (values - foreseen)[~is_now].var(ddof=1) / (~is_now).sum()
    assert change.net.se == pytest.approx(np.sqrt(later + earlier), rel=0.02)


def test_without_traits_the_raw_change_is_that_of_a_regression_on_the_wave(rng):
    values, _, is_now, unit = two_waves(rng)
    waves = rake(
        pd.DataFrame(index=range(len(values))), is_now, design_of(np.ones(len(values)), unit), 10
    )

    change = measure_change(values, waves)

    fitted = sm.OLS(values, sm.add_constant(is_now.astype(float))).fit(
        cov_type="cluster", cov_kwds={"groups": unit}
    )
    assert change.raw.value == pytest.approx(fitted.params[1])
    assert change.net.value == pytest.approx(change.raw.value)
    # statsmodels adds the factor (n - 1) / (n - k), which survey software leaves out.
    assert change.raw.se == pytest.approx(fitted.bse[1], rel=1e-3)


def test_small_categories_are_merged(rng):
    is_now = np.repeat([False, True], 200)
    trait = np.where(np.arange(400) % 40 == 0, "rare", np.where(np.arange(400) % 2, "a", "b"))
    trait[[0, 200]] = "rarer"
    traits = pd.DataFrame({"one": trait, "same": "x"})

    few = rake(traits, is_now, design_of(np.ones(400)), 10)
    some = rake(traits, is_now, design_of(np.ones(400)), 4)

    assert set(few.traits["one"]) == {"a", "b"}
    assert set(some.traits["one"]) == {"a", "b", "rare"} or OTHER in set(some.traits["one"])
    assert "same" not in few.traits
    assert few.mix["n_now"].sum() == 200


def test_a_wave_without_answers_has_no_change(rng):
    values, traits, is_now, _ = two_waves(rng)
    waves = rake(traits, is_now, design_of(np.ones(len(values))), 10)

    change = measure_change(np.where(is_now, values, np.nan), waves)

    assert np.isnan(change.net.value)
    assert change.now.n == is_now.sum()


def test_shares_that_no_weights_can_give_leave_a_gap_that_is_told():
    # All old men left: no weights of the later wave give both margins of the earlier one.
    is_now = np.repeat([False, True], 200)
    old = np.tile([True, False], 200)
    man = np.where(is_now, ~old, np.repeat([True, False], 200))
    man[:200] = np.repeat([True, False], 100)
    old[:200] = np.r_[np.ones(90), np.zeros(10), np.ones(90), np.zeros(10)].astype(bool)
    traits = pd.DataFrame({"old": old.astype(str), "man": man.astype(str)})

    waves = rake(traits, is_now, design_of(np.ones(400)), 5)

    assert waves.largest_gap > 0.1


def test_every_scale_moves_overall_and_in_each_sector(trend, surveys):
    changes = trend.changes

    assert list(changes.columns) == CHANGE_COLUMNS
    sizes = [wave["sector"].astype("str").value_counts() for wave in surveys]
    assert set(changes["place"]) == {
        "all",
        *(s for s in sizes[0].index if sizes[0][s] >= 50 <= sizes[1][s]),
    }
    assert not changes.duplicated(["scale", "place"]).any()
    assert (changes["raw_low"] <= changes["raw"]).all()
    assert changes["is_net"].all()
    assert 0.5 < trend.kept <= 1


def test_a_renamed_item_is_one_item(trend, surveys):
    # The later wave calls it `samenwerking_2` in its file; its alias makes it the same.
    assert trend.items.set_index("item").loc["sam_2", "is_common"]
    assert trend.changes.set_index(["scale", "place"]).loc[("samenwerking", "all"), "items"] == 3


def test_an_item_that_one_wave_lacks_counts_in_neither(surveys):
    before, now = surveys[0], surveys[1].drop(columns=["sam_1"]).assign(sam_3=np.nan)

    found = measure_trend(compare_waves(before, now, CODEBOOK, CultureSettings()))

    row = found.changes.set_index(["scale", "place"]).loc[("samenwerking", "all")]
    assert row["items"] == 1
    known = before["sam_2"].notna()
    expected = np.average(before["sam_2"][known], weights=before["weight"][known])
    assert row["before"] == pytest.approx(expected)
    items = found.items.set_index("item")["is_common"]
    assert not items["sam_1"]
    assert not items["sam_3"]


def test_waves_without_a_common_item_are_refused(surveys):
    items = [item for scale in CODEBOOK.scales.values() for item in scale.items]

    with pytest.raises(NothingInCommonError, match="none of them the same"):
        common_items(surveys[1].drop(columns=items), surveys[0], CODEBOOK)


def test_reversed_items_stay_reversed_on_common_items(surveys):
    shared = common_items(surveys[1].drop(columns=["psy_1"]), surveys[0], CODEBOOK)

    assert shared.scales["psychologische_veiligheid"].items == ("psy_2", "psy_3", "psy_4")
    assert shared.scales["psychologische_veiligheid"].reversed == ("psy_3",)


def test_a_large_change_is_marked_and_red_tape_the_other_way_round(surveys):
    before, now = surveys[0], surveys[0].copy()
    for item in ("sam_1", "sam_2", "sam_3", "reg_1", "reg_2", "reg_3"):
        now[item] = np.minimum(now[item] + 1, 5)

    marks = measure_trend(
        compare_waves(before, now, CODEBOOK, CultureSettings())
    ).changes.set_index(["scale", "place"])["mark"]

    assert marks[("samenwerking", "all")] == BETTER
    assert marks[("regeldruk", "all")] == WORSE
    assert marks[("missiegedrevenheid", "all")] == SAME


def test_one_wave_against_itself_does_not_move(surveys):
    found = measure_trend(
        compare_waves(surveys[0], surveys[0], CODEBOOK, CultureSettings())
    ).changes

    assert found["raw"].abs().max() < 1e-12
    assert found["net"].abs().max() < 1e-9
    assert (found["mark"] == SAME).all()


def test_what_raking_costs_is_told(surveys):
    same = measure_trend(
        compare_waves(surveys[0], surveys[0], CODEBOOK, CultureSettings(mix=("opleiding",)))
    )
    low = (surveys[0]["opleiding"] == 1).to_numpy()
    fewer = surveys[0][~low | (np.arange(len(low)) % 8 == 0)].reset_index(drop=True)

    moved = measure_trend(
        compare_waves(surveys[0], fewer, CODEBOOK, CultureSettings(mix=("opleiding",)))
    )

    # Kish: the later wave's few low educated stand for eight times as many.
    weight = fewer["weight"].to_numpy(float)
    there, here = (wave["opleiding"].fillna(0).to_numpy(float) for wave in (surveys[0], fewer))
    target = {k: np.average(there == k, weights=surveys[0]["weight"]) for k in np.unique(there)}
    share = {k: np.average(here == k, weights=weight) for k in np.unique(here)}
    raked = weight * np.array([target[k] / share[k] for k in here])
    kish = [w.sum() ** 2 / (w**2).sum() for w in (weight, raked)]
    assert same.kept == pytest.approx(1)
    assert moved.kept == pytest.approx(kish[1] / kish[0], rel=0.02)
    assert moved.kept < 0.9


def test_weights_have_no_scale_in_either_wave(surveys, trend):
    heavy = surveys[1].assign(weight=surveys[1]["weight"] * 1000)

    again = measure_trend(compare_waves(surveys[0], heavy, CODEBOOK, CultureSettings()))

    pd.testing.assert_frame_equal(again.changes, trend.changes)


def test_the_mix_is_in_words_of_the_codebook(surveys):
    waves = pair_waves(*surveys, CODEBOOK, CultureSettings(mix=("opleiding", "leeftijd")))

    assert set(waves.mix["column"]) == {"opleiding", "leeftijd"}
    categories = waves.mix.groupby("column")["category"].apply(set)
    assert categories["opleiding"] == {"1", "2", "3"}
    assert categories["leeftijd"] == {"<35", "35-44", "45-54", "55+"}
    assert waves.mix.groupby("column")[
        ["share_before", "share_now"]
    ].sum().to_numpy() == pytest.approx(1)


def test_replicate_weights_of_both_waves_agree_with_their_units(rng, replicated):
    waves = replicated_waves(rng, (0.3, 0.5))
    values = pd.concat(waves)["values"].to_numpy()
    settings = CultureSettings(mix=("leeftijd", "opleiding"))

    pairs = [pair_waves(*waves, book, settings) for book in (load_codebook(SMALL), replicated)]

    for rows in (np.ones(len(values), dtype=bool), np.arange(len(values)) % 2 == 0):
        plain, found = (measure_change(values[rows], part_of(pair, rows, 10)) for pair in pairs)
        for ours, theirs in ((found.raw, plain.raw), (found.net, plain.net)):
            assert ours.value == pytest.approx(theirs.value)
            assert ours.se == pytest.approx(theirs.se, rel=0.05)
            # Replicates know of two strata in each wave; units are of two strata in all.
            assert ours.df == theirs.df - (2 if rows.all() else 1)
    assert pairs[1].design.replicates.shape == (len(values), 80)


def test_a_net_change_has_the_error_of_raking_anew_with_each_replicate(rng, replicated):
    waves = replicated_waves(rng, (0.25, 0.6))
    values = pd.concat(waves)["values"].to_numpy()
    pair = pair_waves(*waves, replicated, CultureSettings(mix=("leeftijd", "opleiding")))

    found = measure_change(values, pair).net

    again = []
    for weight in pair.design.replicates.T:
        kept = weight > 0
        alone = Design(weight[kept], pair.design.cluster[kept], pair.design.stratum[kept])
        raked = rake(pair.traits[kept].reset_index(drop=True), pair.is_now[kept], alone, 10).raked
        now = pair.is_now[kept]
        means = [np.average(values[kept][part], weights=raked[part]) for part in (now, ~now)]
        again.append(means[0] - means[1])
    assert found.se == pytest.approx(
        np.sqrt(0.95 * np.square(np.array(again) - found.value).sum()), rel=0.05
    )


def test_replicate_weights_of_one_wave_alone_leave_errors_to_units(rng, replicated):
    before, now = replicated_waves(rng, (0.3, 0.5))
    values = pd.concat([before, now])["values"].to_numpy()
    lacking = now.drop(columns=[name for name in now if name.startswith("jk")])
    settings = CultureSettings(mix=("leeftijd",))

    found, plain = (
        measure_change(values, pair_waves(before, now, book, settings))
        for now, book in ((lacking, replicated), (lacking, load_codebook(SMALL)))
    )

    assert found == plain


def test_a_replicate_that_leaves_nobody_of_a_wave_is_no_obstacle(rng, replicated):
    waves = replicated_waves(rng, (0.3, 0.5))
    pair = pair_waves(*waves, replicated, CultureSettings(mix=("leeftijd",)))
    values = pd.concat(waves)["values"].to_numpy()
    one_unit = pd.concat(waves)["organisatie"].isin(["W0O3", "W1O3", "W1O4"]).to_numpy()

    found = measure_change(np.where(one_unit, values, np.nan), pair)

    assert found.net.se > 0


def test_a_category_that_others_were_put_with_is_no_figure_of_the_mix(surveys):
    # Three people of the later wave have an education of which there are too few.
    before = surveys[0][surveys[0]["opleiding"] != 1].reset_index(drop=True)
    now = surveys[1][surveys[1]["opleiding"] != 1].reset_index(drop=True)
    now.loc[:2, "opleiding"] = 1.0
    largest = now["opleiding"].value_counts().index[0]
    mix = pair_waves(before, now, CODEBOOK, CultureSettings(mix=("opleiding", "sector"))).mix

    then, later = (
        {str(f): part for f, part in mix_figures(wave, mix, counted, CODEBOOK, 10).items()}
        for wave, counted in ((before, "n_before"), (now, "n_now"))
    )

    whole, joined = (f"culture:opleiding:{level:g}" for level in (5 - largest, largest))
    assert set(then) == {whole, joined}
    assert set(later) == {whole}
    assert later[whole].sum() == (now["opleiding"] == 5 - largest).sum()


@pytest.mark.parametrize("few", range(5, 15))
def test_by_no_minimum_it_follows_how_few_are_in_a_category(few):
    """A category that joins others between two minimums moved each net change, and told its n."""
    trait = pd.Series(["a"] * few + ["b"] * 200 + ["c"] * 100)
    everyone = np.ones(len(trait), dtype=bool)
    first, last = band(few)

    joined = [minimum for minimum in range(5, 31) if not is_alone(trait, everyone, minimum)]

    assert joined == list(range(first + 1, 31))
    assert last - first == 4


def is_alone(trait, everyone, minimum):
    return "a" in set(merge_small(trait, [everyone], minimum))
