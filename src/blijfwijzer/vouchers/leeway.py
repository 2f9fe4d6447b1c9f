"""What single groups answered, as far as it follows from what a trial tells.

Whoever knows how many answered in each group can look for all counts that give the figures that
are told. A group's count must be able to have several values, so other counts that give the same
are looked for here until there are enough. Only counts that give exactly what is told are taken:
never more values are found than there are. All counts of a small arm are tried; of a larger one
those near the true ones, some groups at a time, the others left as they are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.settings import DisclosureSettings
from blijfwijzer.vouchers.limits import Mask
from blijfwijzer.vouchers.permutation import Arms, Numbers, within

PROTECTION = DisclosureSettings().protection
"""Values that a group's count must be able to have, as of a withheld group of a release."""
FINE, COARSE = 0.001, 0.01
"""Steps in which an effect is told: a tenth of a percentage point, or a whole one."""
_SHARE = 0.01
_STAGES = (2_500, 50_000)
"""Counts of an arm that are tried: few first, as these mostly do."""
_TOGETHER = 7
"""Groups of an arm that are moved together."""
_PAIRED = 200
"""Sums of an arm that those of the other are held against."""
_EDGE = 1e-9
"""What lies this near to where a figure is rounded up or down is not taken to give it."""

Places = NDArray[np.intp]
Blocks = tuple[Places, Places]
Fits = Callable[[Numbers], Mask]


@dataclass(frozen=True)
class Told:
    """In which steps the effect of an offer and that of use are told, in shares."""

    effect: float
    of_use: float | None = None
    """None where nothing is told of use."""


