"""Exact contributions of answers to the margin of boosted trees.

Path-dependent TreeSHAP (Lundberg et al. 2020) asks, for each leaf, what each feature on its path
adds when features become known in every possible order. A leaf's part of the game is a product:
known features give 1 or 0 (the response follows the path or not), unknown ones the share of the
training responses that follow it. Shallow trees have few paths, so all answers to that question
fit in small tables, made once; a response then only looks them up. The sum is exact, in double
precision, and needs no compiled code of ours.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from blijfwijzer.drivers.path_tables import PathTables, Players, path_tables, tables_beside
from blijfwijzer.survey.arrays import Array

_ROWS_AT_ONCE, _PAIRS_AT_ONCE = 4096, 2048


def tree_contributions(
    trees: str, X: Array, background: Array | None = None
) -> tuple[Array, float]:
    """Contribution of each feature to each response's margin, and the expected margin.

    Parameters
    ----------
    trees : LightGBM's text
    X : one row per response, one column per feature; NaN is missing
    background : rows as those of `X`; what is not known of a response is then as in these, whatever
        else it answered (interventional; Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9).
        Left out, it is as in the training responses that reach the same split (path-dependent)

    Returns
    -------
    Array of the shape of `X`, and a number; a row's sum plus the number is its margin.
    """
    tables = path_tables(trees, 1) if background is None else tables_beside(trees, background)
    places: dict[Players, int] = {(feature,): feature for feature in range(X.shape[1])}
    found = np.zeros(X.shape)
    for start, part in _in_parts(tables, X, places, _ROWS_AT_ONCE):
        found[start : start + part.shape[1]] = part.T
    return found, tables.expected


@dataclass(frozen=True)
class Interactions:
    """What pairs of features add to margins beyond what each adds by itself."""

    pairs: tuple[Players, ...]
    """Those that stand on one path of a tree; of all others it is nothing."""
    means: Array
    """One row per group, one column per pair: weighted mean of its index."""
    size: Array
    """Per pair, weighted mean of the size of its index, of all responses."""


def tree_interactions(trees: str, X: Array, weight: Array, members: csr_array) -> Interactions:
    """Shapley interaction index of each pair of features, of groups of responses.

    The index of a pair is what both add together less what each adds alone, averaged over what
    else is known as for contributions (Grabisch & Roubens 1999, doi:10.1007/s001820050125). The
    library shap puts half of it on either side of the diagonal (Lundberg et al. 2020).

    Parameters
    ----------
    trees, X : as `tree_contributions` takes them
    weight : per response
    members : one row per group, one column per response
    """
    tables = path_tables(trees, 2)
    pairs = sorted(tables.players)
    places = {pair: place for place, pair in enumerate(pairs)}
    own = csr_array(members.astype(float) * weight[None, :]).tocsc()
    sums, size = np.zeros((members.shape[0], len(pairs))), np.zeros(len(pairs))
    for start, part in _in_parts(tables, X, places, _PAIRS_AT_ONCE):
        rows = slice(start, start + part.shape[1])
        sums += own[:, rows] @ part.T
        size += np.abs(part) @ weight[rows]
    total = np.maximum(np.asarray(own.sum(axis=1)), 1e-300)
    return Interactions(tuple(pairs), sums / total[:, None], size / max(weight.sum(), 1e-300))


def _in_parts(
    tables: PathTables, X: Array, places: dict[Players, int], at_once: int
) -> Iterator[tuple[int, Array]]:
    """Look responses up some at a time, in order: where they start, and one row per player."""
    starts = range(0, len(X), at_once)
    with ThreadPoolExecutor(_threads()) as pool:
        parts = pool.map(lambda s: _look_up(tables, X[s : s + at_once], places), starts)
        yield from zip(starts, parts, strict=True)


def _threads() -> int | None:
    """Give as many threads as OpenMP would take: one, where other processes share the work."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return int(told) if told.isdigit() and int(told) else os.cpu_count()


def _look_up(tables: PathTables, X: Array, places: dict[Players, int]) -> Array:
    """Contributions for some responses: one row per player, one column per response."""
    found = np.zeros((len(places), len(X)))
    pattern, added = np.empty(len(X), dtype=np.intp), np.empty(len(X))
    sums = {player: found[place] for player, place in places.items()}
    for patterns, rows in zip(
        tables.patterns @ tables.questions.answer(X), tables.rows, strict=True
    ):
        pattern[:] = patterns
        for player, row in rows:
            # Every pattern is in the table; "wrap" is the way to say so that costs least.
            row.take(pattern, out=added, mode="wrap")
            np.add(sums[player], added, out=sums[player])
    return found
