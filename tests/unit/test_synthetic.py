"""The built-in survey is held to its table of figures, and its truth is true."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import SettingsError
from blijfwijzer.risk.metrics import calibration_slope, rank
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.intake import read_survey
from blijfwijzer.survey.rejections import count_rejections
from blijfwijzer.survey.rule_truth import label
from blijfwijzer.survey.scales import score_scales
from blijfwijzer.synthetic import export
from blijfwijzer.synthetic import survey as synthetic
from blijfwijzer.synthetic.export import write_survey
from blijfwijzer.synthetic.figures import load_figures
from blijfwijzer.synthetic.survey import CODEBOOK, make_survey
from reports import said
from studies.data_card import data_card, measure_figures

BOOK = load_codebook(CODEBOOK)
CARD = Path(__file__).parents[2] / "docs" / "data-card.md"


@pytest.fixture(scope="module")
def survey():
    return make_survey()


@pytest.fixture(scope="module")
def intake(survey, tmp_path_factory):
    path = tmp_path_factory.mktemp("built-in") / "survey.parquet"
    write_survey(survey.responses, BOOK, path)
    return read_survey(path, BOOK, Settings().intake)


@pytest.fixture(scope="module")
def measured(intake):
    return measure_figures(intake.responses, BOOK)


@pytest.fixture(scope="module")
def labelled(survey, intake):
    accepted = np.delete(np.arange(intake.rows), intake.rejected["row"].to_numpy() - 1)
    numbers = survey.responses["respondent"].iloc[accepted]
    truth = survey.truth.set_index("respondent").loc[numbers].reset_index(drop=True)
    scales = score_scales(intake.responses, BOOK)
    values = {n: label(intake.responses, scales, BOOK, o).values for n, o in BOOK.outcomes.items()}
    return truth, values, intake.responses["weight"].to_numpy()


@pytest.mark.parametrize("figure", sorted(load_figures().index))
def test_each_figure_is_within_its_bounds(figure, measured):
    if figure not in measured:
        pytest.skip("a figure that goes in, not one that a survey shows")
    row = load_figures().loc[figure]

    assert row["low"] <= measured[figure] <= row["high"]


def test_falling_behind_is_as_common_as_its_ingredients_imply(labelled):
    _, values, weight = labelled
    known = values["achterblijver"].notna().to_numpy()
    row = load_figures().loc["falls_behind"]

    rate = np.average(values["achterblijver"][known], weights=weight[known])

    assert row["low"] <= rate <= row["high"]


@pytest.mark.parametrize("name", BOOK.outcomes)
def test_the_truth_is_calibrated(labelled, name):
    truth, values, weight = labelled
    known = values[name].notna().to_numpy()
    ranked = rank(values[name][known].to_numpy(), truth[f"p_{name}"][known].to_numpy())

    slope = calibration_slope(ranked, weight[known][ranked.order])

    assert slope == pytest.approx(1, abs=0.05)


def test_the_data_card_is_what_the_survey_gives(measured):
    assert CARD.read_text(encoding="utf-8") == data_card(load_figures(), measured)


def test_the_same_seed_gives_the_same_survey():
    first, again, other = make_survey(600, 1), make_survey(600, 1), make_survey(600, 2)

    pd.testing.assert_frame_equal(first.responses, again.responses)
    pd.testing.assert_frame_equal(first.truth, again.truth)
    assert not first.responses.equals(other.responses)


@pytest.mark.parametrize(
    ("wave", "digest"), [(2019, "7e2ebe75c2e2d469"), (2022, "609f47abaccc5b46")]
)
def test_questions_of_claims_change_no_other_answer(wave, digest):
    answers = make_survey(600, 1, wave).responses
    claims = [column.name for column in BOOK.with_role("claim")]

    others = answers.drop(columns=claims).to_csv(index=False)

    # Of the survey as it was before these questions were asked.
    assert hashlib.sha256(others.encode()).hexdigest().startswith(digest)
    assert len(claims) == 12


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".csv.gz"])
def test_forms_written_some_at_a_time_are_those_written_at_once(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(synthetic, "BLOCK", 250)
    monkeypatch.setattr(export, "_PIECE", 100)
    made, once, parts = make_survey(600, 1), tmp_path / f"once{suffix}", tmp_path / f"parts{suffix}"

    write_survey(made.responses, BOOK, once)
    export.write_blocks(made.blocks, BOOK, parts)

    assert (len(made.blocks), made.forms) == (4, len(made.responses))
    if suffix == ".parquet":
        pd.testing.assert_frame_equal(pd.read_parquet(parts), pd.read_parquet(once))
    else:
        assert parts.read_bytes() == once.read_bytes()


def test_what_claims_need_is_true_as_the_card_says(survey):
    answers = survey.responses
    group = (answers["opleiding"] == 1) & (answers["dienstjaren"] >= 20)
    offered = answers["scholing_aangeboden"] == 1

    take_up = [answers.loc[offered & g, "scholing"].mean() for g in (group, ~group)]
    offers = [(answers.loc[g, "scholing_aangeboden"] == 1).mean() for g in (group, ~group)]

    assert take_up == pytest.approx([0.85, 0.85], abs=0.03)
    assert offers[1] - offers[0] > 0.2
    assert (answers["moedigt_aan"][answers["leidinggevende"] == 0] == 9).all()
    assert answers["eigen_marktwaarde"].isin([1, 2, 3, 4, 5, 8, 9]).mean() > 0.97


def test_spoilt_forms_are_as_many_as_the_table_says(intake):
    found = {str(refusal): count for refusal, count in count_rejections(intake.rejected)}

    assert set(found) == {"straight-lining", "duplicate id"}
    assert found["duplicate id"] == 80
    assert found["straight-lining"] / intake.rows == pytest.approx(0.01, abs=0.003)


def test_weights_restore_the_size_of_sectors(intake):
    by_sector = intake.responses.groupby("sector", observed=True)["weight"].sum()
    share = by_sector / by_sector.sum()

    # 175,000 of 929,600 people work in primary education, 11,000 in provinces.
    assert share["primair_onderwijs"] == pytest.approx(0.188, abs=0.02)
    assert share["provincies"] == pytest.approx(0.012, abs=0.003)
    assert (intake.responses["sector"] == "provincies").mean() > 0.05


def test_the_satisfied_respond_more_often():
    content = make_survey(3000, 5).responses["tev_baan"]

    satisfied = (content[content <= 5] >= 4).mean()
    assert satisfied > load_figures().loc["satisfied_baan", "value"]


def test_reversed_items_run_the_other_way(intake):
    answers = intake.responses

    assert answers["psy_1"].corr(answers["psy_3"]) < -0.3
    assert answers["pre_1"].corr(answers["pre_2"]) < -0.3


def test_the_second_wave_drifts_and_renames_an_item(tmp_path, intake):
    wave = make_survey(8000, wave=2022)
    write_survey(wave.responses, BOOK, tmp_path / "wave.parquet")

    second = read_survey(tmp_path / "wave.parquet", BOOK, Settings().intake)

    assert "sam_2" not in wave.responses
    assert "sam_2 (here samenwerking_2)" in said(second.remarks)[0]
    moved = (second.responses["interne_stappen"] > 0).mean()
    assert moved > (intake.responses["interne_stappen"] > 0).mean()


def test_a_figure_of_your_own_is_used(tmp_path):
    own = tmp_path / "own.csv"
    own.write_text("name,value\nexternal_intimidation,0.6\n")
    answers = make_survey(3000, 1, figures=own).responses

    assert answers["extern_intimidatie"].mean() > 0.5


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("name,value\nbedacht,0.6", "1 figure is not used: bedacht"),
        ("name,value\nmean_age,46\nmean_age,47", "1 figure is named twice: mean_age"),
        ("name,value\nmean_age,veel", "1 figure is no number: mean_age"),
        ("name,value\nmean_age,", "1 figure is no number: mean_age"),
        ("name,value\nmean_age,1e999", "1 figure is no number: mean_age"),
        ("name,value\ndont_know,1.01", "1 figure is no share, from 0 to 1: dont_know"),
        ("name,year\nmean_age,2019", "columns value are missing"),
        ("", "no readable table"),
    ],
)
def test_a_table_of_figures_that_cannot_be_used_is_refused(tmp_path, table, told):
    own = tmp_path / "own.csv"
    own.write_text(table)

    with pytest.raises(SettingsError, match=told):
        load_figures(own)


def test_there_is_no_other_wave():
    with pytest.raises(SettingsError, match="2019 or 2022"):
        make_survey(600, wave=2016)


def test_units_are_many_and_of_uneven_size(survey):
    sizes = survey.responses.groupby("team").size()

    assert survey.responses["sector"].nunique() == 12
    assert 250 <= survey.responses["organisatie"].nunique() <= 500
    assert sizes.median() == pytest.approx(9, abs=3)
    assert sizes.max() > 3 * sizes.median()
    assert survey.units["invited"].sum() == pytest.approx(95_000, rel=0.01)
