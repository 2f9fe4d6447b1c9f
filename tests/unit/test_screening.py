from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

from blijfwijzer.culture.dimensions import dimensions_only, find_dimensions
from blijfwijzer.culture.remedies import REMEDIES, find_remedies
from blijfwijzer.culture.screened import gather_units
from blijfwijzer.culture.screened_pair import find_pair, within_covariance
from blijfwijzer.culture.screening import REASON_COLUMNS, UNIT_COLUMNS, screen_units
from blijfwijzer.culture.screening_checks import MEASURES, areas_under_curve, check_screening, halve
from blijfwijzer.errors import CultureError
from blijfwijzer.estimation.design import Design
from blijfwijzer.publish.language.texts import write
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.concepts import CONCEPTS, CULTURE
from blijfwijzer.survey.texts import Message
from small_worlds import grouping_of

CODEBOOK = load_codebook("werkonderzoek-2019")
QUICK = CultureSettings(draws=300, splits=10, bootstraps=50)
PAIR = ("psychologische_veiligheid", "prestatiegerichtheid")


def make(rng, units=150, n=20, between=0.35, own=0.0, general=0.5):
    """Answers of units on seven dimensions, and the true means of the units.

    `general` is the share of the between variance that all dimensions have in common; `own` is
    how much the pair moves everything else.
    """
    common = np.sqrt(general) * rng.standard_normal((units, 1))
    specific = np.sqrt(1 - general) * rng.standard_normal((units, 7))
    true = 3.5 + between * (common + specific)
    if own:
        true[:, 2:] += own * (true[:, :2].mean(axis=1, keepdims=True) - 3.5)
    unit = np.repeat(np.arange(units), n)
    noise = 0.5 * rng.standard_normal((len(unit), 1)) + 0.6 * rng.standard_normal((len(unit), 7))
    return pd.DataFrame(true[unit] + noise, columns=list(CULTURE)), unit, true


def members_of(unit):
    unit = np.asarray(unit)
    columns = np.flatnonzero(unit >= 0)
    ones = np.ones(len(columns), dtype=np.int8)
    return csr_array((ones, (unit[columns], columns)), shape=(unit.max() + 1, len(unit)))


def parents_of(unit, count=5):
    names = [f"organisatie=O{place:03d}" for place in range(np.max(unit) + 1)]
    return pd.Series([f"sector={place % count}" for place in range(len(names))], index=names)


def design_of(unit):
    size = len(unit)
    return Design(np.ones(size), np.asarray(unit, dtype=np.intp), np.zeros(size, dtype=np.intp))


def gathered(scales, unit, settings=QUICK, *, parents=None, sectors=None, barred=None):
    parents = parents_of(unit) if parents is None else parents
    grouping = grouping_of(members_of(unit), parents, sectors=sectors)
    return gather_units(scales, grouping, design_of(unit), CODEBOOK, settings, barred)


def screened(scales, unit, settings=QUICK, **more):
    return screen_units(gathered(scales, unit, settings, **more), CODEBOOK, settings, 1)


def checked(scales, unit, settings=QUICK, seed=1):
    units = gathered(scales, unit, settings)
    return check_screening(units, np.asarray(unit), CODEBOOK, settings, seed)


def test_the_list_is_false_no_more_often_than_it_says_and_probabilities_come_true(rng):
    false, listed, probability, is_worrying = 0, 0, [], []
    for _ in range(25):
        scales, unit, true = make(rng)
        found = screened(scales, unit)
        reference = scales[list(PAIR)].to_numpy().mean(axis=0)
        worrying = (true[:, :2] < reference - 0.2).all(axis=1)
        on_list = found.units["is_listed"].to_numpy()
        false += int((on_list & ~worrying).sum())
        listed += int(on_list.sum())
        probability.append(found.units["probability"])
        is_worrying.append(worrying)

    assert listed > 250
    assert false / listed <= QUICK.false_share + 0.03
    said, true = np.concatenate(probability), np.concatenate(is_worrying)
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.01)):
        inside = (said >= low) & (said < high)
        assert true[inside].mean() == pytest.approx(said[inside].mean(), abs=0.06)


