"""Identifiers: what names a person is refused by column; what only resembles it may stay."""

from hypothesis import given
from hypothesis import strategies as st

from blijfwijzer.survey.identifiers import passes_eleven_test


@given(st.integers(0, 9), st.integers(10_000_000, 99_999_999))
def test_one_wrong_digit_never_passes_the_eleven_test(digit, stem):
    # Nine digits; the last is the check digit, and at most one value of it passes.
    passing = [last for last in range(10) if passes_eleven_test(stem * 10 + last)]

    assert len(passing) <= 1
    assert (digit in passing) == passes_eleven_test(stem * 10 + digit)
