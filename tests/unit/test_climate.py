import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, hstack, vstack
from scipy.stats import ttest_ind
from statsmodels.stats.multitest import multipletests

from blijfwijzer.claims.evidence import gather
from blijfwijzer.culture.climate import AGAINST, COLUMNS, measure_climate
from blijfwijzer.culture.dimensions import BETTER, SAME, WORSE, dimensions_only, find_dimensions
from blijfwijzer.culture.raking import rake
from blijfwijzer.culture.unit_changes import COLUMNS as UNIT_COLUMNS
from blijfwijzer.culture.unit_changes import change_of_units, measure_unit_changes
from blijfwijzer.culture.waves import compare_waves
from blijfwijzer.errors import CultureError
from blijfwijzer.estimation.design import Design, read_design
from blijfwijzer.groups.grouping import make_groups
from blijfwijzer.settings import CultureSettings, Settings
from blijfwijzer.survey.codebook import Scale, load_codebook
from blijfwijzer.survey.concepts import Concept
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.scales import score_scales
from questionnaires import SMALL, built_in_wave
from small_worlds import grouping_of

CODEBOOK = load_codebook("werkonderzoek-2019")
ONE = CultureSettings(dimensions=("samenwerking",), draws=300)


def design_of(count, cluster=None):
    cluster = np.arange(count) if cluster is None else cluster
    return Design(np.ones(count), np.asarray(cluster), np.zeros(count, dtype=np.intp))


def everyone_and(unit):
    """Groups: everyone, and each unit; parents and levels."""
    unit = np.asarray(unit)
    count = unit.max() + 1
    units = csr_array((unit == np.arange(count)[:, None]).astype(np.int8))
    members = csr_array(vstack([csr_array(np.ones((1, len(unit)), dtype=np.int8)), units]))
    names = ["all", *(f"organisatie=O{place}" for place in range(count))]
    return (
        members,
        pd.Series(["", *["all"] * count], index=names),
        pd.Series(["all", *["organisatie"] * count], index=names),
    )


def measured(scores, unit, settings=ONE, **more):
    scores = np.asarray(scores, dtype=float)
    scales = pd.DataFrame({settings.dimensions[0]: scores})
    # Every respondent comes from one of three clusters, too few to matter.
    design = more.pop("design", design_of(len(scores), np.arange(len(scores)) % 3))
    grouping = grouping_of(*everyone_and(unit), people=more.pop("people", np.nan))
    return measure_climate(scales, grouping, design, CODEBOOK, settings, seed=1, **more)


def moved(before, now, unit, **traits):
    """Changes of units that were asked twice; traits of both waves, the earlier first."""
    scores = np.concatenate([before, now]).astype(float)
    members, _, levels = everyone_and(unit)
    members = csr_array(hstack([members, members]))
    is_now = np.arange(len(scores)) >= len(before)
    traits = pd.DataFrame(traits, index=range(len(scores)))
    waves = rake(traits, is_now, design_of(len(scores), np.arange(len(scores)) % 3), 10)
    found = change_of_units(scores, waves, members, levels, {})
    return found.assign(dimension="samenwerking")[UNIT_COLUMNS]


@pytest.fixture(scope="module")
def waves(tmp_path_factory):
    folder = tmp_path_factory.mktemp("waves")
    return [built_in_wave(folder, 4000, wave) for wave in (2019, 2022)]


def groups_of(responses):
    return make_groups(responses, CODEBOOK, ["organisatie", "team"], Settings())


def climate_of(responses, settings, previous=None):
    grouping = groups_of(responses)
    changes = None
    if previous is not None:
        both = (groups_of(previous), grouping)
        pair = compare_waves(previous, responses, CODEBOOK, settings)
        changes = measure_unit_changes(pair, both)
    cluster = pd.factorize(responses["organisatie"])[0].astype(np.intp)
    stratum = pd.factorize(responses["sector"])[0].astype(np.intp)
    return measure_climate(
        score_scales(responses, CODEBOOK),
        grouping,
        Design(responses["weight"].to_numpy(dtype=float), cluster, stratum),
        CODEBOOK,
        settings,
        seed=1,
        previous=changes,
    )


@pytest.fixture(scope="module")
def climates(waves):
    settings = CultureSettings(draws=300)
    before = climate_of(waves[0], settings)
    return before, climate_of(waves[1], settings, waves[0])


def test_every_group_has_every_dimension_once(climates):
    table = climates[0].table

    assert list(table.columns) == COLUMNS
    assert not table.duplicated(["group", "dimension"]).any()
    assert len(table) == table["group"].nunique() * 9


