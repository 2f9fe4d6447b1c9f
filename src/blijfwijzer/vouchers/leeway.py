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
_STAGES = (200, 1_000, 2_500, 50_000)
"""Counts of an arm that are tried: near ones first, as these mostly do, and far ones rarely give
the same p."""
_TOGETHER = 7
"""Groups of an arm that are moved together."""
_PAIRED = 200
"""Sums of an arm that those of the other are held against."""
_COUNTED = 39
"""Ways in which the arms could have fallen, of which p is counted: of fewer than 40 there is no
interval, and p is one of few shares."""
_TRIED = 20_000
"""Counts of which p is worked out, of either arm."""
_EDGE = 1e-9
"""What lies this near to where a figure is rounded up or down is not taken to give it."""

Places = NDArray[np.intp]
Blocks = tuple[Places, Places]
Fits = Callable[[Numbers], Mask]


@dataclass(frozen=True)
class Steps:
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


def coarse_p(p_value: Numbers, step: float) -> Numbers:
    """Round p up: to 0.01, or to 0.05 where the effect is told in whole points."""
    of_p = 0.01 if step == FINE else 0.05
    return np.asarray(np.ceil(p_value / of_p - _EDGE) * of_p)


def is_pinned(trained: Counts, used: Counts | None, told: Steps) -> bool:
    """Tell whether a group's count can have fewer than `PROTECTION` values, given what is told.

    Told are the share of each arm that trained and the difference in use as whole percentages, the
    effects in the steps of `told`, and p. The outsider is taken to know the arm of each group, how
    many answered in it, and how few people nothing would be told of. Not counted are p and the
    ends of intervals where the arms could have fallen in 40 ways or more, as each set of counts
    would have to be held against all of these; the ends are told in whole points for that. Nor is
    counted that finer figures would have been told had other counts given them.

    Parameters
    ----------
    trained, used : one count per group, of the same groups; `used` None where nothing is told of it
    """
    values: list[list[set[float]]] = [[{0.0} for _ in trained.n] for _ in range(2)]
    is_counted = trained.arms.ways <= _COUNTED
    for most in _STAGES:
        for blocks in _blocks(trained):
            moved = _Moved.of(trained, blocks, most)
            uses = None if used is None else _Moved.of(used, blocks, most)
            fits = _fits_effect(trained, uses, told)
            effects = (
                _try(values[0], moved, fits, told.effect)
                if is_counted
                else _add(values[0], moved, fits)
            )
            if uses is not None:
                _add(values[1], uses, _fits_use(trained.difference, uses, effects, told))
        if _are_free(trained, values[0]) and (used is None or _are_free(used, values[1])):
            return False
    return True


def _are_free(kind: Counts, values: list[set[float]]) -> bool:
    return all(
        len(found) >= PROTECTION or not close
        for found, close in zip(values, kind.is_close, strict=True)
    )


