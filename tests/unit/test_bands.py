"""How many there are is told as a band, and no other figure tells it more finely."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from blijfwijzer.culture.climate import measure_climate
from blijfwijzer.disclosure.rounding import band, band_middle, ends_to_band, to_band
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.intervals import Z
from blijfwijzer.estimation.means import estimate_share
from blijfwijzer.groups.estimates import estimate_groups, response_in_bands
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.settings import CultureSettings, RateSettings
from blijfwijzer.survey.codebook import load_codebook
from shared_targeting import audit, survey_of
from small_worlds import grouping_of

CODEBOOK = load_codebook("werkonderzoek-2019")
NO_EFFECTS = pd.DataFrame(columns=["effect", "se", "between"], dtype=float)


def units_of(sizes):
    """Everyone and units of the given sizes, and the unit of each person."""
    unit = np.repeat(np.arange(len(sizes)), sizes)
    rows = np.vstack([np.ones(len(unit)), *(unit == place for place in range(len(sizes)))])
    names = ["all", *(f"organisatie=O{place}" for place in range(len(sizes)))]
    parents = pd.Series(["", *["all"] * len(sizes)], index=names)
    levels = pd.Series(["all", *["organisatie"] * len(sizes)], index=names)
    grouping = grouping_of(csr_array(rows.astype(np.int8)), parents, levels)
    return replace(grouping, groups=grouping.groups.assign(n=rows.sum(axis=1))), unit


def design_of(people):
    return Design(np.ones(people), np.arange(people), np.zeros(people, dtype=np.intp))


def test_the_middle_of_a_band_lies_in_it():
    counts = np.array([1.0, 9, 10, 49, 50, 99, 100, 199, 200, 1_999, 12_345])

    for count, middle in zip(counts, band_middle(counts), strict=True):
        low, high = band(count)
        assert middle == (low + high) / 2


@pytest.fixture(scope="module")
def climate():
    """Culture of 120 units of 10-49 people, each size three times."""
    rng = np.random.default_rng(5)
    sizes = np.repeat(np.arange(10, 50), 3)
    grouping, unit = units_of(sizes)
    scores = 3 + rng.normal(0, 0.4, len(sizes))[unit] + rng.normal(0, 0.8, len(unit))
    settings = CultureSettings(dimensions=("samenwerking",), draws=2_000)
    scales = pd.DataFrame({"samenwerking": scores})
    found = measure_climate(scales, grouping, design_of(len(unit)), CODEBOOK, settings, seed=1)
    return found.table.iloc[1:].assign(band=[band(n)[0] for n in sizes])


def test_the_weight_of_own_answers_tells_the_band_and_no_more(climate):
    told = climate[["band", "reliability"]].drop_duplicates()

    assert len(told) == climate["band"].nunique() == told["reliability"].nunique()


def test_the_width_of_an_interval_of_a_mean_tells_the_band_and_no_more(climate):
    width = climate["high"] - climate["low"]

    within = climate["n"] - climate.groupby("band")["n"].transform("mean")
    left = width - width.groupby(climate["band"]).transform("mean")
    assert abs(np.corrcoef(within, left)[0, 1]) < 0.3
    assert np.corrcoef(climate["n"], width)[0, 1] < -0.8


def rates_of(sizes):
    """Rates of units of which half has the outcome."""
    grouping, unit = units_of(sizes)
    values = np.concatenate([np.arange(size) % 2 for size in sizes]).astype(float)
    predictions = Predictions(values, np.full(len(unit), 0.5), design_of(len(unit)))
    pooled, _ = estimate_groups(grouping, predictions, NO_EFFECTS, RateSettings(draws=4000), 3)
    return pooled.table.iloc[1:]


def test_the_interval_of_a_rate_by_itself_tells_the_band_and_no_more():
    first, second = (rates_of([n, 40]).iloc[0] for n in (10, 14))

    assert first["source"] == "direct"
    assert (first["low"], first["high"]) == (second["low"], second["high"])


def test_the_width_of_an_interval_of_a_pooled_rate_tells_the_band_and_no_more():
    sizes = np.arange(10, 50)[np.arange(10, 50) % 2 == 0]
    table = rates_of(sizes)

    width = (table["high"] - table["low"]).to_numpy()
    for start in (10, 20, 30, 40):
        here = (sizes >= start) & (sizes < start + 5)
        assert np.ptp(width[here]) < 0.02


def test_the_response_of_a_unit_tells_the_band_and_no_more():
    groups = pd.DataFrame({"n": [10, 12, 14, 40], "people": [20.0, 20, 20, 40]})

    assert response_in_bands(groups).tolist() == [0.6, 0.6, 0.6, 1.0]


def test_an_interval_in_its_band_is_that_of_each_count_in_it():
    n = np.arange(10.0, 15)
    half = 0.8 / np.sqrt(n)

    low, high = ends_to_band(np.full(5, 3.0), (3 - half, 3 + half), n)
    of_change = 0.8 * np.sqrt(1 / n + 1 / n[::-1])
    change = ends_to_band(np.zeros(5), (-of_change, of_change), n, n[::-1])

    assert np.ptp(high - low) < 1e-12
    assert np.ptp(change[1] - change[0]) < 1e-12
    assert (high - low)[2] == pytest.approx(2 * half[2])


def test_the_width_of_an_interval_of_a_change_tells_both_bands_and_no_more():
    rng = np.random.default_rng(6)
    before, now = (rng.integers(10, 50, 150) for _ in range(2))
    grouping, unit = units_of(now)
    scores = 3 + rng.normal(0, 0.8, len(unit))
    everyone = pd.DataFrame({"n_before": [before.sum()], "n_now": [now.sum()]})
    units = pd.DataFrame({"n_before": before, "n_now": now})
    previous = pd.concat([everyone, units], ignore_index=True).assign(
        group=grouping.groups.index,
        dimension="samenwerking",
        before=rng.normal(3, 0.3, 151),
        net=rng.normal(0, 0.3, 151),
        freedom=1000.0,
        way="as_is",
        before_variance=lambda table: 0.64 / table["n_before"],
        variance=lambda table: 0.64 / table["n_before"] + 0.64 / table["n_now"],
    )
    settings = CultureSettings(dimensions=("samenwerking",), draws=2_000)
    scales = pd.DataFrame({"samenwerking": scores})
    design, more = design_of(len(unit)), {"seed": 1, "previous": previous}
    table = measure_climate(scales, grouping, design, CODEBOOK, settings, **more).table.iloc[1:]

    told = pd.DataFrame({"before": band_middle(before), "now": band_middle(now)}).astype(float)
    foretold = np.sqrt((1 / told).sum(axis=1)).to_numpy()
    exact = np.sqrt(1 / before + 1 / now)
    width = (table["previous_high"] - table["previous_low"]).to_numpy()
    left = width - np.polyval(np.polyfit(foretold, width, 3), foretold)
    assert abs(np.corrcoef(left, exact - foretold)[0, 1]) < 0.3
    assert np.corrcoef(exact, width)[0, 1] > 0.8


def test_what_a_unit_is_of_everyone_tells_the_band_and_no_more():
    rng = np.random.default_rng(7)
    sizes = [10, 11, 12, 13, 14]
    grouping, unit = units_of(sizes)
    scales = pd.DataFrame({"samenwerking": 3 + rng.normal(0, 0.8, len(unit))})
    settings = CultureSettings(dimensions=("samenwerking",), draws=500)

    found = measure_climate(scales, grouping, design_of(len(unit)), CODEBOOK, settings, seed=1)

    table = found.table.iloc[1:]
    variance = ((table["all_high"] - table["all_low"]) / (2 * Z)).to_numpy() ** 2
    own = table["se"].to_numpy() ** 2
    # Beside that of the unit itself there is one share of everyone for all of the band.
    assert variance == pytest.approx(np.polyval(np.polyfit(own, variance, 1), own), rel=1e-6)


def test_the_interval_of_a_share_of_behaviour_tells_the_band_and_no_more():
    def low(n, told):
        values = (np.arange(n) < n // 2).astype(float)
        return estimate_share(values, design_of(n), told).low

    assert low(10, to_band) == pytest.approx(low(14, to_band), abs=0.01)
    assert low(14, None) - low(10, None) > 0.03


def test_a_rate_of_those_who_are_missed_tells_the_band_and_no_more(rng):
    sizes = [10, 11, 12, 13, 14, 300]
    group = np.repeat(list("abcdef"), sizes)
    survey = survey_of(rng, rows=len(group), units=20)
    survey["in_need"] = np.ones(len(group))
    survey["selected"] = (group == "f") * (rng.random(len(group)) < 0.5).astype(float)
    survey["attributes"] = {"groep": pd.Series(group)}

    table = audit(survey).by_group.set_index(["measure", "group"]).loc["exclusion"]

    assert (table.loc[list("abcde"), "value"] == 1).all()
    assert np.ptp(table.loc[list("abcde"), "low"]) == 0
