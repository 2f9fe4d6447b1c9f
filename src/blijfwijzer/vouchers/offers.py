"""What offers cost and bring: who uses one, who would have trained anyway, and how sure that is.

Take-up and deadweight are priors: a mean, and a range that holds them in 95 of 100 cases. A range
is read as that of a beta distribution with the same mean and standard deviation. Take-up is
unsure for all groups together: where one group uses fewer vouchers than expected, so do others.
The money at stake follows from that, and from chance:

    spent = cost x sum of Binomial(offers of a group, its take-up) + guidance x offers
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr

from blijfwijzer.estimation.intervals import Z
from blijfwijzer.settings import GuidanceSettings, VoucherSettings
from blijfwijzer.vouchers.limits import Integers
from blijfwijzer.vouchers.needs import Needs

_POINTS = 400
"""Equally likely values that stand for a prior: its 400 quantiles."""
_DRAWS = 4_000
_TINY = 1e-15
_ODDS = 2.0
"""Odds of using an offer, those in need against others, in the range for self-selection; both this
and its inverse are shown (an own judgement: no trial reports it)."""

Numbers = NDArray[np.float64]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Offers:
    """What an offer in each group costs and brings; one value per group."""

    cost: float
    """Euro per voucher that is used."""
    guidance: GuidanceSettings
    ratio: Numbers
    """Take-up of each group as a share of the mean, by the education of its people."""

    @property
    def take_up(self) -> Numbers:
        """Expected share of offers that is used."""
        return np.minimum(self.guidance.take_up * self.ratio, 1.0)

    @property
    def price(self) -> Numbers:
        """Expected euro per offer: the vouchers that are used, and guidance for all."""
        return self.take_up * self.cost + self.guidance.cost

    @property
    def worth(self) -> Numbers:
        """Extra people trained per euro, were everybody in need; a share of the best group's."""
        worth = self.take_up / self.price
        return np.asarray(worth / worth.max(), dtype=np.float64)

    def spending(self, given: NDArray[np.generic]) -> float:
        """Expect what offers cost, in euro."""
        return float(np.asarray(given, dtype=np.float64) @ self.price)

    def extra(self, given: NDArray[np.generic], rate: Numbers) -> Numbers:
        """Expect per group how many train who are in need and would not have."""
        each = rate * self.take_up * (1 - self.guidance.deadweight)
        return np.asarray(np.asarray(given, dtype=np.float64) * each)

    def chance_overspent(self, given: NDArray[np.generic], money: float) -> float:
        """Give the probability that offers cost more than there is.

        Given take-up the vouchers used are a sum of binomials, taken as normal with a correction
        for whole vouchers; over the prior of take-up that is averaged.
        """
        offers = np.asarray(given, dtype=np.float64)
        # A cost that is nothing beside the money would divide beyond what numbers hold.
        cost = max(self.cost, abs(money) * _TINY)
        room = np.floor((money - self.guidance.cost * offers.sum()) / cost + 1e-9)
        levels, place = np.unique(self.ratio, return_inverse=True)
        by_level = np.bincount(place, weights=offers, minlength=len(levels))
        base = _quantiles(self.guidance.take_up, self.guidance.take_up_range)
        used = np.minimum(np.outer(base, levels), 1.0)
        mean, spread = used @ by_level, np.sqrt((used * (1 - used)) @ by_level)
        is_over = (mean > room + 0.5).astype(np.float64)
        far = (room + 0.5 - mean) / np.where(spread > 0, spread, 1.0)
        return float(np.where(spread > 0, ndtr(-far), is_over).mean())

    def extra_interval(
        self, given: NDArray[np.generic], rate: Numbers, se: Numbers, seed: int
    ) -> Interval:
        """Give the 95 % interval of extra people over rates, take-up and deadweight."""
        rng = np.random.default_rng([seed % 2**63, len(rate)])
        base = rng.permutation(_stretch(_quantiles(self.guidance.take_up, self._unsure[0])))
        dead = rng.permutation(_stretch(_quantiles(self.guidance.deadweight, self._unsure[1])))
        served = np.flatnonzero(np.asarray(given) > 0)
        rates = rng.normal(rate[served], se[served], (_DRAWS, len(served))).clip(0, 1)
        used = np.minimum(np.outer(base, self.ratio[served]), 1.0)
        extra = ((used * rates) @ np.asarray(given, np.float64)[served]) * (1 - dead)
        low, high = np.quantile(extra, [0.025, 0.975])
        return float(low), float(high)

    def extra_by_selection(self, given: NDArray[np.generic], rate: Numbers) -> Interval:
        """Give the extra people if those in need use offers half, or twice, as readily as others.

        With odds `o` the share in need among users is o x rate / (1 - rate + o x rate).
        """
        low, high = (
            float(self.extra(given, odds * rate / (1 - rate + odds * rate)).sum())
            for odds in (1 / _ODDS, _ODDS)
        )
        return low, high

    @property
    def _unsure(self) -> tuple[Interval | None, Interval | None]:
        return self.guidance.take_up_range, self.guidance.deadweight_range