def test_units_that_do_not_differ_are_not_listed(rng):
    listed = 0
    for _ in range(20):
        scales, unit, _ = make(rng, units=80, between=0.0)
        listed += int(screened(scales, unit).units["is_listed"].any())

    assert listed <= 1


def test_the_list_is_in_order_of_name_and_says_why(rng):
    scales, unit, _ = make(rng)

    found = screened(scales, unit)

    assert list(found.units.columns) == UNIT_COLUMNS
    assert list(found.reasons.columns) == REASON_COLUMNS
    assert found.units["unit"].is_monotonic_increasing
    listed = found.units.loc[found.units["is_listed"], "unit"]
    assert found.reasons["unit"].unique().tolist() == listed.tolist()
    assert (found.reasons.groupby("unit").size() == len(CULTURE)).all()
    on_pair = found.reasons[found.reasons["is_screened"]]
    assert set(on_pair["dimension"]) == set(PAIR)
    assert (on_pair["difference"] < 0).all()
    assert 1 - found.expected_false == pytest.approx(
        found.units.loc[found.units["is_listed"], "probability"].mean()
    )
    assert 0 < found.expected_found < 1


def test_a_unit_is_held_against_its_own_sector_when_the_settings_say_so(rng):
    scales, unit, _ = make(rng, units=100)
    low_sector = np.isin(unit % 5, [0])
    scales = scales - 0.8 * low_sector[:, None]
    sectors = parents_of(unit)
    own = QUICK.model_copy(update={"reference": "sector"})

    against_all = screened(scales, unit, sectors=sectors).units
    against_own = screened(scales, unit, own, sectors=sectors).units

    of_low = np.arange(100) % 5 == 0
    assert against_all["is_listed"][of_low].mean() > 0.5
    assert against_own["is_listed"][of_low].mean() < 0.3


def test_what_does_not_mean_the_same_in_a_sector_is_screened_within_it(rng):
    scales, unit, _ = make(rng, units=100)
    is_odd = unit % 5 == 0
    scales.loc[is_odd, PAIR[0]] -= 0.8
    sectors = parents_of(unit)
    odd = {PAIR[0]: frozenset({"sector=0"})}

    found = screened(scales, unit, sectors=sectors, barred=odd)
    without = screened(scales, unit, sectors=sectors)
    reference = gathered(scales, unit, parents=sectors, sectors=sectors, barred=odd).reference

    of_odd = np.arange(100) % 5 == 0
    assert without.units["is_listed"][of_odd].sum() > 2 * found.units["is_listed"][of_odd].sum()
    # Units inside are held against each other, and are no part of what the others are held against.
    assert reference[of_odd, 0] == pytest.approx(scales.loc[is_odd, PAIR[0]].mean())
    assert reference[~of_odd, 0] == pytest.approx(scales.loc[~is_odd, PAIR[0]].mean())
    assert reference[:, 1] == pytest.approx(scales[PAIR[1]].mean())


def test_red_tape_is_worrying_where_it_is_high(rng):
    unit = np.repeat(np.arange(60), 40)
    high = (unit == 7)[:, None] * np.array([1.0, -1.0])
    scores = rng.normal(3.3, 0.7, (len(unit), 2)) + high
    scales = pd.DataFrame(scores, columns=["regeldruk", "samenwerking"])
    settings = QUICK.model_copy(
        update={
            "dimensions": ("regeldruk", "samenwerking"),
            "pair": ("regeldruk", "samenwerking"),
        }
    )

    found = screened(scales, unit, settings)

    assert found.units.loc[found.units["is_listed"], "unit"].tolist() == ["organisatie=O007"]
    row = found.reasons.set_index("dimension").loc["regeldruk"]
    assert row["low"] < row["pooled"] < row["high"]
    assert row["difference"] > 0.3
    assert row["probability"] > 0.9


