"""Cells of people of whom a model says nearly the same: enough of them, and always the same."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.disclosure.cuts import find_loose
from blijfwijzer.drivers.cells import Alike, kept_shares, make_cells
from blijfwijzer.release.alike import loose_cells

K, DOMINANCE = 10, 0.9


def people(rng, rows=600, units=12):
    strength = np.array([3.0, 2.0, 1.0, 0.5, 0.1])
    values = pd.DataFrame(rng.normal(size=(rows, 5)) * strength)
    weight = rng.uniform(0.5, 2, rows)
    return Alike(values, weight, np.arange(rows), rng.integers(0, units, rows))


def sizes(codes, cells):
    return pd.Series(codes).groupby(cells).nunique()


def test_a_cell_has_ten_different_forms_of_two_organisations(rng):
    one = people(rng)

    cells = make_cells(one, K, DOMINANCE)

    assert cells.min() == 0
    assert np.bincount(cells).min() >= K
    assert np.bincount(cells).max() <= K + 1
    assert sizes(one.units, cells).min() >= 2


def test_copies_of_a_form_make_up_no_cell(rng):
    one = people(rng)
    values = one.values.copy()
    values.iloc[:40] = 9.0
    forms = one.forms.copy()
    forms[:40] = 0

    cells = make_cells(Alike(values, one.weight, forms, one.units), K, DOMINANCE)

    assert sizes(forms, cells).min() >= K


def test_people_of_one_organisation_make_up_no_cell(rng):
    one = people(rng)
    values = one.values + 50.0 * (one.units == 3)[:, None]

    cells = make_cells(Alike(values, one.weight, one.forms, one.units), K, DOMINANCE)

    assert sizes(one.units, cells).min() >= 2


def test_two_heavy_people_make_up_no_cell(rng):
    one = people(rng)
    weight = one.weight.copy()
    weight[:2] = 300.0

    cells = make_cells(Alike(one.values, weight, one.forms, one.units), K, DOMINANCE)

    two = pd.Series(weight).groupby(cells).agg(lambda own: own.nlargest(2).sum() / own.sum())
    assert two.max() < DOMINANCE


def test_the_same_people_in_another_order_are_in_the_same_cells(rng):
    one, order = people(rng), rng.permutation(600)

    cells = make_cells(one, K, DOMINANCE)
    again = make_cells(one.take(order), K, DOMINANCE)

    pairs = {*zip(cells[order].tolist(), again.tolist(), strict=True)}
    assert len(pairs) == cells.max() + 1


def test_too_few_people_are_in_no_cell(rng):
    few = people(rng).take(np.arange(9))

    assert (make_cells(few, K, DOMINANCE) == -1).all()


def test_a_cell_has_ten_people_who_are_not_one_of_few_beside_it(rng):
    one, ties = people(rng), rng.random(600) < 0.9
    cells = make_cells(replace(one, ties=ties), K, DOMINANCE)
    as_if_all_counted = make_cells(one, K, DOMINANCE)

    assert cells.min() == 0
    assert np.bincount(cells[ties]).min() >= K
    assert np.bincount(as_if_all_counted[ties]).min() < K
    assert len(np.bincount(cells)) >= ties.sum() // (K + 1)


def test_people_who_are_all_of_few_beside_cells_are_in_none(rng):
    one, ties = people(rng), np.arange(600) < K - 1

    assert (make_cells(replace(one, ties=ties), K, DOMINANCE) == -1).all()


def test_beside_small_units_nearly_all_cells_may_be_told_of(rng):
    one, units = people(rng, 1200), np.arange(1200) // 12
    atoms = np.where(rng.random(1200) < 0.08, 100 + units, units)
    ties = np.bincount(atoms)[atoms] >= K

    plain, counted = (make_cells(people, K, DOMINANCE) for people in (one, replace(one, ties=ties)))

    shown = [
        1 - len(loose_cells(cells, atoms, K)) / (cells.max() + 1) for cells in (plain, counted)
    ]
    assert shown[0] < 0.5
    assert shown[1] > 0.9


def test_weights_move_who_is_alike(rng):
    one = people(rng)
    even = Alike(one.values, np.ones(600), one.forms, one.units)

    assert (make_cells(one, K, DOMINANCE) != make_cells(even, K, DOMINANCE)).any()


def test_what_cells_keep_is_the_share_of_variance_between_them(rng):
    one = people(rng)
    cells = make_cells(one, K, DOMINANCE)

    together, each = kept_shares(one.values, one.weight, cells)

    w, first = one.weight, one.values[0].to_numpy()
    means = pd.Series(w * first).groupby(cells).sum() / pd.Series(w).groupby(cells).sum()
    between = np.average((means[cells].to_numpy() - np.average(first, weights=w)) ** 2, weights=w)
    whole = np.average((first - np.average(first, weights=w)) ** 2, weights=w)
    assert each[0] == pytest.approx(between / whole)
    assert 0.75 < together < 1
    at_random = rng.permutation(cells)
    assert kept_shares(one.values, w, at_random)[0] < 0.25


def follows(rows, few):
    """Whether a total that is over some of a few people alone follows, by brute force."""
    rank = np.linalg.matrix_rank
    people = rows.shape[1]
    whole = rank(rows)
    for size in range(1, few):
        for out in combinations(range(people), size):
            rest = np.setdiff1d(np.arange(people), out)
            if rank(rows[:, rest]) < whole:
                return True
    return False


def indicators(codes):
    return (codes[None, :] == np.unique(codes[codes >= 0])[:, None]).astype(float)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("find", [find_loose, loose_cells])
def test_nothing_of_a_few_follows_from_cells_that_hang_together_with_groups(find, seed):
    rng, few = np.random.default_rng(seed), 3
    cells, atoms = rng.permutation(np.arange(14) // 3 % 4), rng.permutation(np.arange(14) // 5)

    loose = find(cells, atoms, few)

    told = np.where(np.isin(cells, list(loose)), -1, cells)
    rows = np.vstack([np.ones((1, 14)), indicators(told), indicators(atoms)])
    assert not follows(rows, few)


def test_a_unit_of_nearly_whole_cells_tells_of_the_one_who_is_left():
    cells = np.repeat([0, 1, 2, 3], 10)
    unit = (np.arange(40) < 19).astype(int)

    loose = find_loose(cells, unit, 10)

    assert follows(np.vstack([indicators(cells), indicators(unit)]), 3)
    assert loose
    told = np.where(np.isin(cells, list(loose)), -1, cells)
    assert not follows(np.vstack([np.ones((1, 40)), indicators(told), indicators(unit)]), 2)


def test_who_is_in_no_cell_are_enough_too():
    cells = np.repeat([-1, 0, 1, 2], [4, 12, 12, 12])

    assert len(find_loose(cells, np.zeros(40, dtype=int), 10)) == 1


def test_cells_that_are_cut_off_alone_are_found_together_and_the_others_stay():
    cells = np.repeat(np.arange(40), 10)
    atoms = np.tile([0, 1], 200)
    atoms[cells < 25] = np.where(np.arange(250) % 10 == 0, 2 + np.arange(250), 0)

    assert loose_cells(cells, atoms, 10) == find_loose(cells, atoms, 10) == set(range(25))
