"""What a lottery can tell, before it is held: how large an effect must be to be seen."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtr, stdtrit

from blijfwijzer.errors import TrialError
from blijfwijzer.vouchers.needs import Needs
from blijfwijzer.vouchers.offers import Offers
from blijfwijzer.vouchers.permutation import LEVEL, within
from blijfwijzer.vouchers.seal import OFFERED, Lottery

_MOST_GROUPS = 100_000
"""Beyond what any survey has: no more groups are looked for than this."""
ENOUGH = 0.5
"""Below this power a lottery more often misses the expected effect than it finds it, and a warning
says so; 80 % is usual to plan for."""


@dataclass(frozen=True)
class Power:
    """How large an effect must be to be seen."""

    effect: float
    """The effect that is expected, a difference in shares."""
    power: float
    """Probability that an effect of that size is found significant at 5 %, two-sided."""
    detectable: float
    """Smallest effect that is found with the wanted probability."""
    se: float
    """Standard error of the estimated effect."""
    freedom: int
    """Degrees of freedom: compared groups - strata - 1."""
    groups: int
    wanted: float
    """Probability that is planned for."""

    def detectable_among(self, groups: int) -> float:
        """Give the smallest effect that so many groups find with the wanted probability.

        They are like these and parted likewise: the error falls with the root of their number.

        Parameters
        ----------
        groups : more than strata + 1
        """
        se = self.se * np.sqrt(self.groups / groups)
        return _detectable(se, groups - (self.groups - self.freedom), self.wanted)

    def groups_needed(self, most: int) -> int | None:
        """Count groups like these, parted likewise, that find the expected effect as wanted.

        Parameters
        ----------
        most : groups that there are

        Returns
        -------
        None where all that there are, or a hundred thousand, would still miss it more often.
        """
        return _groups_needed(self, min(most, _MOST_GROUPS))


def warn_of(power: Power, groups: int) -> str | None:
    """Say of a lottery that more often misses its effect what would find it, if anything does.

    Parameters
    ----------
    groups : that the release tells of, whether or not they are drawn
    """
    if power.power >= ENOUGH:
        return None
    needed = power.groups_needed(groups)
    found = (
        f"warning: the lottery would find the expected effect ({100 * power.effect:.2g} points) in "
        f"{power.power:.0%} of years only; "
    )
    if needed is not None:
        return found + (
            f"{needed:,} groups like these would in {power.wanted:.0%}. Draw a larger share "
            "(`vouchers.lottery`), or do not count on an answer."
        )
    most = max(groups, power.groups)
    return found + (
        f"all {most:,} groups there are would find {100 * power.detectable_among(most):.2g} points "
        f"in {power.wanted:.0%}, so no lottery among them can show it. Do not count on an answer."
    )


def expected_effect(lottery: Lottery, needs: Needs, offers: Offers) -> float:
    """Expect by how much more of a group trains when it is offered its vouchers.

    The mean over drawn groups of vouchers / people x take-up x (1 - deadweight): most people of a
    group get no voucher, so the effect on its share is much smaller than that on a user.
    """
    drawn = lottery.table[lottery.table["arm"] == OFFERED]
    offered = drawn["vouchers"] / needs.people.rename(index=str).reindex(drawn.index)
    take_up = pd.Series(offers.take_up, index=needs.groups.astype(str)).reindex(drawn.index)
    return float((offered * take_up).mean() * (1 - offers.guidance.deadweight))


def plan_power(
    lottery: Lottery,
    respondents: pd.Series | float,
    base: float,
    clustering: float,
    effect: float,
    wanted: float = 0.8,
) -> Power:
    """Compute what a lottery can find, from groups that answer next year.

    With n_g respondents in group g, base share p, intraclass correlation rho, and P_s of the n_s
    groups of stratum s offered, the estimate with strata has

        se^2 = p (1 - p) [rho + (1 - rho) mean(1 / n_g)] / sum_s n_s P_s (1 - P_s)

    (Bloom 2005, Learning More from Social Experiments, ch. 4, eq. 4.3; Hayes & Moulton 2017,
    ch. 7; with equal n, two equal arms and no strata it is their formula). Power is that of a t
    test with groups - strata - 1 degrees of freedom, through the noncentral t distribution.
    What strata explain is not credited, so this is cautious.

    Parameters
    ----------
    respondents : expected per group, by group id or the same for all; above 0
    base : share that trains without vouchers, in (0, 1)
    clustering : intraclass correlation of training within groups, in [0, 1]
    effect : expected difference in shares
    wanted : power for the smallest detectable effect

    Raises
    ------
    TrialError
        The lottery compares too few groups, or a figure is out of range.
    """
    compared = lottery.compared
    expected = pd.Series(respondents, index=compared.index, dtype=float)
    if not (0 < base < 1 and 0 <= clustering <= 1 and 0.05 < wanted < 1):
        raise TrialError(
            f"power: base {base}, clustering {clustering} and wanted {wanted} must lie between "
            "0 and 1. Mend them."
        )
    wrong = int((~(expected > 0)).sum())
    if wrong:
        raise TrialError(
            f"power: {wrong} of {len(expected)} compared groups have no expected respondents. Give "
            "a number above 0 for each."
        )
    is_offered = (compared["arm"] == OFFERED).to_numpy()
    contrast = within(is_offered.astype(np.float64), compared["stratum"].to_numpy(dtype=str))
    freedom = len(compared) - compared["stratum"].nunique() - 1
    if freedom < 1:
        raise TrialError(f"power: {len(compared)} compared groups are too few. Draw more groups.")
    spread = base * (1 - base) * (clustering + (1 - clustering) * float((1 / expected).mean()))
    se = float(np.sqrt(spread / (contrast @ contrast)))
    return Power(
        effect=effect,
        power=_power(abs(effect) / se, freedom),
        detectable=_detectable(se, freedom, wanted),
        se=se,
        freedom=freedom,
        groups=len(compared),
        wanted=wanted,
    )


def _detectable(se: float, freedom: int, wanted: float) -> float:
    return float(brentq(lambda size: _power(size / se, freedom) - wanted, 0, 60 * se))


def _groups_needed(power: Power, most: int) -> int | None:
    lost = power.groups - power.freedom

    def falls_short(count: int) -> bool:
        noncentrality = abs(power.effect) / power.se * np.sqrt(count / power.groups)
        return _power(noncentrality, count - lost) < power.wanted

    low, high = lost, most
    if high <= low or falls_short(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if falls_short(middle) else (low, middle)
    return high


def _power(noncentrality: float, freedom: int) -> float:
    """Integrate the noncentral t over its scale; scipy's own gives no number far from zero."""
    # Imported when used, as it takes a tenth of the time in which commands begin.
    from scipy.stats import chi

    critical = stdtrit(freedom, (1 + LEVEL) / 2)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    low, high = chi.ppf([1e-14, 1 - 1e-14], freedom)
    scale = (low + high) / 2 + (high - low) / 2 * nodes
    bound = critical * scale / np.sqrt(freedom)
    found = ndtr(noncentrality - bound) + ndtr(-bound - noncentrality)
    return float((high - low) / 2 * np.sum(weights * found * chi.pdf(scale, freedom)))
