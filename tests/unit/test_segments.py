"""Segments: honest estimates of readable rules, never from audit attributes."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from blijfwijzer.errors import SettingsError
from blijfwijzer.estimation.design import Design
from blijfwijzer.groups.conditions import Allowed, describe, read_question
from blijfwijzer.groups.segments import estimate_rates, find_segments
from blijfwijzer.publish.language.texts import write
from blijfwijzer.risk.evaluation import Predictions
from blijfwijzer.settings import SegmentSettings
from blijfwijzer.survey.codebook import Text, load_codebook

CODEBOOK = load_codebook("werkonderzoek-2019")
NAMES = ("dienstjaren", "opleiding", "contract", "interne_stappen", "scholing")
COLUMNS = [CODEBOOK.columns[name] for name in NAMES]
SMALL = SegmentSettings(minimum=50)


def in_dutch(message):
    return write(message, "nl")


def answers_of(rng, rows=4000):
    contract = pd.CategoricalDtype(["1", "2", "3"])
    return pd.DataFrame(
        {
            "dienstjaren": rng.integers(0, 41, rows).astype(float),
            "opleiding": rng.choice([1.0, 2, 3], rows),
            "contract": pd.Series(rng.choice(["1", "2", "3"], rows)).astype(contract),
            "interne_stappen": rng.poisson(1.0, rows).clip(0, 9).astype(float),
            "scholing": rng.choice([0.0, 1.0], rows),
        }
    )


def survey_of(rng, responses, chance):
    rows = len(responses)
    return {
        "responses": responses,
        "in_need": (rng.random(rows) < chance).astype(float),
        "risk": np.full(rows, 0.3),
        "weight": rng.uniform(0.5, 2, rows),
        "units": pd.Series(rng.integers(0, 80, rows), name="organisatie"),
        "columns": COLUMNS,
        "settings": SMALL,
        "seed": 0,
    }


def whole(weight, unit):
    return Design(weight, unit, np.zeros_like(unit))


def find(survey, **more):
    survey = survey | more
    design = Design.of_units(survey.pop("weight"), survey.pop("units"))
    predictions = Predictions(survey.pop("in_need"), survey.pop("risk"), design)
    return find_segments(predictions=predictions, **survey)


@pytest.fixture
def planted(rng):
    responses = answers_of(rng)
    is_segment = (responses["opleiding"] == 1) & (responses["dienstjaren"] >= 15)
    return survey_of(rng, responses, np.where(is_segment, 0.6, 0.15)), is_segment.to_numpy()


def test_a_planted_segment_is_found_and_read(planted):
    survey, is_segment = planted

    found = find(survey)

    top = found.table.iloc[0]
    inside = found.members.toarray()[0]
    assert write(top["rule"], "nl") == "Dienstjaren ≥ 15; Opleiding: laag (tot en met vmbo)"
    assert (
        write(top["rule"], "en") == "Years of service ≥ 15; Education: low (up to lower secondary)"
    )
    assert (inside == is_segment).all()
    assert top["low"] < 0.6 < top["high"]
    assert top["difference_low"] > 0.2
    assert top["source"] == "answers"


def test_every_response_is_in_one_segment(planted):
    found = find(planted[0])

    assert (found.members.sum(axis=0) == 1).all()
    assert list(found.table["n"]) == list(found.members.sum(axis=1))
    assert found.table["share"].sum() == pytest.approx(1)
    assert found.table["rate"].is_monotonic_decreasing


def test_an_organisation_is_in_one_half(planted):
    survey, _ = planted

    found = find(survey)

    halves = pd.Series(found.is_estimated).groupby(survey["units"]).nunique()
    assert (halves == 1).all()
    assert 0.4 < found.is_estimated.mean() < 0.6


def test_rates_come_from_the_other_half_only(planted):
    survey, _ = planted
    found = find(survey)
    inside, half = found.members.toarray()[0].astype(bool), found.is_estimated

    rows = inside & half
    expected = np.average(survey["in_need"][rows], weights=survey["weight"][rows])

    assert found.table["rate"].iloc[0] == pytest.approx(expected)
    assert found.table["n_estimated"].iloc[0] == rows.sum()


@pytest.mark.parametrize("minimum", [50, 300])
def test_no_segment_is_below_the_minimum_in_either_half(planted, minimum):
    survey = planted[0] | {"settings": SegmentSettings(minimum=minimum, depth=4)}

    found = find(survey)

    halves = found.members @ np.stack([found.is_estimated, ~found.is_estimated], axis=1).astype(int)
    assert len(found.table) > 1
    assert halves.min() >= minimum


def test_noise_seldom_makes_segments(rng):
    made = 0
    for seed in range(20):
        survey = survey_of(rng, answers_of(rng, 1000), 0.3) | {"seed": seed}
        made += len(find(survey).table) > 0

    assert made <= 5


def test_of_noise_the_interval_covers_the_overall_rate_in_about_95_of_100(rng):
    covered, held, runs, segments = 0, 0, 150, 6
    for _ in range(runs):
        unit = rng.integers(0, 40, 1500)
        # People in one unit are alike (intraclass correlation about .05) and so are segments.
        chance = rng.beta(0.3 * 19, 0.7 * 19, 40)[unit]
        values = (rng.random(1500) < chance).astype(float)
        inside = np.arange(segments)[:, None] == rng.integers(0, segments, 1500)
        everyone = np.ones(1500, dtype=bool)
        table = estimate_rates(inside, values, whole(rng.uniform(0.5, 2, 1500), unit), everyone)
        covered += table["low"].le(0.3).mul(table["high"].ge(0.3)).sum()
        held += table["difference_low"].le(0).mul(table["difference_high"].ge(0)).sum()

    assert 0.93 <= covered / (runs * segments) <= 0.985
    assert 0.93 <= held / (runs * segments) <= 0.985


def test_errors_equal_those_of_a_clustered_regression(rng):
    unit, weight = rng.integers(0, 30, 900), rng.uniform(0.5, 2, 900)
    values = (rng.random(900) < rng.beta(2, 4, 30)[unit]).astype(float)
    everyone = np.ones((1, 900), dtype=bool)

    ours = estimate_rates(everyone, values, whole(weight, unit), everyone[0])

    fit = sm.WLS(values, np.ones(900), weights=weight).fit(
        cov_type="cluster", cov_kwds={"groups": unit, "use_correction": False}
    )
    error = fit.bse[0] * np.sqrt(30 / 29)
    n = ours["rate"] * (1 - ours["rate"]) / error**2
    from_bounds = ours["low"].iloc[0] * ours["high"].iloc[0]
    lowered = n.iloc[0] * (1.959964 / 2.045230) ** 2
    # The two ends of Wilson's interval multiply to p^2 / (1 + z^2/n).
    assert from_bounds == pytest.approx(
        ours["rate"].iloc[0] ** 2 / (1 + 1.959964**2 / lowered), rel=1e-4
    )


def test_without_outcomes_the_model_speaks(planted):
    survey, is_segment = planted
    survey |= {
        "in_need": np.full(len(is_segment), np.nan),
        "risk": np.where(is_segment, 0.6, 0.15),
    }

    table = find(survey).table

    assert (table["source"] == "model").all()
    assert table["rate"].iloc[0] == pytest.approx(0.6)


@pytest.mark.parametrize("name", ["leeftijd", "geslacht", "organisatie", "bestaat_niet"])
def test_audit_attributes_are_refused_even_when_asked(planted, name):
    asked = SegmentSettings(columns=("opleiding", name))

    with pytest.raises(SettingsError, match=f"no career variables of the codebook: {name}"):
        find(planted[0] | {"settings": asked})


def test_audit_attributes_are_refused_even_when_passed(planted):
    with pytest.raises(SettingsError, match="1 are no career variables.*leeftijd"):
        find(planted[0] | {"columns": [*COLUMNS, CODEBOOK.columns["leeftijd"]]})


def test_columns_of_the_outcome_make_no_segment(planted):
    survey, _ = planted
    barred = frozenset({"opleiding"})

    rules = find(survey, barred=barred).table["rule"].map(in_dutch)

    assert not rules.str.contains("Opleiding").any()
    with pytest.raises(SettingsError, match="cannot be used: opleiding"):
        find(survey | {"settings": SegmentSettings(columns=("opleiding",))}, barred=barred)


def test_only_the_columns_asked_for_are_used(planted):
    survey = planted[0] | {"settings": SegmentSettings(columns=("dienstjaren",), minimum=50)}

    rules = find(survey).table["rule"].map(in_dutch)

    assert rules.str.fullmatch(r"Dienstjaren [^;]*").all()


def test_missing_answers_are_named(rng):
    responses = answers_of(rng)
    is_open = rng.random(4000) < 0.2
    responses["scholing"] = responses["scholing"].mask(is_open)
    survey = survey_of(rng, responses, np.where(is_open, 0.7, 0.2))

    top = find(survey).table.iloc[0]

    assert write(top["rule"], "nl") == "Scholing in de laatste twee jaar: niet beantwoord"
    assert write(top["rule"], "en") == "Training in the last two years: not answered"


@pytest.mark.parametrize("units", [1, 9])
def test_too_few_organisations_make_no_segments(planted, units):
    survey, _ = planted

    found = find(survey | {"units": survey["units"] % units})

    assert len(found.table) == 0
    assert found.members.shape == (0, 4000)


def test_the_same_seed_gives_the_same_segments(planted):
    survey, _ = planted

    first, again = find(survey), find(survey)

    pd.testing.assert_frame_equal(first.table, again.table)


def test_order_of_columns_that_cannot_differ_is_no_matter(planted):
    survey, _ = planted
    survey["responses"] = survey["responses"].assign(scholing=1.0, contract=np.nan)
    survey["responses"]["contract"] = survey["responses"]["contract"].astype("str")

    found = find(survey)

    assert not found.table["rule"].map(in_dutch).str.contains("Scholing|Contract").any()


def condition(name, answers):
    return Allowed(read_question(CODEBOOK.columns[name], pd.Series(answers)))


SERVICE = [0.0, 5, 20, 40, np.nan]
EDUCATION = [1.0, 2, 3, np.nan]
CONTRACT = ["1", "2", "3", np.nan]


@pytest.mark.parametrize(
    ("narrowed", "words", "holds"),
    [
        (condition("dienstjaren", SERVICE).from_(15, False), " ≥ 15", "..xx."),
        (condition("dienstjaren", SERVICE).from_(15, True), " ≥ 15 of niet beantwoord", "..xxx"),
        (condition("dienstjaren", SERVICE).below(6, False), " ≤ 5", "xx..."),
        (condition("dienstjaren", SERVICE).below(1, False), " = 0", "x...."),
        (
            condition("dienstjaren", SERVICE).from_(5, False).from_(3, False).below(21, False),
            " 5 – 20",
            ".xx..",
        ),
        (condition("dienstjaren", SERVICE).below(np.inf, False), ": beantwoord", "xxxx."),
        (condition("dienstjaren", SERVICE).from_(np.inf, True), ": niet beantwoord", "....x"),
        (condition("opleiding", EDUCATION).below(1, False), ": laag (tot en met vmbo)", "x..."),
        (
            condition("opleiding", EDUCATION).from_(1, False),
            ": midden (mbo, havo, vwo) of hoog (hbo, wo)",
            ".xx.",
        ),
        (condition("opleiding", EDUCATION).from_(np.inf, True), ": niet beantwoord", "...x"),
        (condition("contract", CONTRACT).only(1), ": tijdelijk", ".x.."),
        (condition("contract", CONTRACT).only(-1), ": niet beantwoord", "...x"),
        (condition("contract", CONTRACT).without(-1), ": beantwoord", "xxx."),
        (
            condition("contract", CONTRACT).without(1),
            ": vast of oproep of uitzend of niet beantwoord",
            "x.xx",
        ),
        (
            condition("contract", CONTRACT).without(1).without(-1),
            ": vast of oproep of uitzend",
            "x.x.",
        ),
    ],
)
def test_a_condition_says_what_it_holds(narrowed, words, holds):
    assert in_dutch(describe(narrowed)) == narrowed.question.column.label.nl + words
    assert "".join("x" if inside else "." for inside in narrowed.holds()) == holds


def test_conditions_on_many_codes_are_short():
    codes = {str(k): Text(nl=f"t{k}", en=f"t{k}") for k in range(1, 8)}
    labels = CODEBOOK.columns["opleiding"].model_copy(update={"codes": codes})
    answers = pd.Series(np.arange(1.0, 8))
    ordinal = Allowed(read_question(labels, answers))
    nominal = Allowed(
        read_question(labels.model_copy(update={"type": "nominal"}), answers.map("{:g}".format))
    )

    texts = [
        write(describe(c), "en").removeprefix("Education")
        for c in (
            ordinal.below(4, True),
            ordinal.from_(2, True),
            ordinal.from_(1, True).below(5, True),
            nominal.without(0),
            nominal.without(0).without(1).without(2).without(3),
        )
    ]

    assert texts == [
        ": at most t4",
        ": at least t3",
        ": from t2 to t5",
        ": not t1",
        ": t5 or t6 or t7",
    ]


@pytest.mark.parametrize(
    ("answers", "cut", "words"),
    [
        ([0.0, 1.5, 3.0], 12, " ≥ 1,2"),
        ([4.0, 36.5, 60.0], 36, " ≥ 36"),
        ([15_000.0, 43_210.0, 90_000.0], 432, " ≥ 43200"),
    ],
)
def test_numbers_are_cut_where_people_can_read_it(answers, cut, words):
    column = CODEBOOK.columns["uren"]

    hours = Allowed(read_question(column, pd.Series(answers))).from_(cut, True)

    assert in_dutch(describe(hours)) == column.label.nl + words


def test_numbers_between_steps_are_never_called_at_most():
    column = CODEBOOK.columns["uren"]
    hours = Allowed(read_question(column, pd.Series([4.0, 36.5, 60.0])))

    assert in_dutch(describe(hours.below(36, True))) == column.label.nl + " < 36"
    both = hours.from_(10, True).below(36, True)
    assert write(describe(both), "en") == column.label.en + " ≥ 10 and < 36"
