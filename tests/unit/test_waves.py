"""A new wave held against the survey trained on."""

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import WaveTooDifferentError
from blijfwijzer.risk.features import Feature, Features, Schema
from blijfwijzer.risk.waves import compare_wave, learn_reference, refuse_different
from blijfwijzer.settings import WaveSettings
from blijfwijzer.survey.codebook import Text

SCHEMA = Schema(
    tuple(
        Feature(name, "career", Text(nl=name, en=name), name, "overig", False, high=5.0)
        for name in ("a", "b", "c", "d")
    )
)


def frame(rng, rows=1000, low=1):
    return pd.DataFrame({n: rng.integers(low, 6, rows).astype(float) for n in "abcd"})


def built(table, absent=()):
    rows = [
        {"feature": n, "missing": 0, "unseen": 0, "moved_to_limit": 0, "absent": n in absent}
        for n in "abcd"
    ]
    return Features(table, pd.DataFrame(rows))


def compared(rng, table, absent=()):
    reference = learn_reference(frame(rng), SCHEMA, np.ones(1000), 10)
    return compare_wave(
        built(table, absent), reference, np.ones(len(table)), WaveSettings(), len(table)
    )


def test_the_same_survey_does_not_drift(rng):
    found = compared(rng, frame(rng)).table

    assert (found["verdict"] == "same").all()
    assert found["drift"].max() < 0.05


def test_drift_is_the_population_stability_index(rng):
    then = pd.DataFrame({n: np.repeat([1.0, 2.0], [500, 500]) for n in "abcd"})
    now = pd.DataFrame({n: np.repeat([1.0, 2.0], [800, 200]) for n in "abcd"})
    reference = learn_reference(then, SCHEMA, np.ones(1000), 10)

    found = compare_wave(built(now), reference, np.ones(1000), WaveSettings(), 1000).table

    by_hand = (0.8 - 0.5) * np.log(0.8 / 0.5) + (0.2 - 0.5) * np.log(0.2 / 0.5)
    assert found["drift"].iloc[0] == pytest.approx(by_hand)


@pytest.mark.parametrize("rows", [30, 60, 120])
def test_few_forms_of_the_same_people_are_not_told_to_have_shifted(rng, rows):
    verdicts = pd.concat(compared(rng, frame(rng, rows)).table["verdict"] for _ in range(60))

    assert (verdicts == "shifted").mean() < 0.05


@pytest.mark.parametrize("people", [60, 100, 330, 600])
@pytest.mark.parametrize("largest", [0.02, 0.25])
def test_drift_leaves_open_how_few_gave_an_answer(people, largest):
    """By whether a column shifts, at one limit after another, its drift followed to any digit."""
    then = pd.DataFrame({n: np.repeat([1.0, 2.0], [900, 100]) for n in "abcd"})
    reference = learn_reference(then, SCHEMA, np.ones(1000), 10)
    told = []
    for few in range(15):
        now = pd.DataFrame({n: np.repeat([1.0, 2.0], [people - few, few]) for n in "abcd"})
        settings = WaveSettings(largest_drift=largest)
        found = compare_wave(built(now), reference, np.ones(people), settings, people).table
        told.append(found["drift"].iloc[0])

    assert all(told.count(told[few]) >= 3 for few in range(10))


def test_few_forms_of_other_people_are_told_to_have_shifted(rng):
    assert (compared(rng, frame(rng, 30, low=5)).table["verdict"] == "shifted").all()


def test_weights_count_in_drift(rng):
    then = pd.DataFrame({n: np.repeat([1.0, 2.0], [500, 500]) for n in "abcd"})
    weight = np.repeat([1.6, 0.4], [500, 500])
    reference = learn_reference(then, SCHEMA, np.ones(1000), 10)

    found = compare_wave(built(then), reference, weight, WaveSettings(), 1000).table

    assert found["drift"].iloc[0] > 0.25


def test_a_reference_tells_nothing_of_few(rng):
    table = frame(rng)
    table.loc[:3, "a"] = 40.0

    edges = learn_reference(table, SCHEMA, np.ones(1000), 10)["a"]["edges"]

    assert 40.0 not in edges


@pytest.mark.parametrize("count", [1000, 1003, 1008])
def test_a_reference_tells_no_last_digit_of_how_many_answered(count):
    """The first tenth of 1,000 ended at 99.9, and that of 1,003 at 100.2."""
    table = pd.DataFrame({name: np.arange(float(count)) for name in "abcd"})

    edges = learn_reference(table, SCHEMA, np.ones(count), 10)["a"]["edges"]

    assert len(edges) == 10
    assert set(edges[:-1]) <= set(table["a"])


def test_a_wave_that_differs_too_much_is_refused(rng):
    comparison = compared(rng, frame(rng, low=5), absent=("d",))

    with pytest.raises(WaveTooDifferentError, match="4 of the 4 columns") as error:
        refuse_different(comparison, WaveSettings(), "risk")
    assert "absent: d" in str(error.value)


def test_one_shifted_column_of_four_is_let_through(rng):
    table = frame(rng)
    table["a"] = 5.0
    comparison = compared(rng, table)

    refuse_different(comparison, WaveSettings(), "risk")

    assert comparison.table["verdict"].tolist().count("same") == 3