@dataclass(frozen=True)
class _Moved:
    """Changes of the counts of some groups of either arm, and what the difference becomes."""

    kind: Counts
    blocks: Blocks
    rows: tuple[Numbers, Numbers]
    adds: tuple[Numbers, Numbers]
    """To the difference, one per row."""

    @classmethod
    def of(cls, kind: Counts, blocks: Blocks, most: int) -> "_Moved":
        """Move some counts."""
        offered, others = (kind.moves(own, most) for own in blocks)
        adds = offered @ kind.weight[blocks[0]], others @ kind.weight[blocks[1]]
        return cls(kind, blocks, (offered, others), adds)

    def partners(self, side: int) -> Places:
        """Give some rows of the other arm that change the difference in ways of their own."""
        _, places = np.unique(self.adds[1 - side].round(12), return_index=True)
        return np.asarray(places[:: -(-len(places) // _PAIRED) or 1])

    def sums(self, side: int) -> Numbers:
        """Give the differences by each row of an arm, one per row, beside those of the other."""
        other = self.adds[1 - side][self.partners(side)]
        return np.asarray(self.kind.difference + self.adds[side][:, None] + other)

    def counts(self, side: int, pairs: Places) -> Numbers:
        """Give the counts of all groups, a row for each row of an arm with its partner."""
        count = np.tile(self.kind.count, (len(pairs), 1))
        count[:, self.blocks[side]] += self.rows[side][pairs[:, 0]]
        count[:, self.blocks[1 - side]] += self.rows[1 - side][self.partners(side)[pairs[:, 1]]]
        return count


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


def _fits_effect(trained: Counts, uses: _Moved | None, told: Steps) -> Fits:
    """Say which differences leave the effect as told, and with some use that of use."""
    effect = trained.difference

    def is_effect(found: Numbers) -> Mask:
        return _is_told_as(effect, found, told.effect)

    if uses is None or told.of_use is None:
        return is_effect
    low, high = _bounds_of_use(effect, uses.kind.difference, told.of_use)
    taken = uses.sums(0)
    taken = np.unique(taken[_is_told_as(uses.kind.difference, taken, _SHARE) & (taken > _EDGE)])
    ends = np.sort(np.stack([taken * low, taken * high]), axis=0)
    ends = ends[:, np.argsort(ends[0])]
    # No use at all gives the effect of use; the last place is that of effects below all.
    reach = np.append(np.maximum.accumulate(ends[1]), -np.inf)

    def is_effect_of_use(found: Numbers) -> Mask:
        place = np.searchsorted(ends[0], found, side="right") - 1
        return is_effect(found) & (reach[place] >= found)

    return is_effect_of_use


def _fits_use(effect: float, uses: _Moved, effects: Numbers, told: Steps) -> Fits:
    """Say which differences in use leave it as told, and with some effect that of use."""
    use = uses.kind.difference
    low, high = _bounds_of_use(effect, use, told.of_use or told.effect)
    known = np.unique(np.append(effects, effect))

    def is_use(found: Numbers) -> Mask:
        first = np.searchsorted(known, np.minimum(found * low, found * high))
        last = np.searchsorted(known, np.maximum(found * low, found * high), side="right")
        return _is_told_as(use, found, _SHARE) & (found > _EDGE) & (last > first)

    return is_use


def _add(values: list[set[float]], moved: _Moved, fits: Fits) -> Numbers:
    """Add the changes of each group that leave what is told as it is; give the differences."""
    found = []
    for side, (own, rows) in enumerate(zip(moved.blocks, moved.rows, strict=True)):
        sums = moved.sums(side)
        fitting = fits(sums)
        found.append(sums[fitting])
        for group, changes in zip(own, rows[fitting.any(axis=1)].T, strict=True):
            values[group].update(np.unique(changes).tolist())
    return np.concatenate(found)


def _try(values: list[set[float]], moved: _Moved, fits: Fits, step: float) -> Numbers:
    """Do as `_add` with some counts that fit and give the same p as well, spread over all."""
    found, kind = [], moved.kind
    told = _p_of(kind.count[None] / kind.n, kind.arms, step)
    for side in (0, 1):
        sums = moved.sums(side)
        pairs = np.argwhere(fits(sums))
        pairs = pairs[:: -(-len(pairs) // _TRIED) or 1]
        counts = moved.counts(side, pairs)
        is_same = np.abs(_p_of(counts / kind.n, kind.arms, step) - told) < _EDGE
        found.append(sums[tuple(pairs[is_same].T)])
        for own, changes in zip(values, (counts[is_same] - kind.count).T, strict=True):
            own.update(np.unique(np.round(changes)).tolist())
    return np.concatenate(found)


def _p_of(shares: Numbers, arms: Arms, step: float) -> Numbers:
    """Give p as it is told, of rows of shares, by all ways the arms could fall."""
    ways = np.vstack(list(arms.arrangements(_COUNTED, 0)))
    sizes = np.abs(shares @ np.array([within(way, arms.stratum) for way in ways]).T)
    drawn = np.abs(shares @ within(arms.is_offered.astype(np.float64), arms.stratum))
    return coarse_p((sizes >= drawn[:, None] - _EDGE).mean(axis=1), step)


def _bounds_of_use(effect: float, use: float, step: float) -> tuple[float, float]:
    return _bounds(effect / use if use > _EDGE else np.nan, step)


def _bounds(value: float, step: float) -> tuple[float, float]:
    """Give what is told as a figure is, in whole steps."""
    middle = np.round(value / step)
    return float((middle - 0.5) * step + _EDGE), float((middle + 0.5) * step - _EDGE)


def _is_told_as(value: float, found: Numbers, step: float) -> Mask:
    low, high = _bounds(value, step)
    return np.asarray((found >= low) & (found <= high))
