"""Each reason why a model may not become champion: what was found, what is allowed, what to do."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.checks.findings import find
from blijfwijzer.estimation.design import Design
from blijfwijzer.fairness.rivals import compare_gaps
from blijfwijzer.records.model_folder import read_model
from blijfwijzer.release.overlap import Overlap
from blijfwijzer.risk.protection import protect_rivals
from blijfwijzer.risk.rivals import Rivals, compare_risks
from blijfwijzer.runs.models.held_out import HeldOut
from blijfwijzer.runs.models.measured import Measured
from blijfwijzer.runs.models.promotion import Candidacy, find_reasons, tell_measured
from blijfwijzer.settings import PromotionSettings
from blijfwijzer.survey.texts import say
from shared_rivals import driven_survey, settings_of, train_small, write_survey

ROWS = 4000


def expit(margin):
    return 1 / (1 + np.exp(-margin))


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    survey = write_survey(driven_survey(1, 600), folder / "w.csv")
    for name, kind in (("old", "prevalence"), ("new", "logistic")):
        train_small(survey, folder / "models" / name, settings_of(kind))
    return {name: read_model(folder / "models" / name) for name in ("old", "new")}


def held(way, rows=ROWS):
    return HeldOut(np.full(rows, 0.5), way, Overlap("apart", np.ones(rows, dtype=bool)))


def make(stored, change=lambda margin, group: margin, settings=None, gap="missed"):
    """A candidacy in which the champion knows the truth and the model what `change` makes of it."""
    rng = np.random.default_rng(4)
    margin = rng.normal(-1, 1.2, ROWS)
    group = pd.Series(rng.choice(["a", "b"], ROWS))
    values = (rng.random(ROWS) < expit(margin)).astype(float)
    design = Design.of_units(np.ones(ROWS), pd.Series(rng.integers(0, 80, ROWS)))
    second = expit(change(margin, (group == "a").to_numpy()))
    rivals = Rivals(values, expit(margin), second, design)
    gaps = compare_gaps(rivals, {"geslacht": group}, gap, minimum=10, bootstraps=100, seed=0)
    measured = Measured(
        protect_rivals(compare_risks(rivals, 100, 0), rivals), pd.DataFrame(), gaps.round(2)
    )
    return Candidacy(
        stored["new"],
        stored["old"],
        "w.csv",
        (held("file"), held("file")),
        settings or PromotionSettings(fairness=gap),
        measured,
        rivals,
    )


def test_a_model_that_is_as_good_may_become_champion(stored):
    noise = np.random.default_rng(1).normal(0, 0.02, ROWS)

    assert find_reasons(make(stored)) == ()
    assert find_reasons(make(stored, lambda margin, _: margin + noise)) == ()


def only(reasons):
    (reason,) = reasons
    return reason


def test_a_worse_model_is_told_by_how_much_and_what_to_do(stored):
    noise = np.random.default_rng(1).normal(0, 0.6, ROWS)

    candidacy = make(stored, lambda margin, _: 0.7 * (margin + noise) - 0.28)
    reason = next(one for one in find_reasons(candidacy) if "log loss" in one)

    assert reason.startswith("new: its log loss less that of old, the champion is 0.")
    assert "of which the upper end may be 0.005 at most" in reason
    assert reason.endswith("or raise promotion.largest_loss.")
    raised = replace(candidacy, settings=PromotionSettings(largest_loss=0.1))
    assert not [one for one in find_reasons(raised) if "log loss" in one]


def test_a_model_that_is_not_known_to_be_no_worse_is_refused(stored):
    """With four units nothing is known of how far off the difference may be."""
    candidacy = make(stored, lambda margin, _: margin + 0.001)
    loss = candidacy.measured.measures.copy()
    loss.loc["log_loss", ["low", "high"]] = np.nan

    unknown = replace(candidacy, measured=replace(candidacy.measured, measures=loss))

    assert "with too few units to know" in only(find_reasons(unknown))


def test_a_slope_that_is_off_is_told(stored):
    reasons = find_reasons(make(stored, lambda margin, _: 1.5 * margin + 0.5))

    reason = next(one for one in reasons if "slope" in one)
    assert "the slope of calibration is 0.6" in reason
    assert reason.endswith("Train it again with this wave.")


def test_a_level_that_is_off_is_told(stored):
    settings = PromotionSettings(largest_loss=0.1)

    reason = only(find_reasons(make(stored, lambda margin, _: margin + 0.3, settings)))

    assert "it expects 37% where 31% gave the outcome, and 2% apart is allowed" in reason


@pytest.mark.parametrize("gap", ["missed", "level"])
def test_a_less_fair_model_is_told_of_which_people_and_by_which_measure(stored, gap):
    settings = PromotionSettings(largest_loss=0.1, fairness=gap)

    reasons = find_reasons(
        make(stored, lambda margin, is_a: margin + np.where(is_a, 0.4, -0.4), settings, gap)
    )

    reason = only(one for one in reasons if "geslacht" in one)
    assert f"further apart ({gap}) than with the champion" in reason
    assert "and 2% is allowed" in reason


def test_fairness_that_is_not_known_needs_a_reason(stored):
    candidacy = make(stored)
    empty = replace(candidacy.measured, gaps=candidacy.measured.gaps.head(0))

    reason = only(find_reasons(replace(candidacy, measured=empty)))

    assert "of no audit attribute two levels are large enough" in reason
    said = PromotionSettings(no_fairness="nobody was asked age, sex or origin")
    assert find_reasons(replace(candidacy, measured=empty, settings=said)) == ()


def test_without_a_champion_it_must_know_more_than_the_share_of_everyone(stored):
    candidacy = make(stored)
    share = np.full(ROWS, candidacy.rivals.values.mean())

    def against_everyone(second):
        rivals = replace(candidacy.rivals, first=share, second=second)
        measures = protect_rivals(compare_risks(rivals, 100, 0), rivals)
        return replace(
            candidacy,
            champion=None,
            held=candidacy.held[1:],
            rivals=rivals,
            measured=replace(candidacy.measured, measures=measures),
        )

    assert find_reasons(against_everyone(candidacy.rivals.second)) == ()
    noise = np.random.default_rng(1).normal(0, 0.05, ROWS)
    reasons = find_reasons(against_everyone(expit(np.log(share / (1 - share)) + noise)))
    reason = next(one for one in reasons if "log loss" in one)
    assert "less that of the share of everyone" in reason
    assert "upper end may be 0 at most" in reason
    assert "largest_loss" not in reason


def test_a_model_that_tells_of_few_people_is_refused(stored):
    model = stored["new"].model
    told = replace(model, trees="leaf_count=25 3\n")
    candidacy = replace(make(stored), stored=replace(stored["new"], model=told))

    reason = only(find_reasons(candidacy))

    assert "its text would tell about few people: 1 of 2 entries of leaf_count" in reason
    assert "model.minimum_leaf" in reason


def test_where_nothing_can_be_measured_the_way_out_is_told(stored):
    unmeasured = replace(make(stored), measured=None, rivals=None)
    known = replace(unmeasured, held=(held("units"), held("file")))

    assert "with --trained the file that the champion was trained on" in only(find_reasons(known))


def test_an_older_wave_than_that_of_the_training_is_refused(stored):
    older = replace(make(stored), held=(held("file"), held("folds")))

    reason = only(find_reasons(older))

    assert "is what the champion was trained on" in reason
    assert "Give that wave, or a newer one" in reason


def test_a_model_of_which_the_training_is_not_known_is_refused(stored):
    unknown = replace(make(stored), held=(held("apart"), held("unknown")))

    assert "it is not known whether a model was trained on its organisations" in only(
        find_reasons(unknown)
    )


def test_what_is_kept_is_plain_and_rounded(stored):
    told = tell_measured(make(stored).measured)

    assert set(told["measures"]["log_loss"]) == {"first", "second", "difference", "low", "high"}
    assert told["gaps"][0]["attribute"] == "geslacht"


def test_what_checks_found_must_be_mended_or_accepted_with_a_reason(stored):
    message = say("remark.few_units", units=11)
    open_, accepted = (
        replace(stored["new"], findings=find([message], silenced))
        for silenced in ({}, {"BW107": "there are no more"})
    )
    code = open_.findings[0].check.code

    reason = only(find_reasons(replace(make(stored), stored=open_)))
    assert reason.startswith(f"new: {code} asks for a look: ")
    assert "say under [checks.silenced] in the settings why it is accepted" in reason
    assert find_reasons(replace(make(stored), stored=open_, silenced={code: "all there are"})) == ()
    assert code == "BW107"
    assert find_reasons(replace(make(stored), stored=accepted)) == ()


def test_a_model_that_was_never_checked_is_refused(stored):
    never = replace(stored["new"], findings=None)

    assert "so it is not known what checks would find" in only(
        find_reasons(replace(make(stored), stored=never))
    )
