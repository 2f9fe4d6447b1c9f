"""Kinds of groups: which are driven by the same, and whether that is more than chance.

Made from what was shown of groups and from nothing else, so it tells nothing more of anybody.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist, squareform

from blijfwijzer.survey.arrays import Array, Codes

_MOST_KINDS, _FEWEST_GROUPS, _DRAWS = 8, 6, 100
STABLE = 0.75
"""Mean Jaccard similarity from which a cluster counts as a true one (Hennig 2007, p. 266)."""


def find_kinds(profiles: Array, names: Sequence[str], seed: int) -> pd.DataFrame:
    """Put groups whose contributions are alike in kinds.

    Ward's clusters of the profiles, as many as have the largest mean silhouette (Rousseeuw 1987,
    doi:10.1016/0377-0427(87)90125-7). Stability of a kind is the mean Jaccard similarity with the
    most similar kind among groups that are drawn again (Hennig 2007,
    doi:10.1016/j.csda.2006.11.025).

    Parameters
    ----------
    profiles : one row per group, one column per feature: mean contributions
    names : of the groups

    Returns
    -------
    One row per group: row (its name), kind (from 1 on, the largest first), stability in [0, 1]
    and is_stable, both of its kind. One kind of all where there are fewer than six groups, or
    where none differ.
    """
    kinds = _cluster(profiles)
    stability = _stability(profiles, kinds, np.random.default_rng(seed))
    own = stability[kinds]
    return pd.DataFrame(
        {"row": list(names), "kind": kinds + 1, "stability": own, "is_stable": own >= STABLE}
    )


def _cluster(profiles: Array) -> Codes:
    """Give each group's kind, from 0 on, the largest first."""
    count = len(profiles)
    apart = pdist(profiles) if count > 1 else np.zeros(0)
    if count < _FEWEST_GROUPS or not apart.any():
        return np.zeros(count, dtype=np.intp)
    tree, distances = linkage(apart, "ward"), squareform(apart)
    found = [
        fcluster(tree, kinds, "maxclust") - 1
        for kinds in range(2, min(_MOST_KINDS, count // 2) + 1)
    ]
    best = max(found, key=lambda kinds: silhouette(distances, kinds))
    order = np.argsort(-np.bincount(best), kind="stable")
    return np.asarray(np.argsort(order)[best], dtype=np.intp)


def silhouette(distances: Array, kinds: Codes) -> float:
    """Mean of how much nearer groups are to their own kind than to the next."""
    inside = kinds[:, None] == np.unique(kinds)[None, :]
    sizes = inside.sum(axis=0)
    sums = distances @ inside
    own = (sums * inside).sum(axis=1) / np.maximum((sizes * inside).sum(axis=1) - 1, 1)
    next_one = np.where(inside, np.inf, sums / sizes).min(axis=1)
    alone = (sizes * inside).sum(axis=1) == 1
    width = (next_one - own) / np.maximum(np.maximum(own, next_one), 1e-300)
    return float(np.where(alone, 0.0, width).mean())


def _stability(profiles: Array, kinds: Codes, rng: np.random.Generator) -> Array:
    """Give how alike each kind stays among groups that are drawn again."""
    count = int(kinds.max(initial=0)) + 1
    if count == 1:
        return np.ones(1)
    found = np.full((_DRAWS, count), np.nan)
    for draw in found:
        rows = np.unique(rng.integers(0, len(kinds), len(kinds)))
        again = _cluster(profiles[rows])
        for kind in np.unique(kinds[rows]):
            own = kinds[rows] == kind
            others = [again == other for other in np.unique(again)]
            draw[kind] = max((own & other).sum() / (own | other).sum() for other in others)
    return np.asarray(np.nanmean(found, axis=0))
