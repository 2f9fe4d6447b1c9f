"""What groups are told by, held against the rules for those who answered."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from blijfwijzer.disclosure.answers import Basis, choose_different, choose_told
from blijfwijzer.disclosure.choice import Candidates
from blijfwijzer.disclosure.earlier import Earlier
from blijfwijzer.disclosure.rules import is_narrow, leaves_few
from blijfwijzer.release.culture import keep_from_few
from blijfwijzer.settings import DisclosureSettings
from small_worlds import K, brute_force, none
from studies.gate import tells_of_few

SETTINGS = DisclosureSettings()


def nothing_before(people, groups):
    nobody, never = none(people), np.zeros(groups, dtype=bool)
    return Earlier(nobody, nobody, 0, nobody, never, never, (), 0, 0)


def candidates(team, too_small=()):
    """Everyone and their teams; some teams rolled up."""
    teams = [team == name for name in np.unique(team)]
    rows = [np.ones(len(team)), *(row for i, row in enumerate(teams) if i not in too_small)]
    hidden = np.array([teams[i] for i in too_small], dtype=np.int8).reshape(-1, len(team))
    return Candidates(
        csr_array(np.array(rows, dtype=np.int8)),
        np.full(len(rows), np.nan),
        csr_array(hidden),
        np.ones(len(team)),
    )


def told(basis, groups, shown=None, repeated=None):
    count, people = groups.members.shape
    every = np.ones(count, dtype=bool) if shown is None else shown
    before = nothing_before(people, count)
    again = before.repeated if repeated is None else repeated
    found = choose_told({"rate:x": basis}, groups, every, SETTINGS, lambda _: before, again)
    return found["rate:x"].tolist()


def test_a_group_of_which_two_answered_is_not_told_by_that_question():
    team = np.repeat([0, 1, 2], [30, 40, 22])
    answers = np.tile([0.0, 1.0], 46)
    answers[-20:] = np.nan

    # Nor is the one that everybody less the two would tell of.
    assert told(Basis((answers,)), candidates(team)) == [True, False, True, False]


def test_groups_that_were_told_by_another_figure_are_held_by_this_one():
    # Of the eleven in two withheld teams nobody has the outcome, so that one of the others goes.
    team = np.repeat([0, 1, 2, 3], [30, 40, 5, 6])
    answers = np.where(team > 1, 0.0, np.tile([0.0, 1.0, 0.0], 27))
    groups, again = candidates(team, too_small=[2, 3]), np.ones(3, dtype=bool)

    assert sum(told(Basis((answers,)), groups, repeated=again)) < 3
    # Told by the same figure they tell nothing new.
    assert sum(told(Basis((answers,)), groups)) == 3


def test_a_difference_of_shown_groups_holds_no_few_answers():
    team = np.repeat([0, 1, 2], [30, 40, 22])
    answers = np.tile([0.0, 1.0], 46)
    answers[np.flatnonzero(team == 2)[:-4]] = np.nan

    shown = told(Basis((answers,)), candidates(team, too_small=[2]))

    assert shown == [True, False, True]


def test_a_figure_of_some_groups_is_held_by_itself_and_told_of_no_other():
    team = np.repeat([0, 1, 2], [30, 40, 22])
    answers = np.tile([0.0, 1.0], 46)
    answers[:30] = 1.0
    answers[-4:] = np.nan
    among = np.array([True, True, True, False])

    # All of the first team answered alike, and everybody less it is no figure of few.
    assert told(Basis((answers,), among=among), candidates(team)) == [True, False, True, False]
    # Nor is it told where all answered the question.
    answers[-4:] = 0.0
    assert told(Basis((answers,), among=among), candidates(team)) == [True, False, True, False]


@pytest.mark.parametrize("seed", range(20))
def test_no_few_answers_follow_from_a_figure_of_some_groups(seed):
    rng = np.random.default_rng(seed)
    team = rng.choice(5, 120, p=rng.dirichlet(np.full(5, 2.0)))
    groups = candidates(team)
    answers = np.where(rng.random(120) < 0.85, rng.integers(0, 2, 120), np.nan)
    among = rng.random(groups.members.shape[0]) < 0.7
    among[0] = True
    answered = ~np.isnan(answers)

    shown = np.array(told(Basis((answers,), among=among), groups))

    assert not (shown & ~among).any()
    rows = groups.members.toarray()[shown][:, answered]
    if len(rows):
        assert not tells_of_few(rows.astype(np.int64), SETTINGS.minimum)


def test_a_group_in_which_nobody_answered_is_told_what_a_model_expects(rng):
    team = np.repeat([0, 1, 2], [30, 40, 22])
    answers = np.tile([0.0, 1.0], 46)
    answers[-22:] = np.nan
    risk = rng.random(92)

    assert told(Basis((answers,), risk), candidates(team)) == [True] * 4
    assert told(Basis((answers,)), candidates(team)) == [True, True, True, False]


@pytest.mark.parametrize("seed", range(20))
def test_no_few_answers_follow_from_what_is_told(seed):
    rng = np.random.default_rng(seed)
    people = int(rng.integers(60, 140))
    team = rng.choice(5, people, p=rng.dirichlet(np.full(5, 3.0)))
    age, sex = rng.choice(3, people), rng.random(people) < 0.5
    rows = [np.ones(people), *(team == i for i in range(5)), *(age == i for i in range(3))]
    rows += [sex, ~sex]
    groups = Candidates(
        csr_array(np.array(rows, dtype=np.int8)),
        np.full(len(rows), np.nan),
        none(people),
        np.ones(people),
    )
    answers = (rng.random(people) < 0.4).astype(float)
    answers[rng.random(people) < rng.choice([0.1, 0.5, 0.9], 5)[team]] = np.nan

    shown = np.array(told(Basis((answers,)), groups))

    here = np.array(rows)[shown][:, ~np.isnan(answers)]
    sets, sizes = np.unique(here, axis=1, return_counts=True)
    assert not brute_force(sets, sizes, K)


def choose(groups, forms, people):
    before = nothing_before(people, groups.members.shape[0])
    return choose_different(groups, {}, forms, SETTINGS, before)


def test_a_dozen_copies_of_a_form_are_one_person():
    team = np.repeat([0, 1, 2], [30, 40, 12])
    forms = np.arange(82)
    forms[-12:] = 70

    choice = choose(candidates(team), forms, 82)

    # Nor do the copies follow from everyone less the others.
    assert choice.shown.tolist() == [True, False, True, False]
    assert choice.reasons.tolist() == ["", "copies", "", "copies"]


def test_a_department_that_was_exported_twice_is_no_larger():
    team = np.repeat([0, 1, 2], [30, 40, 12])
    forms = np.r_[np.arange(70), np.arange(70, 76), np.arange(70, 76)]

    assert not choose(candidates(team), forms, 82).shown[3]


def test_a_few_people_who_answered_alike_leave_groups_as_they_are(rng):
    team = np.repeat([0, 1, 2], [30, 40, 22])
    forms = np.arange(92)
    forms[[1, 35]] = 0

    assert choose(candidates(team), forms, 92).shown.all()


def test_a_mean_that_is_each_persons_risk_is_narrow():
    team = np.repeat([0, 1], [12, 12])
    risk = np.r_[np.full(11, 0.2), 0.9, np.linspace(0.1, 0.9, 12)]
    near = np.r_[np.linspace(0.2, 0.215, 12), np.linspace(0.1, 0.9, 12)]
    groups = candidates(team)

    assert is_narrow(groups.members, risk, groups.weight, 0.9).tolist() == [False] * 3
    assert is_narrow(groups.members, near, groups.weight, 0.9).tolist() == [False, True, False]
    assert told(Basis(risk=near), groups) == [True, False, True]


def test_a_category_goes_where_few_others_answered():
    told = {("x", "all", "all"), ("x", "sex", "m"), ("x", "sex", "v"), ("y", "sex", "m")}
    n = {**dict.fromkeys(told, 40.0), ("x", "all", "all"): 65.0, ("x", "sex", "v"): 20.0}

    # Of y nothing is told of everyone, from whom men could be taken.
    assert told - keep_from_few(told, n, K) == {("x", "sex", "v")}


def test_the_smallest_part_goes_where_few_are_left():
    parts = np.array([40.0, 20.0])

    assert leaves_few(62, parts, 10) == 1
    assert leaves_few(60, parts, 10) is None
    assert leaves_few(71, parts, 10) is None