def test_a_mean_is_the_weighted_mean_of_the_scale(climates, waves):
    table = climates[0].table.set_index(["group", "dimension"])
    scores = score_scales(waves[0], CODEBOOK)["regeldruk"]
    inside = (waves[0]["sector"] == "politie") & scores.notna()

    row = table.loc[("sector=politie", "regeldruk")]

    expected = np.average(scores[inside], weights=waves[0]["weight"][inside])
    assert row["mean"] == pytest.approx(expected)
    assert row["n"] == inside.sum()


def test_grades_run_from_one_to_ten_and_are_turned_where_less_is_better():
    safety, red_tape, engagement = find_dimensions(
        CODEBOOK, CultureSettings(dimensions=("samenwerking", "regeldruk", "bevlogenheid"))
    )

    assert safety.grade(np.array([1, 3.7, 5])).tolist() == pytest.approx([1, 1 + 2.25 * 2.7, 10])
    assert red_tape.grade(np.array([1, 3.7, 5])).tolist() == pytest.approx([10, 10 - 6.075, 1])
    assert engagement.grade(np.array([0, 6])).tolist() == [1, 10]


def test_a_score_is_favourable_from_where_it_is_nearer_to_agreeing():
    safety, red_tape = find_dimensions(
        CODEBOOK, CultureSettings(dimensions=("samenwerking", "regeldruk"))
    )
    scores = np.array([3.4, 3.5, np.nan])

    assert safety.is_favourable(scores, 0.625).tolist() == pytest.approx(
        [0, 1, np.nan], nan_ok=True
    )
    assert red_tape.is_favourable(np.array([2.5, 2.6]), 0.625).tolist() == [1, 0]


def test_a_survey_that_does_not_ask_about_culture_has_all_its_scales_as_dimensions():
    piaac = load_codebook("piaac")

    assert [d.name for d in find_dimensions(piaac, CultureSettings())] == list(piaac.scales)


def test_what_is_culture_is_one_for_climate_screening_and_claims():
    small = load_codebook(SMALL)
    item = {"label": "rust", "construct": "loopbaan", "items": ["zoekt"], "name": "missie"}
    scales = {**small.scales, "missie": Scale.model_validate(item)}
    concepts = {"missiegedrevenheid": Concept(scale="missie"), "regeldruk": Concept(scale="tape")}
    scales["tape"] = scales["inzetbaarheid"].model_copy(update={"name": "tape"})
    mapped = small.model_copy(update={"scales": scales, "concepts": concepts})

    dimensions = find_dimensions(mapped, CultureSettings())

    assert {d.name: d.kind for d in dimensions} == {
        "psychologische_veiligheid": "culture",
        "missie": "culture",
        "tape": "condition",
    }
    names = [d.name for d in dimensions_only(dimensions)]
    assert names == ["psychologische_veiligheid", "missie"]
    responses = pd.DataFrame({"weight": np.ones(4), "organisatie": list("aabb")})
    scores = pd.DataFrame({name: np.arange(1.0, 5.0) for name in scales})
    evidence = gather(responses, scores, mapped, design_of(4))
    assert list(evidence.dimensions) == names
    assert evidence.culture == (*names, "tape")
    unanswered = gather(responses, scores.assign(missie=np.nan), mapped, design_of(4))
    assert unanswered.culture == ("psychologische_veiligheid", "tape")


def test_claims_about_culture_look_at_no_scale_of_a_survey_that_does_not_ask_it():
    piaac = load_codebook("piaac")
    scores = pd.DataFrame({name: np.arange(1.0, 5.0) for name in piaac.scales})
    responses = pd.DataFrame({"weight": np.ones(4), "cntry": list("aabb")})

    evidence = gather(responses, scores, piaac, design_of(4))

    assert list(evidence.dimensions) == []
    assert evidence.culture == ("ruimte",)


def test_an_unknown_dimension_is_refused():
    with pytest.raises(CultureError, match="1 dimensions: sfeer"):
        find_dimensions(CODEBOOK, CultureSettings(dimensions=("sfeer",)))


def test_p_agrees_with_a_t_test_against_the_others_and_is_adjusted_over_the_list(rng):
    unit = np.repeat(np.arange(4), 50)
    scores = rng.normal(3.5, 0.8, 200) + 0.2 * (unit == 2)

    table = measured(scores, unit).table.set_index("group")

    plain = [ttest_ind(scores[unit == u], scores[unit != u]).pvalue for u in range(4)]
    expected = multipletests(plain, method="fdr_bh")[1]
    assert np.allclose(table["all_p"].iloc[1:], expected, atol=0.015)
    # Its own sector is all there is of a largest unit.
    assert table["sector_p"].isna().all()


