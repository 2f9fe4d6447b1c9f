"""Boosted trees as splits and leaves, read from LightGBM's text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from blijfwijzer.errors import ModelFolderError

# LightGBM's decision_type: bit 0 categorical, bit 1 missing goes left, bits 2-3 what is missing.
_CATEGORICAL, _MISSING_LEFT = 1, 2
_NOTHING, _ZERO = 0, 1


class SplitQuestion(NamedTuple):
    """What a split asks of a response; many trees ask the same."""

    feature: int
    threshold: float
    """Values up to it go left; 0 for a nominal feature."""
    left_levels: frozenset[int] | None
    """Levels that go left, for a nominal feature."""
    missing_goes_left: bool
    missing_is_zero: bool
    """Whether a missing number counts as 0, as it does where training had none."""


class Split(NamedTuple):
    """One question of a tree, and who answered it."""

    question: SplitQuestion
    left_share: float
    """Share of the training responses at this split that went left."""


class Leaf(NamedTuple):
    """One answer of a tree, and how it is reached."""

    value: float
    nodes: tuple[int, ...]
    """Splits on the path to it, from the root."""
    is_left: tuple[bool, ...]
    """Whether the path goes left there."""
    reached: float
    """Share of the training responses that reach it."""


@dataclass(frozen=True)
class Tree:
    """A tree as its splits and leaves."""

    splits: tuple[Split, ...]
    leaves: tuple[Leaf, ...]


def expected_value(tree: Tree) -> float:
    """Mean of a tree over the training responses, from its own counts."""
    return sum(leaf.value * leaf.reached for leaf in tree.leaves)


def read_trees(text: str) -> list[Tree]:
    """Read trees from LightGBM's text.

    Raises
    ------
    ModelFolderError
        A tree is of a kind that this software does not make.
    """
    return [_read_tree(dict(_fields(block))) for block in text.split("\nTree=")[1:]]


def _fields(block: str) -> Iterator[tuple[str, str]]:
    for line in block.split("\n\n", 1)[0].splitlines():
        name, equals, value = line.partition("=")
        if equals:
            yield name, value


def _read_tree(fields: dict[str, str]) -> Tree:
    values = [float(value) for value in fields["leaf_value"].split()]
    if int(fields["num_leaves"]) == 1:
        return Tree((), (Leaf(values[0], (), (), 1.0),))
    if fields.get("is_linear", "0") != "0":
        raise ModelFolderError("a tree has linear leaves, which this software never makes.")
    splits = _read_splits(fields)
    left, right = _integers(fields, "left_child"), _integers(fields, "right_child")
    leaves: list[Leaf | None] = [None] * len(values)
    stack: list[tuple[int, tuple[int, ...], tuple[bool, ...], float]] = [(0, (), (), 1.0)]
    while stack:
        node, nodes, sides, reached = stack.pop()
        if node < 0:
            leaves[~node] = Leaf(values[~node], nodes, sides, reached)
            continue
        share, path = splits[node].left_share, (*nodes, node)
        stack += [
            (left[node], path, (*sides, True), reached * share),
            (right[node], path, (*sides, False), reached * (1 - share)),
        ]
    return Tree(splits, tuple(leaf for leaf in leaves if leaf is not None))


def _read_splits(fields: dict[str, str]) -> tuple[Split, ...]:
    leaf_count, count = _integers(fields, "leaf_count"), _integers(fields, "internal_count")
    thresholds = [float(value) for value in fields["threshold"].split()]
    columns = zip(
        _integers(fields, "split_feature"),
        thresholds,
        _integers(fields, "decision_type"),
        _integers(fields, "left_child"),
        count,
        strict=True,
    )
    splits = []
    for feature, threshold, decision, child, total in columns:
        missing = decision >> 2
        if missing == _ZERO:
            raise ModelFolderError("a tree takes zero for missing, which ours never do.")
        went_left = leaf_count[~child] if child < 0 else count[child]
        levels = _left_levels(fields, int(threshold)) if decision & _CATEGORICAL else None
        splits.append(
            Split(
                SplitQuestion(
                    feature,
                    threshold if levels is None else 0.0,
                    levels,
                    bool(decision & _MISSING_LEFT) and levels is None,
                    missing == _NOTHING,
                ),
                went_left / total,
            )
        )
    return tuple(splits)


def _left_levels(fields: dict[str, str], place: int) -> frozenset[int]:
    bounds, words = _integers(fields, "cat_boundaries"), _integers(fields, "cat_threshold")
    bits = words[bounds[place] : bounds[place + 1]]
    return frozenset(
        32 * number + bit
        for number, word in enumerate(bits)
        for bit in range(32)
        if word >> bit & 1
    )


def _integers(fields: dict[str, str], name: str) -> list[int]:
    return [int(value) for value in fields[name].split()]


def shares_of(splits: Sequence[Split], leaf: Leaf) -> list[float]:
    """Share of responses that follow the path, at each of its splits.

    Parameters
    ----------
    splits : those on the path, from the root
    """
    return [
        split.left_share if is_left else 1 - split.left_share
        for split, is_left in zip(splits, leaf.is_left, strict=True)
    ]