def test_covariance_within_units_is_that_of_deviations_from_their_means(rng):
    scales, unit, _ = make(rng, units=30)

    found = within_covariance(gathered(scales, unit), [0, 1], members_of(unit))

    apart = scales[list(PAIR)] - scales[list(PAIR)].groupby(unit).transform("mean")
    expected = apart.T.to_numpy() @ apart.to_numpy() / (len(unit) - 30)
    assert np.allclose(found, expected)


@pytest.mark.parametrize("case", ["no pair", "two units", "alike", "same", "absent"])
def test_a_survey_that_allows_no_screening_says_why(case, rng):
    scales, unit, _ = make(rng, units=30)
    settings = QUICK
    if case == "no pair":
        settings = QUICK.model_copy(update={"dimensions": CULTURE[1:]})
    elif case == "two units":
        unit = np.where(unit < 2, unit, -1)
    elif case == "alike":
        scales[:] = 3.0
    elif case == "same":
        scales[PAIR[1]] = scales[PAIR[0]]
    else:
        scales = scales.drop(columns=PAIR[0])

    found, checks = screened(scales, unit, settings), checked(scales, unit, settings)

    assert found.reason is not None
    assert checks.reason is not None
    assert write(found.reason, "nl") != write(found.reason, "en")
    assert found.units.empty
    assert checks.measures.empty


def test_a_unit_without_answers_has_no_probability(rng):
    scales, unit, _ = make(rng, units=30)
    scales.loc[unit == 4, PAIR[0]] = np.nan

    found = screened(scales, unit).units

    assert np.isnan(found["probability"][4])
    assert not found["is_listed"][4]
    assert found["n"][4] == 0


def test_a_survey_that_lacks_the_pair_says_how_to_have_one():
    piaac = load_codebook("piaac")

    found = find_pair(find_dimensions(piaac, CultureSettings()), piaac, CultureSettings())

    assert isinstance(found, Message)
    assert "culture.pair" in write(found, "en")


@pytest.mark.parametrize("pair", [("sfeer", "samenwerking"), ("samenwerking", "samenwerking")])
def test_a_pair_in_the_settings_that_is_not_there_is_refused(pair):
    settings = CultureSettings(pair=pair)

    with pytest.raises(CultureError, match="are not two of the dimensions"):
        find_pair(find_dimensions(CODEBOOK, settings), CODEBOOK, settings)


def test_fevs_is_screened_on_the_scales_that_its_codebook_maps():
    fevs = load_codebook("fevs-2018")
    dimensions = dimensions_only(find_dimensions(fevs, CultureSettings()))

    places = find_pair(dimensions, fevs, CultureSettings())

    assert [dimensions[place].name for place in places] == ["veiligheid", "prestatiegerichtheid"]
    assert len(dimensions) == 6
    assert "ruimte_en_erkenning" not in [dimension.name for dimension in dimensions]


def test_what_is_said_to_help_names_the_claim_that_tests_it_and_comes_once():
    found = find_remedies(["psychologische_veiligheid", "leervermogen", "regeldruk"], CODEBOOK)

    assert [remedy.claim for remedy in found] == ["H17", "H3"]
    assert find_remedies(["inzetbaarheid"], CODEBOOK) == ()
    assert set(REMEDIES) <= set(CONCEPTS)


def test_the_seven_dimensions_of_the_policy_paper_make_21_pairs(rng):
    scales, unit, _ = make(rng, units=40)

    found = checked(scales, unit)

    assert len(found.pairs) == 21
    assert found.pairs["is_screened"].sum() == 1
    assert found.measures["measure"].tolist() == list(MEASURES)


def test_a_pair_alone_has_nothing_to_be_checked_against(rng):
    scales, unit, _ = make(rng, units=30)

    found = checked(scales, unit, QUICK.model_copy(update={"dimensions": PAIR}))

    assert found.reason is not None
    assert "one beside the pair" in write(found.reason, "en")


