"""Trees as a file may tell them: what one person moves is rounded away, and sums are left out.

LightGBM writes of each leaf how many people are in it, the sum of p (1 - p) over them and a value
to seventeen digits. These are whole numbers in disguise: of a leaf in which people have one of a
few margins, the sum is that of one combination of counts only, also of cells of one to nine
people. And the rows that a tree is grown on follow from the seed and from how many there are, so
that two models of the same people subtract node by node.
"""

from collections.abc import Sequence

import numpy as np

from blijfwijzer.risk.boosting import Boosting
from blijfwijzer.risk.evaluation import finest_step, to_nearest
from blijfwijzer.survey.arrays import Array

SUMS = ("split_gain", "leaf_weight", "internal_value", "internal_weight")
"""Lines that neither predictions nor contributions read."""
_SIZES = "tree_sizes"
"""Bytes of each tree; LightGBM reads trees one after the other where it is not told."""
_TENS = 10


def coarsen_trees(trees: str, weight: Array) -> str:
    """Round what trees tell of people: counts down to tens, values to what one cannot move.

    A leaf's value is the sum of what its people differ from what was expected, over the sum of
    p (1 - p) and the ridge, times the rate; one person moves it by a weight over that sum. A count
    of nine or fewer becomes none, and is refused with the others that are too small.

    Parameters
    ----------
    trees : LightGBM's text, without the block of parameters; "" stays ""
    weight : of the responses that trees were grown on
    """
    head, *blocks = trees.split("\nTree=")
    head = "".join(line for line in head.splitlines(True) if not line.startswith(f"{_SIZES}="))
    return "\nTree=".join([head, *(_coarsen(block, float(weight.max())) for block in blocks)])


def _coarsen(block: str, heaviest: float) -> str:
    tree, gap, rest = block.partition("\n\n")
    told = dict(line.split("=", 1) for line in tree.splitlines() if "=" in line)
    if "leaf_weight" in told and int(told["num_leaves"]) > 1:
        rate = float(told["shrinkage"])
        sums = [float(one) for one in told["leaf_weight"].split()]
        steps = [finest_step(rate * heaviest / (one + Boosting.ridge)) for one in sums]
        values = to_nearest(np.array(told["leaf_value"].split(), dtype=float), np.array(steps))
        counts = [int(one) // _TENS * _TENS for one in told["leaf_count"].split()]
        told["leaf_value"] = " ".join(f"{one:.9g}" for one in values + 0.0)
        told["leaf_count"] = " ".join(map(str, counts))
        told["internal_count"] = " ".join(map(str, _inside(told, counts)))
    lines = [tree.splitlines()[0], *(f"{k}={v}" for k, v in told.items() if k not in SUMS)]
    return "\n".join(lines) + gap + rest


def _inside(told: dict[str, str], counts: Sequence[int]) -> list[int]:
    """Add up the counts of the leaves below each split; children have higher places."""
    sides = [[int(one) for one in told[f"{side}_child"].split()] for side in ("left", "right")]
    found = [0] * len(sides[0])
    for place in reversed(range(len(found))):
        found[place] = sum(
            counts[~child] if child < 0 else found[child] for child in (s[place] for s in sides)
        )
    return found