@dataclass(frozen=True)
class Counts:
    """How many of each group trained, or used a voucher."""

    count: Numbers
    n: Numbers
    arms: Arms
    minimum: int
    """People of each arm who did, and who did not, or nothing would be told."""
    is_share_told: bool
    """Whether the mean share of each arm is told, and not only their difference."""

    @property
    def is_close(self) -> Mask:
        """Whether a group's count is of one to a few people, or of all but these."""
        fewest = np.minimum(self.count, self.n - self.count)
        return np.asarray((fewest > _EDGE) & (fewest < self.minimum))

    @property
    def weight(self) -> Numbers:
        """What one person more adds to the difference within strata (`permutation.randomise`)."""
        contrast = within(self.arms.is_offered.astype(np.float64), self.arms.stratum)
        return np.asarray(contrast / (contrast @ contrast) / self.n, dtype=np.float64)

    @property
    def difference(self) -> float:
        """The difference within strata."""
        return float(self.weight @ self.count)

    def moves(self, own: Places, most: int) -> Numbers:
        """Give changes of the counts of some groups of an arm that leave what is told of the arm.

        All that there is room for if these are at most `most`, else small ones. That nobody used a
        voucher where none was offered may be known, so there none is moved.
        """
        arm = self.arms.is_offered == self.arms.is_offered[own[0]]
        total, share = float(self.count[arm].sum()), float((self.count / self.n)[arm].mean())
        if total < _EDGE:
            return np.zeros((1, len(own)))
        low, high = -np.floor(self.count[own] + _EDGE), np.floor((self.n - self.count)[own] + _EDGE)
        if prod(high - low + 1) > most:
            reach = max((int(most ** (1 / len(own)) + _EDGE) - 1) // 2, 1)
            low, high = np.maximum(low, -reach), np.minimum(high, reach)
        sides = [np.arange(a, b + 1) for a, b in zip(low, high, strict=True)]
        moved = np.stack(np.meshgrid(*sides, indexing="ij")).reshape(len(own), -1).T
        did = total + moved.sum(axis=1)
        kept = (did >= self.minimum) & (self.n[arm].sum() - did >= self.minimum)
        if self.is_share_told:
            kept &= _is_told_as(share, share + moved @ (1 / self.n[own] / arm.sum()), _SHARE)
        return np.asarray(moved[kept], dtype=np.float64)


def is_pinned(trained: Counts, used: Counts | None, told: Told) -> bool:
    """Tell whether a group's count can have fewer than `PROTECTION` values, given what is told.

    Told are the share of each arm that trained and the difference in use as whole percentages, and
    the effects in the steps of `told`. The outsider is taken to know the arm of each group, how
    many answered in it, and how few people nothing would be told of. Not counted is what follows
    from the counts in up to thousands of arrangements, the test and the ends of the intervals,
    which is why these ends are told in whole points; nor that finer figures would have been told
    had other counts given them.

    Parameters
    ----------
    trained, used : one count per group, of the same groups; `used` None where nothing is told of it
    """
    kinds = [trained] if used is None else [trained, used]
    values = [[{0.0} for _ in kind.n] for kind in kinds]
    for most in _STAGES:
        for blocks in _blocks(trained):
            moves = [_Moved.of(kind, blocks, most) for kind in kinds]
            for moved, own, fits in zip(moves, values, _rules(kinds, moves, told), strict=True):
                _add(own, moved, fits)
        if all(
            len(found) >= PROTECTION or not close
            for kind, own in zip(kinds, values, strict=True)
            for found, close in zip(own, kind.is_close, strict=True)
        ):
            return False
    return True


@dataclass(frozen=True)
class _Moved:
    """Changes of the counts of some groups of either arm, and what the difference becomes."""

    blocks: Blocks
    rows: tuple[Numbers, Numbers]
    adds: tuple[Numbers, Numbers]
    """To the difference, one per row."""
    difference: float

    @classmethod
    def of(cls, kind: Counts, blocks: Blocks, most: int) -> "_Moved":
        """Move some counts."""
        offered, others = (kind.moves(own, most) for own in blocks)
        adds = offered @ kind.weight[blocks[0]], others @ kind.weight[blocks[1]]
        return cls(blocks, (offered, others), adds, kind.difference)

    def sums(self, side: int) -> Numbers:
        """Differences that each row of an arm can give, one per row, beside some of the other."""
        some = np.unique(self.adds[1 - side].round(12))
        some = some[:: -(-len(some) // _PAIRED) or 1]
        return np.asarray(self.difference + self.adds[side][:, None] + some)

    def differences(self, step: float) -> Numbers:
        """Give some differences that are told as the true one, sorted."""
        found = self.sums(0)
        return np.unique(found[_is_told_as(self.difference, found, step)])


def _blocks(trained: Counts) -> Iterator[Blocks]:
    """Give some groups of each arm, alike ones together, until each was among them."""
    arms, sides = trained.arms, []
    for mask in (arms.is_offered, ~arms.is_offered):
        own = np.flatnonzero(mask)
        own = own[np.lexsort((trained.n[own], arms.stratum[own]))]
        sides.append(np.array_split(own, -(-len(own) // _TOGETHER)))
    offered, others = sides
    for i in range(max(len(offered), len(others))):
        yield offered[i % len(offered)], others[i % len(others)]


def _rules(kinds: list[Counts], moves: list[_Moved], told: Told) -> list[Fits]:
    """Say of each kind of counts which differences leave what is told as it is."""
    effect = kinds[0].difference

    def is_effect(found: Numbers) -> Mask:
        return _is_told_as(effect, found, told.effect)

    if told.of_use is None:
        return [is_effect]
    use = kinds[1].difference
    low, high = _bounds(effect / use if use > _EDGE else np.nan, told.of_use)
    effects, uses = moves[0].differences(told.effect), moves[1].differences(_SHARE)
    uses = uses[uses > _EDGE]
    ends = np.sort(np.stack([uses * low, uses * high]), axis=0)
    ends = ends[:, np.argsort(ends[0])]
    reach = np.maximum.accumulate(ends[1])

    def is_effect_of_use(found: Numbers) -> Mask:
        place = np.searchsorted(ends[0], found, side="right") - 1
        return is_effect(found) & (place >= 0) & (reach[place] >= found)

    def is_use(found: Numbers) -> Mask:
        first = np.searchsorted(effects, np.minimum(found * low, found * high))
        last = np.searchsorted(effects, np.maximum(found * low, found * high), side="right")
        return _is_told_as(use, found, _SHARE) & (found > _EDGE) & (last > first)

    return [is_effect_of_use if len(uses) else np.zeros_like, is_use]


def _add(values: list[set[float]], moved: _Moved, fits: Fits) -> None:
    """Add the changes of each group that are among changes that leave what is told as it is."""
    for side, (own, rows) in enumerate(zip(moved.blocks, moved.rows, strict=True)):
        kept = rows[fits(moved.sums(side)).any(axis=1)]
        for group, changes in zip(own, kept.T, strict=True):
            values[group].update(np.unique(changes).tolist())


def _bounds(value: float, step: float) -> tuple[float, float]:
    """Give what is told as a figure is, in whole steps."""
    middle = np.round(value / step)
    return float((middle - 0.5) * step + _EDGE), float((middle + 0.5) * step - _EDGE)


def _is_told_as(value: float, found: Numbers, step: float) -> Mask:
    low, high = _bounds(value, step)
    return np.asarray((found >= low) & (found <= high))