def test_units_that_share_respondents_are_refused(rng):
    scales, unit, _ = make(rng, units=10)
    members = csr_array(np.ones((2, len(unit)), dtype=np.int8))
    parents = pd.Series(["all", "all"], index=["a", "b"])

    with pytest.raises(ValueError, match="share no respondents"):
        gather_units(scales, grouping_of(members, parents), design_of(unit), CODEBOOK, QUICK)


def test_halves_hold_half_of_every_unit(rng):
    unit = rng.integers(-1, 12, 500)

    half = halve(unit, rng)

    size, first = np.bincount(unit + 1), np.bincount(unit + 1, half)
    assert (np.abs(first - size / 2) <= 0.5).all()
    assert half.sum() != halve(unit, rng).sum() or (half != halve(unit, rng)).any()


def test_the_area_under_the_curve_is_that_of_scikit_learn(rng):
    is_case, score = rng.random(200) < 0.3, rng.integers(0, 20, 200).astype(float)
    weight = rng.integers(0, 4, 200).astype(float)

    found = areas_under_curve(is_case, score, np.vstack([weight, np.ones(200)]))

    expected = [roc_auc_score(is_case, score, sample_weight=w) for w in (weight, None)]
    assert found.tolist() == pytest.approx(expected)
    assert np.isnan(areas_under_curve(np.ones(5, dtype=bool), np.arange(5.0), np.ones((1, 5))))[0]


def test_what_one_half_foresees_is_what_the_other_half_says(rng):
    scales, unit, _ = make(rng, units=200, n=24)

    found = checked(scales, unit).measures.set_index("measure")

    assert found.loc["auc", "low"] > 0.7
    precision = found.loc["precision"]
    assert precision["low"] <= found.loc["predicted_precision", "value"] <= precision["high"]


def test_a_screening_of_noise_foresees_nothing(rng):
    scales, unit, _ = make(rng, units=100, n=12, between=0.0)

    found = checked(scales, unit)

    measures = found.measures.set_index("measure")
    assert measures.loc["auc", "low"] < 0.5 < measures.loc["auc", "high"]
    assert measures.loc["listed", "value"] < 1
    assert found.pairs["auc"].between(0.4, 0.6).all()


def test_a_pair_is_first_when_it_is_special_and_not_when_one_factor_makes_all_pairs_alike(rng):
    special, unit, _ = make(rng, units=250, n=30, general=0.0, own=0.7)
    general, _, _ = make(rng, units=250, n=30, general=0.8)

    first = checked(special, unit).pairs
    alike = checked(general, unit).pairs

    assert first["is_screened"].iloc[0]
    assert first["rank_high"].iloc[0] <= 5
    # Any of the pairs may come first when a general factor is all there is.
    one = alike[alike["is_screened"]].iloc[0]
    assert one["rank_high"] - one["rank_low"] > 5
    assert one["lead_high"] < 0.01


def test_the_general_factor_is_the_first_principal_component(rng):
    scales, unit, true = make(rng, units=300, n=60, general=0.6)

    found = checked(scales, unit)

    expected = PCA().fit((true - true.mean(axis=0)) / true.std(axis=0)).explained_variance_ratio_[0]
    assert found.factor_share == pytest.approx(expected, abs=0.03)


def test_the_same_seed_gives_the_same_check(rng):
    scales, unit, _ = make(rng, units=40)

    one, other = checked(scales, unit), checked(scales, unit)

    pd.testing.assert_frame_equal(one.measures, other.measures)
    pd.testing.assert_frame_equal(one.pairs, other.pairs)
    assert replace(one, measures=None, pairs=None) == replace(other, measures=None, pairs=None)


@pytest.mark.parametrize("minimum", [5, 6, 7])
def test_units_are_checked_by_the_band_of_their_size(rng, minimum):
    """Else one minimum after another told of each size how many units have it."""
    settings = QUICK.model_copy(update={"minimum_half": minimum})
    units = {n: checked(*make(rng, units=30, n=n)[:2], settings).units for n in (9, 10, 14, 15)}

    assert units == {9: 0, 10: 30 * (minimum == 5), 14: 30 * (minimum == 5), 15: 30}
