"""What is added up of a scale is the same bytes, in whichever batches and order responses come."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blijfwijzer.estimation import fitting
from blijfwijzer.estimation.design import Design
from blijfwijzer.estimation.moments import count_moments, finish_moments, gather_moments
from blijfwijzer.estimation.regression import regress
from blijfwijzer.estimation.reliability import measure_reliability
from blijfwijzer.estimation.resampling import Draws
from blijfwijzer.estimation.sums import merge_all
from blijfwijzer.survey import scales
from blijfwijzer.survey.held import Held, pack
from shared_intake import BOOK, make_survey

ANSWERS = st.one_of(st.just(np.nan), st.sampled_from([1.0, 2.0, 3.5, 5.0]))
ROWS = st.lists(
    st.tuples(ANSWERS, ANSWERS, st.floats(0.05, 3.0), st.integers(0, 3)), min_size=1, max_size=40
)


def added(rows):
    columns, weight, whole = rows[:, :2], rows[:, 2], rows[:, 3].astype(np.intp)
    return gather_moments(columns, weight, Draws(whole, np.ones((4, 1))))


@given(st.data())
def test_scales_are_added_up_to_the_same_bytes_in_any_order_and_any_parts(data):
    rows = np.array(data.draw(ROWS))
    order = np.array(data.draw(st.permutations(range(len(rows)))))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(rows)), max_size=6)))
    size = data.draw(st.integers(1, 50))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "_ROWS_AT_ONCE", size)
        merged = merge_all(added(part) for part in np.split(rows[order], cuts))

    whole, draws = added(rows), Draws(rows[:, 3].astype(np.intp), np.ones((4, 1)))
    assert merged.tobytes() == whole.tobytes()
    assert count_moments(merged) == count_moments(whole)
    assert finish_moments(merged, draws)[0].tobytes() == finish_moments(whole, draws)[0].tobytes()


@given(st.integers(0, 100), st.integers(1, 130))
@settings(max_examples=15, deadline=None)
def test_scales_measure_the_same_in_batches_of_any_size(seed, size):
    survey = make_survey(120, seed).assign(weight=1 + np.arange(120) / 60)
    design = Design.of_units(survey["weight"].to_numpy(), survey["organisatie"])
    whole = measure_reliability(survey, BOOK, design, draws=20)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scales, "_ROWS_AT_ONCE", size)
        patch.setattr(fitting, "_ROWS_AT_ONCE", max(size // 2, 1))
        found = measure_reliability(Held.of(survey), BOOK, design, draws=20)

    pd.testing.assert_frame_equal(found.scales, whole.scales, check_exact=True)
    pd.testing.assert_frame_equal(found.items, whole.items, check_exact=True)


@given(st.lists(st.one_of(ANSWERS, st.floats()), max_size=40))
def test_numbers_in_few_bytes_are_the_numbers_that_they_were(numbers):
    values = np.array(numbers, dtype=float)

    held = Held({"numbers": pack(values)}, len(values))

    np.testing.assert_array_equal(held["numbers"].to_numpy(), values)


@given(st.integers(1, 130), st.sampled_from(["linear", "logistic"]))
@settings(max_examples=25, deadline=None)
def test_a_regression_is_the_same_in_batches_of_any_size(size, family):
    rng = np.random.default_rng(7)
    X = pd.DataFrame({"a": rng.normal(size=120), "b": rng.random(120) < 0.3})
    y = (X["a"] + rng.normal(size=120) > 0).astype(float)
    design = Design.of_units(rng.uniform(0.5, 2, 120), pd.Series(np.arange(120) % 12))
    whole = regress(y, X, design, family)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "_ROWS_AT_ONCE", size)
        found = regress(y, X, design, family)

    pd.testing.assert_frame_equal(found.table, whole.table, rtol=1e-9)
    pd.testing.assert_frame_equal(found.covariance, whole.covariance, rtol=1e-9)
