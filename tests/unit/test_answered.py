"""What a served model remembers of the rows that it answered."""

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import DisclosureError
from blijfwijzer.release.answered import Answered
from small_worlds import K

BY = ("organisatie",)


@pytest.fixture
def rows(rng):
    """Two hundred forms of twelve questions."""
    return pd.DataFrame(rng.integers(1, 6, (200, 12)).astype(float)).add_prefix("q")


def ask(answered, rows, by=BY):
    answered.admit(rows, by, K)


def test_a_dozen_copies_of_a_form_are_not_answered(rows):
    with pytest.raises(DisclosureError, match="1 of 12 are different forms"):
        ask(Answered(), rows.iloc[np.zeros(12, dtype=int)])


def test_rows_that_are_mostly_copies_are_not_answered(rows):
    spoilt = rows.iloc[np.r_[np.arange(50), np.zeros(60, dtype=int)]]

    with pytest.raises(DisclosureError, match="50 of 110"):
        ask(Answered(), spoilt)


@pytest.mark.parametrize("change", [1, 9])
def test_rows_less_a_few_are_not_answered_after_them(rows, change):
    answered = Answered()
    ask(answered, rows)

    for others in (rows[change:], pd.concat([rows, rows[:change] + 1])):
        with pytest.raises(DisclosureError, match="differ by fewer than 10 forms"):
            ask(answered, others)


def test_one_form_more_in_a_dozen_copies_is_not_answered(rows):
    answered = Answered()
    ask(answered, rows[:-1])

    with pytest.raises(DisclosureError, match="differ by fewer than 10"):
        ask(answered, rows.iloc[np.r_[np.arange(200), np.full(11, 199)]])


def test_the_same_rows_are_answered_again_in_any_order_but_by_the_same_levels(rows):
    answered = Answered()
    ask(answered, rows)
    ask(answered, rows[::-1])

    with pytest.raises(DisclosureError, match="same by other levels"):
        ask(answered, rows, ("afdeling",))


@pytest.mark.parametrize("column", ["organisatie", "weight"])
def test_the_same_rows_are_not_answered_with_one_elsewhere_or_heavier(rows, column):
    """A group of eleven less that of ten would be what the model expects of the one who moved."""
    placed = pd.DataFrame({"organisatie": pd.Categorical(["a", "b"] * 100), "weight": 1.0})
    moved = placed.copy()
    moved.loc[3, column] = "a" if column == "organisatie" else 9.0
    answered = Answered()
    answered.admit(rows, BY, K, placed)
    answered.admit(rows[::-1], BY, K, placed[::-1])

    with pytest.raises(DisclosureError, match="in other units or with other weights"):
        answered.admit(rows, BY, K, moved)


def test_rows_of_which_ten_are_others_are_answered(rows):
    answered = Answered()
    ask(answered, rows)
    ask(answered, rows[10:])

    assert len(answered.frames) == 2


def test_what_was_answered_outlives_the_server_and_holds_no_answers(rows, tmp_path):
    ask(Answered(tmp_path / "kept"), rows)
    again = Answered(tmp_path / "kept")

    with pytest.raises(DisclosureError, match="differ by fewer"):
        ask(again, rows[3:])
    (file,) = (tmp_path / "kept").glob("*.frame")
    plain = pd.util.hash_pandas_object(rows, index=False).to_numpy()
    assert not any(form.tobytes() in file.read_bytes() for form in plain)
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "kept").iterdir()} == {0}
