"""Labels: three-valued, with cuts that are kept, barring their own ingredients."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import OneClassError, TooFewResponsesError
from blijfwijzer.risk.outcomes import barred_columns, require_both_classes
from blijfwijzer.survey.codebook import load_codebook
from blijfwijzer.survey.rule_truth import label, share_cut

CODEBOOK = load_codebook(Path(__file__).parents[1] / "assets" / "small.toml")
LEAVE, BEHIND = CODEBOOK.outcomes["vertrekintentie"], CODEBOOK.outcomes["achterblijver"]


def frames(**columns):
    rows = len(next(iter(columns.values())))
    responses = pd.DataFrame({"weight": np.ones(rows), **columns}).astype(float)
    return responses, responses[[c for c in responses if c == "inzetbaarheid"]]


def test_an_outcome_is_missing_only_where_its_answer_is():
    responses, scales = frames(vertrek=[3, 4, 5, np.nan])

    values = label(responses, scales, CODEBOOK, LEAVE).values

    assert values.tolist()[:3] == [0, 1, 1]
    assert np.isnan(values[3])


@pytest.mark.parametrize(
    ("inzet", "afspraak", "scholing", "expected"),
    [
        (1, 0, 0, 1),
        (1, 0, np.nan, 1),
        (1, 1, 1, 0),
        (1, 1, np.nan, np.nan),
        (5, 0, 0, 0),
        (5, np.nan, np.nan, 0),
        (np.nan, 1, 1, 0),
        (np.nan, 0, 1, np.nan),
    ],
)
def test_known_answers_decide_an_outcome_where_they_can(inzet, afspraak, scholing, expected):
    responses, scales = frames(inzetbaarheid=[inzet], afspraak=[afspraak], scholing=[scholing])

    values = label(responses, scales, CODEBOOK, BEHIND, {"inzetbaarheid.lowest": 2.0}).values

    np.testing.assert_array_equal(values, [expected])


def test_a_new_wave_is_labelled_with_the_cut_of_the_old():
    responses, scales = frames(inzetbaarheid=[1, 2, 3, 4, 5, 5], afspraak=[0] * 6, scholing=[0] * 6)
    first = label(responses, scales, CODEBOOK, BEHIND)
    lower, lower_scales = frames(inzetbaarheid=[1, 1, 1], afspraak=[0] * 3, scholing=[0] * 3)

    again = label(lower, lower_scales, CODEBOOK, BEHIND, first.thresholds)

    assert first.thresholds == {"inzetbaarheid.lowest": 2.0}
    assert first.values.tolist() == [1, 1, 0, 0, 0, 0]
    assert again.values.tolist() == [1, 1, 1]


def test_the_cut_follows_the_weights():
    values, weight = np.array([1.0, 2, 3]), np.array([1.0, 1, 4])

    assert share_cut(values, weight, 1 / 3) == 2.0
    assert share_cut(values, np.ones(3), 1 / 3) == 1.0


def test_a_label_bars_its_ingredients_its_twins_and_their_scales():
    assert barred_columns(CODEBOOK, LEAVE) == {"vertrek", "zoekt"}
    assert barred_columns(CODEBOOK, BEHIND) == {
        "inzetbaarheid",
        "inzet_1",
        "inzet_2",
        "afspraak",
        "scholing",
    }


def test_an_outcome_with_one_value_is_refused():
    responses, scales = frames(vertrek=[1.0] * 300)

    with pytest.raises(OneClassError, match="all 300 known outcomes are the same"):
        require_both_classes(label(responses, scales, CODEBOOK, LEAVE), LEAVE, 200)


def test_too_few_known_outcomes_are_refused():
    responses, scales = frames(vertrek=[1.0, 5.0] * 99 + [np.nan] * 10)

    with pytest.raises(TooFewResponsesError, match="198 of 208"):
        require_both_classes(label(responses, scales, CODEBOOK, LEAVE), LEAVE, 200)