def test_a_difference_from_the_whole_is_known_as_well_as_that_from_the_rest(rng):
    # Two units keep their own means; the first is three quarters of the whole.
    unit = np.repeat([0, 1], [300, 100])
    scores = rng.normal(3.5, 0.8, 400)

    row = measured(scores, unit).table.set_index("group").loc["organisatie=O0"]

    assert row["all_difference"] == pytest.approx(scores[:300].mean() - scores.mean())
    rest = ttest_ind(scores[:300], scores[300:]).confidence_interval(0.95)
    width = (rest.high - rest.low) / 4
    assert row["all_high"] - row["all_low"] == pytest.approx(width, rel=0.03)


def test_a_large_sure_difference_is_marked_and_red_tape_the_other_way_round(rng):
    unit = np.repeat(np.arange(10), 100)
    scores = np.clip(rng.normal(3.0, 0.7, 1000) + 0.8 * (unit == 4), 1, 5)

    good = measured(scores, unit).table.set_index("group")["all_mark"]
    bad = (
        measured(scores, unit, CultureSettings(dimensions=("regeldruk",)))
        .table["all_mark"]
        .to_numpy()
    )

    assert good["organisatie=O4"] == BETTER
    assert bad[5] == WORSE
    assert (good.drop("organisatie=O4") == SAME).all()


@pytest.mark.parametrize(("shift", "mark"), [(0.15, SAME), (0.35, BETTER)])
def test_a_sure_difference_below_the_floor_is_not_marked(rng, shift, mark):
    unit = np.repeat(np.arange(10), 2000)
    scores = rng.normal(3.0, 0.8, 20_000) + shift * (unit == 4)

    row = measured(scores, unit).table.set_index("group").loc["organisatie=O4"]

    assert row["all_p"] < 0.001
    assert row["all_mark"] == mark


def test_a_difference_that_is_small_between_people_is_not_marked(rng):
    # 0.3 points, but people differ by 2: less than a fifth of a standard deviation.
    unit = np.repeat(np.arange(10), 5000)
    scores = rng.normal(3.0, 2.0, 50_000) + 0.35 * (unit == 4)

    row = measured(scores, unit).table.set_index("group").loc["organisatie=O4"]

    assert row["all_difference"] > 0.2
    assert row["all_d"] < 0.2
    assert row["all_mark"] == SAME


def test_pure_noise_is_hardly_ever_marked(rng):
    marked = runs = 0
    unit = np.repeat(np.arange(60), 15)
    for _ in range(40):
        table = measured(np.round(rng.normal(3.5, 0.8, 900)), unit).table
        marked += int((table["all_mark"] != SAME).any())
        runs += 1

    assert marked / runs <= 0.05


def test_a_wave_that_did_not_change_is_not_marked_and_one_that_did_is(rng):
    unit = np.repeat(np.arange(20), 60)
    own = rng.normal(0, 0.3, 20)[unit]
    before, same, changed = (rng.normal(3.3, 0.7, 1200) + own for _ in range(3))
    changed += 0.9 * (unit == 7)

    still, better = (
        measured(now, unit, previous=moved(before, now, unit)).table.set_index("group")
        for now in (same, changed)
    )

    assert (still["previous_mark"] == SAME).all()
    assert better.loc["organisatie=O7", "previous_mark"] == BETTER
    assert 0.2 < better.loc["organisatie=O7", "previous_difference"] < 1.0


def test_changes_of_units_are_covered_by_their_intervals(rng):
    covered = []
    unit = np.repeat(np.arange(40), 20)
    for _ in range(20):
        own, change = rng.normal(0, 0.3, 40), rng.normal(0, 0.2, 40)
        before = rng.normal(3.3, 0.7, 800) + own[unit]
        later = rng.normal(3.3, 0.7, 800) + (own + change)[unit]
        table = measured(later, unit, previous=moved(before, later, unit)).table.iloc[1:]
        covered.append((table["previous_low"] <= change) & (change <= table["previous_high"]))

    assert 0.93 <= np.mean(covered) <= 0.98


def test_a_group_that_is_new_has_no_previous_figures(climates):
    before, after = climates
    new = ~after.table["group"].isin(before.table["group"])

    assert new.any()
    assert after.table.loc[new, "previous_difference"].isna().all()
    assert (after.table.loc[new, "previous_mark"] == SAME).all()
    assert after.table.loc[~new & (after.table["n"] > 9), "previous_difference"].notna().all()


