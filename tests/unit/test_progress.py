"""Long work says how far it is, also deep within, and nothing where nobody looks."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from blijfwijzer import progress
from blijfwijzer.disclosure.choice import Outsider, choose_shown
from blijfwijzer.progress import show_progress, tell_within
from blijfwijzer.settings import DisclosureSettings

NOBODY = csr_array((0, 60), dtype=np.int8)


def choose():
    groups = np.zeros((3, 60), dtype=np.int8)
    for place, size in enumerate((20, 30, 40)):
        groups[place, :size] = 1
    return choose_shown(csr_array(groups), Outsider(NOBODY, NOBODY), DisclosureSettings())


def test_the_choice_of_groups_says_how_many_were_looked_at(capsys, monkeypatch):
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(progress, "_LEAST_BETWEEN", 0.0)

    with show_progress():
        choose()

    told = capsys.readouterr()
    assert "s: find what could be derived: 2 of 3 groups\n" in told.err
    assert told.out == ""


@pytest.mark.parametrize("seconds, lines", [(0.0, 3), (1e9, 0)])
def test_steps_from_within_are_told_now_and_then(capsys, monkeypatch, seconds, lines):
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(progress, "_LEAST_BETWEEN", seconds)

    with show_progress():
        for step in range(3):
            tell_within(f"step {step}")
    tell_within("after it")

    assert capsys.readouterr().err.count("s: step") == lines


def test_nothing_is_said_where_nobody_shows_progress(capsys):
    choose()
    with show_progress():
        pass
    tell_within("after it")

    assert capsys.readouterr() == ("", "")
