"""What is told of forms that were refused: no reason that only few of them have."""

import pandas as pd
import pytest

from blijfwijzer.publish.facts import clear_rejected, tell_reasons
from small_worlds import K

ODD = "out-of-range code: geslacht"


def refused(*reasons):
    """Reasons of each form, as intake has them."""
    return pd.DataFrame({"row": range(len(reasons)), "reasons": list(reasons)})


def told(*reasons):
    return dict(tell_reasons(refused(*reasons), K).itertuples(index=False))


def test_a_reason_of_one_form_is_not_named():
    assert told(*["missing weight"] * 20, ODD) == {"other reasons": 21}


def test_reasons_of_few_forms_are_told_together():
    few = ["duplicate id"] * 6 + [ODD] * 5

    assert told(*["missing weight"] * 20, *few) == {"missing weight": 20, "other reasons": 11}


def test_others_take_the_next_reason_with_them_until_they_are_enough():
    reasons = ["missing weight"] * 30 + ["duplicate id"] * 12 + [ODD] * 2

    assert told(*reasons) == {"missing weight": 30, "other reasons": 14}


def test_a_form_with_two_of_the_other_reasons_counts_once():
    both = [f"duplicate id; {ODD}"] * 6

    assert told(*["missing weight"] * 20, *both) == {"other reasons": 26}


@pytest.mark.parametrize("count", [0, 1, 9])
def test_no_reason_is_told_of_fewer_forms_than_the_minimum(count):
    assert told(*[ODD] * count) == {}
    assert clear_rejected(refused(*[ODD] * count), K).frame.empty


def test_reasons_that_enough_forms_have_are_all_named():
    assert told(*["a"] * 10, *["b"] * 11) == {"b": 11, "a": 10}
