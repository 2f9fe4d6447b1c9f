"""What the draw itself tells of an effect: the difference under all ways the arms could fall.

The draw is what was random, so a test that draws the arms anew within strata needs no model of
outcomes, and neither does its interval: all effects that the test does not refuse. With few groups
there are too few ways to refuse any, and then there is no interval, rather than a narrow one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice, product
from math import comb, floor, prod

import numpy as np
from numpy.typing import NDArray

from blijfwijzer.vouchers.limits import Mask

LEVEL = 0.95
PERMUTATIONS = 9_999
_ROWS = 1_000
"""Arrangements that are worked out at a time."""
_EQUAL = 1e-9
_TRIED = 401
"""Effects of use that are held against the draw: steps of half a percentage point."""

Numbers = NDArray[np.float64]
Labels = NDArray[np.str_]


@dataclass(frozen=True)
class Arms:
    """Groups as they were drawn, one place each."""

    is_offered: Mask
    stratum: Labels
    """Each has groups in both arms."""

    @property
    def ways(self) -> int:
        """Ways in which the arms could have fallen, with the same number offered per stratum."""
        return prod(comb(int(own.sum()), int(self.is_offered[own].sum())) for own in self._strata)

    @property
    def _strata(self) -> list[Mask]:
        return [self.stratum == name for name in np.unique(self.stratum)]

    def arrangements(self, most: int, seed: int) -> Iterator[Numbers]:
        """Give arms as rows of ones and zeros: all ways, or `most` drawn ones if there are more."""
        if self.ways <= most:
            yield from self._all()
            return
        rng = np.random.default_rng([seed, len(self.stratum)])
        for start in range(0, most, _ROWS):
            drawn = np.empty((min(_ROWS, most - start), len(self.stratum)))
            for own in self._strata:
                arms = np.tile(self.is_offered[own].astype(np.float64), (len(drawn), 1))
                drawn[:, own] = rng.permuted(arms, axis=1)
            yield drawn

    def _all(self) -> Iterator[Numbers]:
        choices = [
            combinations(np.flatnonzero(own), int(self.is_offered[own].sum()))
            for own in self._strata
        ]
        ways = product(*choices)
        while chosen := list(islice(ways, _ROWS)):
            rows = np.zeros((len(chosen), len(self.stratum)))
            for row, winners in zip(rows, chosen, strict=True):
                row[[place for part in winners for place in part]] = 1
            yield rows


@dataclass(frozen=True)
class Randomised:
    """A difference within strata, and what the draw tells of it."""

    effect: float
    low: float
    high: float
    """95 % interval; minus and plus infinity where there are too few ways to exclude anything."""
    p_value: float
    """That the offer did nothing in any group, two-sided; the draw itself counts, so it is never
    0 (Phipson & Smyth 2010)."""
    ways: int
    """Arrangements that it was held against, the draw itself among them."""


def randomise(share: Numbers, arms: Arms, most: int = PERMUTATIONS, seed: int = 0) -> Randomised:
    """Estimate a difference within strata, with the test and interval of the draw.

    The share is regressed on the offer with a term per stratum. If each group gained `x` by its
    offer, taking `x` from those offered leaves shares that do not depend on the draw; the interval
    holds each `x` for which the difference that is left is not among the largest or the smallest
    2.5 % of all arrangements (Tritchler 1984; Garthwaite 1996). Arrangement `a` with difference
    `d_a` and overlap `b_a` with the draw, 1 for the draw itself, reaches the observed difference
    `d` from `x = (d - d_a) / (1 - b_a)` on, so the ends are order statistics of these.

    Parameters
    ----------
    share : one per group
    most : arrangements; all are taken where there are no more
    seed : of those that are drawn
    """
    contrast = within(arms.is_offered.astype(np.float64), arms.stratum)
    information = float(contrast @ contrast)
    effect = float(contrast @ share) / information
    base = within(share, arms.stratum)
    found = [
        (rows @ base / information, rows @ contrast / information)
        for rows in arms.arrangements(most, seed)
    ]
    differences, overlaps = (np.concatenate(part) for part in zip(*found, strict=True))
    # Drawn arrangements are held against the draw itself as well; among all ways it is one.
    added = int(arms.ways > most)
    ways = len(differences) + added
    reached = int((np.abs(differences) >= abs(effect) - _EQUAL).sum()) + added
    is_draw = overlaps >= 1 - _EQUAL
    turned = np.sort((effect - differences[~is_draw]) / (1 - overlaps[~is_draw]))
    place = floor(ways * (1 - LEVEL) / 2 + _EQUAL) - int(is_draw.sum()) - added
    known = 0 <= place < len(turned)
    return Randomised(
        effect=effect,
        low=float(turned[place]) if known else -np.inf,
        high=float(turned[len(turned) - 1 - place]) if known else np.inf,
        p_value=reached / ways,
        ways=ways,
    )


@dataclass(frozen=True)
class OfUse:
    """What use of an offer did, to those who used it because it was made."""

    effect: float
    """Difference in shares that trained over the difference in shares that used a voucher."""
    low: float
    high: float
    """95 % interval within -1 and 1; minus and plus infinity where nothing in between is excluded.
    What is not excluded need not be one stretch when hardly anybody used an offer; these are its
    outer ends."""
    used: float
    """Difference in shares that used a voucher."""


def effect_of_use(
    share: Numbers, used: Numbers, arms: Arms, most: int = PERMUTATIONS, seed: int = 0
) -> OfUse:
    """Estimate what vouchers did to those who used one because they were offered it.

    The complier average causal effect: an offer works through use alone, and nobody uses a voucher
    less for being offered one (Imbens & Angrist 1994; Angrist, Imbens & Rubin 1996). The interval
    turns the test of the draw round: for each effect `x` the shares less `x` times use are held
    against all arrangements, and it is kept unless it is among the 5 % that differ most (Anderson
    & Rubin 1949; Imbens & Rosenbaum 2005). It holds however few used an offer.

    Parameters
    ----------
    share, used : one per group; those who trained, and those who used a voucher
    """
    contrast = within(arms.is_offered.astype(np.float64), arms.stratum)
    information = float(contrast @ contrast)
    trained, uses = within(share, arms.stratum), within(used, arms.stratum)
    difference = float(contrast @ trained) / information
    taken = float(contrast @ uses) / information
    found = [
        (rows @ trained / information, rows @ uses / information)
        for rows in arms.arrangements(most, seed)
    ]
    of_trained, of_used = (np.concatenate(part) for part in zip(*found, strict=True))
    added = int(arms.ways > most)
    kept = [
        x
        for x in np.linspace(-1, 1, _TRIED)
        if (np.abs(of_trained - x * of_used) >= abs(difference - x * taken) - _EQUAL).sum() + added
        > (1 - LEVEL) * (len(of_trained) + added)
    ]
    is_known = bool(kept) and (kept[0] > -1 or kept[-1] < 1)
    return OfUse(
        effect=difference / taken if abs(taken) > _EQUAL else float("nan"),
        low=float(kept[0]) if is_known else -np.inf,
        high=float(kept[-1]) if is_known else np.inf,
        used=taken,
    )


def within(numbers: Numbers, stratum: Labels) -> Numbers:
    """Take from each number the mean of its stratum."""
    _, codes = np.unique(stratum, return_inverse=True)
    means = np.bincount(codes, weights=numbers) / np.bincount(codes)
    return np.asarray(numbers - means[codes], dtype=np.float64)
