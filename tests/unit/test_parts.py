"""Figures about parts that cut through groups tell nothing of few people."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from test_disclosure import brute_force, members

from blijfwijzer.disclosure.atoms import find_atoms
from blijfwijzer.disclosure.crosscuts import CrossCuts, choose_figures

K = 3
"""Few, so that brute force can follow."""


def parts(*figures):
    rows = [row for figure in figures for row in figure]
    numbers = np.repeat(np.arange(len(figures)), [len(figure) for figure in figures])
    return CrossCuts(members(*rows), numbers)


def follows(groups, rows):
    atoms = find_atoms(members(*groups, *rows))
    return brute_force(atoms.rows.toarray(), atoms.sizes, K)


def teams_and_parts(seed):
    """Four teams whose totals tell nothing of few, and five figures that cut through them."""
    rng = np.random.default_rng(seed)
    team = rng.permutation(np.arange(160) % 4)
    groups = [np.ones(160), *(team == place for place in range(4))]
    education = rng.choice(3, 160, p=[0.02, 0.4, 0.58])
    sex, age = rng.random(160) < 0.5, rng.random(160) < 0.3
    # The last is a team less two people: with the team's own total it tells of them.
    sly = (team == 0) & (np.cumsum(team == 0) > 2)
    return groups, [
        [sex & (team < 2), sex & (team >= 2)],
        [age],
        [education == 1],
        [education == 2],
        [sly],
    ]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_shown_of_parts_tells_nothing_of_few(seed):
    groups, figures = teams_and_parts(seed)

    shown = choose_figures(parts(*figures), members(*groups), K)

    kept = [
        row for figure, is_shown in zip(figures, shown, strict=True) if is_shown for row in figure
    ]
    assert not follows(groups, kept)
    assert follows(groups, [row for figure in figures for row in figure])
    assert shown[:2].all()


def test_a_part_that_the_groups_already_tell_is_looked_at_exactly():
    # Both parts are the same for all people of an atom; only one leaves two people over.
    education = np.repeat([0, 1, 2], [50, 40, 2])
    groups = [np.ones(92), education != 0, education != 1]

    assert not follows([groups[0]], [education == 0])
    shown = choose_figures(parts([education == 0], [education == 1]), members(groups[0]), K)
    assert shown.tolist() == [True, False]
    shown = choose_figures(parts([education == 0]), members(groups[0], education == 1), K)
    assert shown.tolist() == [False]


def test_a_part_that_the_groups_show_as_well_is_kept():
    education = np.repeat([0, 1, 2], [50, 40, 30])
    groups = members(np.ones(120), *(education == level for level in range(3)))

    shown = choose_figures(parts([education == 0], [education == 1], [education == 2]), groups, K)

    assert shown.all()


def test_of_people_too_few_to_test_a_part_none_is_shown():
    # Forty people make five chunks, so that five of the ten folds are empty.
    shown = choose_figures(parts([np.arange(40) < 20]), members(np.ones(40)), 10)

    assert shown.tolist() == [False]


def test_no_figures_are_no_choice():
    nothing = CrossCuts(csr_array((0, 40), dtype=np.int8), np.empty(0, dtype=np.intp))

    assert choose_figures(nothing, members(np.ones(40)), K).tolist() == []


def test_parts_of_everyone_are_withheld_when_a_few_people_left(rng):
    # Everyone was shown before one person left; now men and women together would be the others.
    sex, team = rng.random(160) < 0.5, np.arange(160) % 4
    teams = [team == place for place in range(1, 4)]
    now = members(np.ones(160))
    offered = parts([sex], [~sex])

    alone = choose_figures(offered, members(*teams), K)
    after = choose_figures(offered, members(*teams), K + 1, now)

    assert alone.tolist() == [True, True]
    assert after.tolist() == [True, False]


def test_parts_of_a_unit_are_withheld_when_a_few_people_left_it(rng):
    sex, old, team = rng.random(160) < 0.5, rng.random(160) < 0.5, np.arange(160) % 4
    changed = members(np.ones(160), team == 0)
    offered = parts([sex & (team == 0)], [~sex & (team == 0)], [old])

    shown = choose_figures(
        offered, members(*(team == place for place in (1, 2, 3))), K + 1, changed
    )

    assert shown.tolist() == [True, False, True]
