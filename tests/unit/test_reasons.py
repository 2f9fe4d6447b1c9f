"""What is told of forms that were refused: no reason that only few of them have."""

import pandas as pd
import pytest

from blijfwijzer.publish.facts import clear_rejected, tell_reasons
from blijfwijzer.survey.rejections import Rejection
from small_worlds import K

ODD = Rejection("out_of_range_code", "geslacht")
TWICE, WEIGHT = Rejection("duplicate_id"), Rejection("missing_weight")


def refused(*reasons):
    """Reasons of each form, as intake has them."""
    given = [reason if isinstance(reason, tuple) else (reason,) for reason in reasons]
    return pd.DataFrame({"row": range(len(reasons)), "reasons": given})


def told(*reasons):
    return {str(refusal): count for refusal, count in tell_reasons(refused(*reasons), K)}


def test_a_reason_of_one_form_is_not_named():
    assert told(*[WEIGHT] * 20, ODD) == {"other reasons": 21}


def test_reasons_of_few_forms_are_told_together():
    few = [TWICE] * 6 + [ODD] * 5

    assert told(*[WEIGHT] * 20, *few) == {"missing weight": 20, "other reasons": 11}


def test_others_take_the_next_reason_with_them_until_they_are_enough():
    reasons = [WEIGHT] * 30 + [TWICE] * 12 + [ODD] * 2

    assert told(*reasons) == {"missing weight": 30, "other reasons": 14}


def test_a_form_with_two_of_the_other_reasons_counts_once():
    both = [(TWICE, ODD)] * 6

    assert told(*[WEIGHT] * 20, *both) == {"other reasons": 26}


@pytest.mark.parametrize("count", [0, 1, 9])
def test_no_reason_is_told_of_fewer_forms_than_the_minimum(count):
    assert told(*[ODD] * count) == {}
    assert clear_rejected(refused(*[ODD] * count), K).frame.empty


def test_reasons_that_enough_forms_have_are_all_named():
    assert told(*[TWICE] * 10, *[WEIGHT] * 11) == {"missing weight": 11, "duplicate id": 10}
