"""Two models side by side: out of fold, on other organisations, or not at all."""

import numpy as np
import pandas as pd
import pytest

import blijfwijzer as bw
from blijfwijzer.disclosure.chain import verify
from blijfwijzer.disclosure.ledger import open_ledger
from blijfwijzer.errors import (
    ComparisonError,
    DisclosureError,
    SameWaveError,
    WaveTooDifferentError,
)
from blijfwijzer.progress import silent
from blijfwijzer.publish.language.texts import write
from blijfwijzer.release.rehearsal import rehearse
from blijfwijzer.risk.metrics import log_losses
from blijfwijzer.runs.models.explained import ExplainRequest, contribute_wave
from blijfwijzer.runs.models.pairs import request_of
from blijfwijzer.runs.models.then import admit_then, measure_change, read_against
from command_line import call
from languages import words_of_the_other
from shared_rivals import TARGET, driven_survey, settings_of, train_small, write_survey


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two models of one survey, one of all answers and one of scales, and what they foresaw."""
    folder = tmp_path_factory.mktemp("made")
    survey = write_survey(driven_survey(1), folder / "w1.csv")
    out_of_fold = {}
    for name, kind in (("first", "logistic"), ("second", "trees")):
        selection, made_from = train_small(
            survey, folder / "models" / name, settings_of(kind, language="en")
        )
        out_of_fold[name] = selection.out_of_fold[kind]
    return folder, survey, made_from, out_of_fold


def compare(made, survey, **more):
    folder = made[0] / "models"
    return bw.compare(folder / "first", folder / "second", survey, **more)


@pytest.fixture(scope="module")
def shown(made):
    folder = made[0]
    return compare(made, made[1]).write(folder / "out", ledgers=folder / "ledger")


def test_on_the_survey_of_the_training_both_are_measured_out_of_fold(made, shown):
    _, _, made_from, risk = made
    task = made_from.task

    losses = [
        np.average(log_losses(task.values, risk[name]), weights=task.weight)
        for name in ("first", "second")
    ]
    told = shown.tables["compared_measures"].set_index("metric").loc["Log loss"]
    assert told["difference"] == pytest.approx(losses[1] - losses[0], abs=0.005)
    assert told["first"] == pytest.approx(losses[0], abs=0.01)
    assert sum("So it was fitted again" in line for line in shown.said) == 2


def test_what_both_foresaw_out_of_fold_is_worked_out_once(made, tmp_path, monkeypatch):
    first = compare(made, made[1]).write(tmp_path / "first", ledgers=tmp_path / "ledger")
    monkeypatch.delattr("blijfwijzer.runs.models.held_out.fit_chosen")
    again = compare(made, made[1]).write(tmp_path / "again", ledgers=tmp_path / "ledger")

    told, told_again = (one.tables["compared_measures"] for one in (first, again))
    pd.testing.assert_frame_equal(told, told_again)


ASKED = {
    "Which model is better, and is that sure?": "Model B is better: the log loss of B is lower",
    "On whom were both measured?": "the same people, whom they were not fitted on",
    "Were these organisations left out of the fit?": "each time measured on organisations that",
    "Are the chances right?": "Calibration slope",
    "Are they right for low and high risks?": "the prediction in each row is close to what people",
    "What drives each model, and how sure is that?": "95% interval for other people, with the same",
    "Is that a cause?": "This is about association, not causes",
    "What would change for groups?": "Groups of which the flag or the number of vouchers would",
    "Is one less fair?": "How far apart groups of different backgrounds are, with each model",
    "From which answers, code and libraries?": "lightgbm",
}
"""What a data scientist asks of two models, written down before the page was opened."""


def test_a_data_scientist_finds_an_answer_to_each_of_ten_questions(made, shown):
    page = " ".join((made[0] / "out" / "report.html").read_text(encoding="utf-8").split())

    lost = [question for question, words in ASKED.items() if words not in page]

    assert len(ASKED) == 10
    assert lost == []


def test_what_is_shown_stands_in_the_ledger(made, shown):
    assert verify(made[0] / "ledger" / "small")
    page = (shown.folder / "report.html").read_bytes()
    assert b"two models side by side" in page
    assert words_of_the_other(page, "en") == []


def test_the_page_is_in_dutch_too(made, tmp_path):
    dutch = settings_of("trees", language="nl")

    shown = compare(made, made[1], settings=dutch).write(tmp_path / "o", ledgers=tmp_path / "l")

    page = (shown.folder / "report.html").read_bytes()
    assert b"twee modellen naast elkaar" in page
    assert words_of_the_other(page, "nl") == []


def test_calibration_drivers_and_groups_stand_side_by_side(shown):
    tables = shown.tables

    assert set(tables["compared_calibration"]["model"]) == {"A", "B"}
    drivers = tables["compared_drivers"]
    assert {"first", "second", "first_rank", "second_rank"} <= set(drivers)
    assert drivers["first"].max() > 0
    files = pd.read_csv(shown.folder / "tables" / "groups.csv")
    assert {"first_flag", "second_flag"} <= set(files)
    assert len(tables["compared_groups"]) <= len(files)


def test_vouchers_by_both_are_told_of_a_need_with_a_budget(made, tmp_path):
    folder = tmp_path / "models"
    for name, kind in (("first", "logistic"), ("second", "items")):
        train_small(made[1], folder / name, settings_of(kind), "achterblijver")
    budget = settings_of("items").model_copy(
        update={"vouchers": bw.Settings(vouchers={"budget": 20_000, "cost": 500}).vouchers}
    )

    shown = bw.compare(folder / "first", folder / "second", made[1], settings=budget).write(
        tmp_path / "out", ledgers=tmp_path / "ledger"
    )

    groups = pd.read_csv(shown.folder / "tables" / "groups.csv")
    assert groups["first_vouchers"].sum() > 0
    assert groups["second_vouchers"].sum() > 0


def test_on_other_organisations_they_are_measured_as_they_are(made, tmp_path):
    survey = write_survey(driven_survey(2, organisations=100), tmp_path / "w2.csv")

    shown = compare(made, survey).write(tmp_path / "out", ledgers=made[0] / "ledger")

    assert len(shown.tables["compared_measures"]) > 3
    assert any(
        "measured on organisations that it was not trained on" in line for line in shown.said
    )


def test_on_other_people_of_the_same_organisations_nothing_is_measured(made, tmp_path):
    survey = write_survey(driven_survey(3), tmp_path / "w3.csv")

    shown = compare(made, survey).write(tmp_path / "out", ledgers=made[0] / "ledger")

    assert "compared_measures" not in shown.tables
    assert len(shown.tables["compared_drivers"])
    assert any("cannot be measured with this survey" in line for line in shown.said)
    assert "was trained on all organisations" in (shown.folder / "report.html").read_text()


def test_one_model_or_two_outcomes_are_refused(made, tmp_path, capsys):
    folder = made[0] / "models"
    train_small(made[1], tmp_path / "models" / "x", settings_of("logistic"), "achterblijver")

    with pytest.raises(ComparisonError, match="both are this model"):
        bw.compare(folder / "first", folder / "first", made[1])
    other = tmp_path / "models" / "x"
    code = call("compare", folder / "first", other, made[1], "--output", tmp_path / "out")
    assert code == 66
    assert f"are of two outcomes: {TARGET} and achterblijver" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_model_that_is_not_found_again_is_refused(made, tmp_path):
    told = settings_of("trees", seed=12)
    train_small(made[1], tmp_path / "models" / "x", settings_of("trees"), told=told)
    pair = bw.compare(made[0] / "models" / "first", tmp_path / "models" / "x", made[1])

    with pytest.raises(ComparisonError, match="is not found again"):
        pair.write(tmp_path / "out", ledgers=tmp_path / "ledger")

    assert not (tmp_path / "out").exists()


def turned_survey():
    """Answers to all items of scales are low, as they were not at the training."""
    frame = driven_survey(4)
    items = [c for c in frame if c.startswith(("veilig", "inzet"))]
    frame[items] = frame[items].clip(upper=2)
    return frame


def test_a_wave_that_differs_too_much_is_refused(made, tmp_path):
    survey, out = write_survey(turned_survey(), tmp_path / "w4.csv"), tmp_path / "out"

    with pytest.raises(WaveTooDifferentError):
        compare(made, survey)
    code = call("explain", made[0] / "models" / "second", survey, "--output", out)
    assert code == WaveTooDifferentError.exit_code
    assert not out.exists()


def test_a_survey_without_the_outcome_is_refused(made, tmp_path):
    frame = driven_survey(5).assign(vertrek=1)

    with pytest.raises(ComparisonError, match="fewer than two different values"):
        compare(made, write_survey(frame, tmp_path / "w5.csv"))


@pytest.fixture(scope="module")
def later(made):
    """Another wave of other organisations, where people feel less safe."""
    frame = driven_survey(2, organisations=100)
    frame["veilig_1"] = (frame["veilig_1"] - 1).clip(lower=1)
    return write_survey(frame, made[0] / "later.csv")


def against(made, survey, *places):
    asked = ExplainRequest(made[0] / "models" / "second", survey, against=places)
    return read_against(contribute_wave(asked, silent), asked, silent)


def test_drivers_are_held_against_another_wave_and_model(made, later):
    held = against(made, later, made[0] / "models" / "first", made[1])
    found = measure_change(held)

    assert write(held.message, "en").startswith("Then: the people of w1, by the model first.")
    assert found.risk["then"] == pytest.approx(held.then[0].contributions.risk.mean(), abs=0.01)
    moved = found.means["answers"].abs().idxmax()
    assert found.means.loc[moved, "answers"] > 0.01
    assert set(held.origin) == {"previous_sha256", "model_then", "model_then_sha256"}


def test_what_cannot_be_held_against_is_refused(made, tmp_path):
    models, before = made[0] / "models", made[1]
    differs = write_survey(turned_survey(), tmp_path / "w4.csv")
    copy = write_survey(driven_survey(1), tmp_path / "w1-again.csv")

    with pytest.raises(ComparisonError, match="both are this model"):
        against(made, before, models / "second")
    with pytest.raises(ComparisonError, match="are 0 surveys and 2 models"):
        against(made, before, models / "first", models / "x")
    with pytest.raises(SameWaveError, match="the very same answers"):
        against(made, before, copy)
    with pytest.raises(WaveTooDifferentError):
        against(made, before, differs)


def test_an_earlier_wave_that_differs_by_few_from_one_that_was_told_of_is_refused(
    made, shown, later, tmp_path
):
    few = write_survey(driven_survey(1).iloc[3:], tmp_path / "w1-few.csv")
    held = against(made, later, few)
    explained = held.now[1]
    asked = request_of("explain", {"now": explained}, ("organisatie",))

    with (
        open_ledger(made[0] / "ledger" / "small", "small") as ledger,
        pytest.raises(DisclosureError, match="nearly the same people were told of before"),
    ):
        admit_then(held, rehearse(asked, ledger))
