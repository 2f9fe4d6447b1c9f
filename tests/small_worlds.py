"""Small worlds of people and groups, and what follows of them by trying everything."""

from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from blijfwijzer.groups.grouping import Grouping

K = 10


def members(*groups):
    return csr_array(np.array(groups, dtype=np.int8))


def everyone(people):
    return csr_array(np.ones((1, people), dtype=np.int8))


def none(people):
    return csr_array((0, people), dtype=np.int8)


def brute_force(rows, sizes, minimum):
    """Whether some union of atoms with people, but fewer than `minimum`, is in the row space.

    Exact: rows are reduced in fractions, and a 0/1 vector of the row space is fixed by its pivots,
    of which all 0/1 values are tried.
    """
    matrix = [[Fraction(int(value)) for value in row] for row in rows]
    pivots, basis = [], []
    for column in range(len(sizes)):
        found = next((row for row in matrix if row[column] != 0), None)
        if found is None:
            continue
        matrix.remove(found)
        found = [value / found[column] for value in found]
        for others in (matrix, basis):
            for place, row in enumerate(others):
                others[place] = [a - row[column] * b for a, b in zip(row, found, strict=True)]
        basis.append(found)
        pivots.append(column)
    reduced = np.array([[float(value) for value in row] for row in basis])
    for held in product((0, 1), repeat=len(pivots)):
        if (
            not any(held)
            or sum(sizes[p] for p, h in zip(pivots, held, strict=True) if h) >= minimum
        ):
            continue
        made = np.array(held) @ reduced
        is_set = np.all(np.isclose(made, 0, atol=1e-9) | np.isclose(made, 1, atol=1e-9))
        if is_set and 0 < made.round() @ sizes < minimum:
            return True
    return False


def grouping_of(members, parents, levels="organisatie", sectors=None, people=np.nan):
    """Groups of any making; without sectors, each is held against everybody."""
    n = np.asarray(members.sum(axis=1)).ravel()
    groups = pd.DataFrame(
        {"parent": parents, "level": levels, "n": n, "people": people, "kind": "unit"}
    )
    sectors = groups.index if sectors is None else sectors
    none = csr_array((0, members.shape[1]), dtype=np.int8)
    return Grouping(groups.assign(sector=sectors), members, pd.DataFrame(), none)