def offers_of(needs: Needs, cost: float, settings: VoucherSettings) -> Offers:
    """Say what an offer in each group costs and brings, with the chosen guidance."""
    known = needs.education.map(settings.take_up_ratio).fillna(1.0)
    ratio: Numbers = np.asarray(known, dtype=np.float64)
    return Offers(cost, effect_of(settings), ratio)


def effect_of(settings: VoucherSettings) -> GuidanceSettings:
    """Give take-up, deadweight and cost of the chosen kind of guidance."""
    return {"none": settings.none, "talk": settings.talk, "time": settings.time}[settings.guidance]


def count_offers(
    offers: Offers, most: Integers, order: Integers, money: float, settings: VoucherSettings
) -> int:
    """Count the offers that money bears when groups are served in an order.

    As many as keep the chance of spending more at `overspend`, whoever is there to use them; or,
    where vouchers go to who comes first until the money is spent, as few as keep the chance of
    money left at that.

    Parameters
    ----------
    most : offers that each group can use
    order : places of groups, the first served first
    money : euro
    """
    queue = most[order]
    before = np.cumsum(queue) - queue

    def bears(total: int) -> bool:
        given = np.zeros(len(most))
        given[order] = np.clip(total - before, 0, queue)
        return _bears(offers, given, money, settings)

    low, high = 0, int(most.sum())
    if bears(high):
        # More than anybody can use; floors and caps are shares of what the money would bear.
        mean = float(offers.price.mean())
        return max(high, int(money / max(mean, money * _TINY)))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if bears(middle) else (low, middle)
    return low


def least_money(offers: Offers, place: int, settings: VoucherSettings) -> float:
    """Give the euro that bear one offer in a group: guidance, and as many vouchers as it asks."""
    one = np.zeros(len(offers.price))
    one[place] = 1
    money = offers.guidance.cost
    while not _bears(offers, one, money, settings):
        money += offers.cost
    return money


def _bears(
    offers: Offers, given: NDArray[np.generic], money: float, settings: VoucherSettings
) -> bool:
    if settings.spend == "first_come":
        return offers.chance_overspent(given, money - offers.cost) <= 1 - settings.overspend
    return offers.chance_overspent(given, money) <= settings.overspend


def _quantiles(mean: float, span: Interval | None) -> Numbers:
    """Give equally likely values of a prior with a mean and 95 % range; its mean where certain."""
    spread = 0.0 if span is None else (span[1] - span[0]) / (2 * Z)
    if spread == 0 or not 0 < mean < 1:
        return np.full(_POINTS, mean)
    size = mean * (1 - mean) / spread**2 - 1
    middles = (np.arange(_POINTS) + 0.5) / _POINTS
    return np.asarray(betaincinv(mean * size, (1 - mean) * size, middles), dtype=np.float64)


def _stretch(quantiles: Numbers) -> Numbers:
    return np.tile(quantiles, _DRAWS // _POINTS)