def test_a_sector_is_known_by_its_organisations_and_a_team_by_its_people(climates, waves):
    table = climates[0].table.set_index(["group", "dimension"])
    scores = score_scales(waves[0], CODEBOOK)["samenwerking"]
    gemeenten = (waves[0]["sector"] == "gemeenten") & scores.notna()
    y, w = scores[gemeenten].to_numpy(), waves[0]["weight"][gemeenten].to_numpy()
    mean = np.average(y, weights=w)
    totals = pd.Series(w * (y - mean)).groupby(waves[0]["organisatie"][gemeenten].to_numpy()).sum()
    count = len(totals)

    row = table.loc[("sector=gemeenten", "samenwerking")]

    expected = np.sqrt(count / (count - 1) * (totals**2).sum()) / w.sum()
    assert row["direct_se"] == pytest.approx(expected, rel=0.02)
    teams = climates[0].table.query("level == 'team' and dimension == 'samenwerking'")
    spread = (teams["direct_se"] * np.sqrt(teams["effective_n"])).round(9)
    assert spread.std() < 1e-9


def test_people_who_are_clusters_of_their_own_share_one_variance(rng):
    unit = np.repeat(np.arange(6), 20)
    scores = rng.normal(3.5, 0.8, 120)

    table = measured(scores, unit, design=design_of(120)).table

    assert table["direct_se"][1:].std() < 1e-12


def test_knowing_how_many_work_there_makes_no_unit_better_known(rng):
    unit = np.repeat(np.arange(20), 10)
    scores = rng.normal(3.5, 0.8, 200) + rng.normal(0, 0.3, 20)[unit]

    far = measured(scores, unit).table["direct_se"]
    near = measured(scores, unit, people=np.array([250.0] + [12.0] * 20)).table["direct_se"]

    assert near.tolist() == far.tolist()


@pytest.mark.parametrize("case", ["absent", "alike", "one unit", "empty unit"])
def test_poor_input_gives_missing_figures_and_no_marks(case, rng):
    unit = np.repeat(np.arange(5), 20)
    scores = rng.normal(3.5, 0.8, 100)
    if case == "absent":
        scores[:] = np.nan
    elif case == "alike":
        scores[:] = 4.0
    elif case == "one unit":
        unit[:] = 0
    else:
        scores[unit == 2] = np.nan

    table = measured(scores, unit).table

    assert all((table[f"{against}_mark"] == SAME).all() for against in AGAINST)
    if case == "absent":
        assert table["pooled"].isna().all()
    elif case == "alike":
        assert table["pooled"].tolist() == [4.0] * 6
    elif case == "one unit":
        assert table["all_difference"].isna().all()
    else:
        assert np.isnan(table["pooled"][3])
        assert table["pooled"].drop(3).notna().all()


def test_the_same_seed_gives_the_same_table(waves, climates):
    again = climate_of(waves[0], CultureSettings(draws=300))

    pd.testing.assert_frame_equal(again.table, climates[0].table)


def test_weights_have_no_scale(rng):
    unit = np.repeat(np.arange(8), 25)
    scores, weight = rng.normal(3.5, 0.8, 200), rng.uniform(0.5, 2, 200)
    cluster = (np.arange(200) % 3).astype(np.intp)

    one, other = (
        measured(scores, unit, design=Design(w, cluster, np.zeros_like(cluster))).table
        for w in (weight, 1000 * weight)
    )

    pd.testing.assert_frame_equal(one, other)
    first = unit == 0
    assert one["mean"][1] == pytest.approx(np.average(scores[first], weights=weight[first]))
    kish = weight[first].sum() ** 2 / (weight[first] ** 2).sum()
    assert one["effective_n"][1] == pytest.approx(kish)


def test_nobody_counts_whose_weight_is_zero(rng):
    unit = np.repeat(np.arange(4), 30)
    scores, weight = rng.normal(3.5, 0.8, 120), np.ones(120)
    weight[unit == 2] = 0
    cluster = np.zeros(120, dtype=np.intp)

    table = measured(scores, unit, design=Design(weight, cluster, cluster)).table

    assert table["n"].tolist() == [90, 30, 30, 0, 30]
    assert np.isnan(table["pooled"][3])
    assert (table["all_mark"] == SAME).all()


@pytest.mark.parametrize(
    ("name", "level", "dimensions"), [("fevs-2018", "AGENCY", 7), ("piaac", "cntry", 7)]
)
def test_public_surveys_have_a_climate(name, level, dimensions, request):
    codebook = load_codebook(name)
    file = request.getfixturevalue("fevs_file" if name == "fevs-2018" else "piaac_file")
    responses = read_survey(file, codebook, Settings().intake).responses.reset_index(drop=True)
    groups = make_groups(responses, codebook, [level], Settings())

    table = measure_climate(
        score_scales(responses, codebook),
        groups,
        read_design(responses, codebook),
        codebook,
        CultureSettings(draws=200),
        seed=1,
    ).table

    units = table[table["level"] == level]
    assert table["dimension"].nunique() == dimensions
    assert units["pooled"].notna().all()
    assert (units["low"] < units["pooled"]).all()
    # Both differ by more than noise.
    assert units["reliability"].mean() > 0.7
    assert (units["all_mark"] != SAME).any()
