"""What a lottery can tell, before it is held and after: power, and the effect of the offer."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import chi, norm, t

from blijfwijzer.errors import TrialError
from blijfwijzer.settings import GuidanceSettings
from blijfwijzer.vouchers.allocation import Needs
from blijfwijzer.vouchers.limits import Mask
from blijfwijzer.vouchers.lottery import OFFERED, Lottery

LEVEL = 0.95
PERMUTATIONS = 9_999

Numbers = NDArray[np.float64]
Labels = NDArray[np.str_]


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


@dataclass(frozen=True)
class TrialResult:
    """The effect of offering vouchers on the share of a group that trained."""

    effect: float
    """Difference in shares, as a fraction: offered less not offered, within strata."""
    low: float
    high: float
    """95 % interval."""
    se: float
    freedom: float
    """Degrees of freedom of the interval (Bell & McCaffrey)."""
    p_value: float
    """Of the randomisation test that the offer did nothing in any group, two-sided."""
    permutations: int
    offered: int
    not_offered: int
    """Groups compared."""
    lost_offered: int
    lost_not_offered: int
    """Groups of the lottery without outcome; if the two differ much, the comparison is no longer
    fair."""
    left_out: int
    """Groups with an outcome in strata that are left with one arm."""
    share_offered: float
    share_not_offered: float
    """Mean share over groups, not adjusted for strata."""


def expected_effect(lottery: Lottery, needs: Needs, effect: GuidanceSettings) -> float:
    """Expect by how much more of a group trains when it is offered its vouchers.

    The mean over drawn groups of vouchers / people x take-up x (1 - deadweight): most people of a
    group get no voucher, so the effect on its share is much smaller than that on a user.
    """
    drawn = lottery.table[lottery.table["arm"] == OFFERED]
    offered = drawn["vouchers"] / needs.people.rename(index=str).reindex(drawn.index)
    return float(offered.mean() * effect.take_up * (1 - effect.deadweight))


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
    contrast = _within(is_offered.astype(np.float64), compared["stratum"].to_numpy(dtype=str))
    freedom = len(compared) - compared["stratum"].nunique() - 1
    if freedom < 1:
        raise TrialError(f"power: {len(compared)} compared groups are too few. Draw more groups.")
    spread = base * (1 - base) * (clustering + (1 - clustering) * float((1 / expected).mean()))
    se = float(np.sqrt(spread / (contrast @ contrast)))
    detectable = brentq(lambda size: _power(size / se, freedom) - wanted, 0, 60 * se)
    return Power(
        effect=effect,
        power=_power(abs(effect) / se, freedom),
        detectable=float(detectable),
        se=se,
        freedom=freedom,
        groups=len(compared),
    )


def analyse_trial(
    lottery: Lottery, outcomes: pd.DataFrame, permutations: int = PERMUTATIONS
) -> TrialResult:
    """Estimate the effect of offering vouchers, whoever used them (intention to treat).

    Groups are what was drawn, so groups are the unit: each counts once, however many answered
    (Hayes & Moulton 2017, ch. 10). The share that trained is regressed on the offer with a term per
    stratum; the standard error is HC2, which at one row per cluster is the cluster-robust CR2, with
    the degrees of freedom of Bell & McCaffrey (2002), that keep the interval honest with few groups
    (Imbens & Kolesár 2016). The randomisation test draws the arms anew within strata, seeded by the
    lottery; its p-value counts the draw itself and so is never 0 (Phipson & Smyth 2010).

    Parameters
    ----------
    lottery : as `open_sealed` gives it
    outcomes : one row per group, indexed by group id: `n` respondents, and `share` that trained in
        [0, 1] or `count` of them; groups outside the comparison may be in it, and count for nothing

    Raises
    ------
    TrialError
        Columns are missing, groups double or unknown, figures impossible, or too few groups left.
    """
    shares = _shares_of(outcomes, lottery)
    compared = lottery.compared.assign(share=shares)
    is_lost = compared["share"].isna()
    known = compared[~is_lost]
    arms = known.groupby("stratum")["arm"].transform("nunique")
    used = known[arms == 2]
    is_offered = (used["arm"] == OFFERED).to_numpy()
    share = used["share"].to_numpy(dtype=np.float64)
    stratum = used["stratum"].to_numpy(dtype=str)
    if len(used) - len(np.unique(stratum)) < 2:
        raise TrialError(
            f"outcomes: {len(used)} groups can be compared, of {len(compared)} in the lottery. "
            "Collect outcomes of more groups."
        )
    effect, se, freedom = estimate_effect(share, is_offered, stratum)
    reach = float(t.ppf((1 + LEVEL) / 2, freedom)) * se
    return TrialResult(
        effect=effect,
        low=effect - reach,
        high=effect + reach,
        se=se,
        freedom=freedom,
        p_value=_permute(share, is_offered, stratum, permutations, lottery.seed),
        permutations=permutations,
        offered=int(is_offered.sum()),
        not_offered=int((~is_offered).sum()),
        lost_offered=int((is_lost & (compared["arm"] == OFFERED)).sum()),
        lost_not_offered=int((is_lost & (compared["arm"] != OFFERED)).sum()),
        left_out=len(known) - len(used),
        share_offered=float(share[is_offered].mean()),
        share_not_offered=float(share[~is_offered].mean()),
    )


def estimate_effect(
    share: Numbers, is_offered: Mask, stratum: Labels
) -> tuple[float, float, float]:
    """Estimate a difference within strata: effect, its standard error, degrees of freedom.

    Parameters
    ----------
    share, is_offered, stratum : one per group; each stratum has groups in both arms
    """
    _, codes = np.unique(stratum, return_inverse=True)
    sizes = np.bincount(codes)
    contrast = _within(is_offered.astype(np.float64), stratum)
    information = float(contrast @ contrast)
    effect = float(contrast @ share) / information
    residual = _within(share, stratum) - effect * contrast

    # The hat matrix is that of the strata plus that of the offer within strata, so its sums are
    # taken per stratum instead of over all pairs of groups.
    hat = 1 / sizes[codes] + contrast**2 / information
    weight = (contrast / information) ** 2 / np.clip(1 - hat, 1e-12, None)
    se = float(np.sqrt(np.sum(weight * residual**2)))
    trace = float(np.sum(weight * (1 - hat)))
    of_pairs = (
        np.sum((np.bincount(codes, weight) / sizes) ** 2)
        + 2 * np.sum(np.bincount(codes, weight * contrast) ** 2 / sizes) / information
        + (np.sum(weight * contrast**2) / information) ** 2
    )
    squares = float(of_pairs + np.sum(weight**2 * ((1 - hat) ** 2 - hat**2)))
    freedom = trace**2 / squares
    return effect, se, freedom


def _within(numbers: Numbers, stratum: Labels) -> Numbers:
    """Take from each number the mean of its stratum."""
    _, codes = np.unique(stratum, return_inverse=True)
    means = np.bincount(codes, weights=numbers) / np.bincount(codes)
    return np.asarray(numbers - means[codes], dtype=np.float64)


def _power(noncentrality: float, freedom: int) -> float:
    """Integrate the noncentral t over its scale; scipy's own gives no number far from zero."""
    critical = t.ppf((1 + LEVEL) / 2, freedom)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    low, high = chi.ppf([1e-14, 1 - 1e-14], freedom)
    scale = (low + high) / 2 + (high - low) / 2 * nodes
    bound = critical * scale / np.sqrt(freedom)
    found = norm.sf(bound - noncentrality) + norm.cdf(-bound - noncentrality)
    return float((high - low) / 2 * np.sum(weights * found * chi.pdf(scale, freedom)))


def _shares_of(outcomes: pd.DataFrame, lottery: Lottery) -> pd.Series:
    if "n" not in outcomes or ("share" in outcomes) == ("count" in outcomes):
        raise TrialError(
            "outcomes: a column `n` and one of `share` and `count` are needed. Add or drop columns."
        )
    unknown = int((~outcomes.index.isin(lottery.table.index)).sum())
    if unknown or not outcomes.index.is_unique:
        raise TrialError(
            f"outcomes: {unknown} of {len(outcomes)} groups are not in the sealed lottery, "
            f"{int(outcomes.index.duplicated().sum())} are double. Give each group of the lottery "
            "once."
        )
    figures = outcomes.apply(pd.to_numeric, errors="coerce")
    n = figures["n"].fillna(0)
    share: pd.Series = figures["share"] if "share" in figures else figures["count"] / n.where(n > 0)
    unread = int((figures.isna() & outcomes.notna()).to_numpy().sum())
    wrong = unread + int(((n < 0) | (share < 0) | (share > 1)).sum())
    if wrong:
        raise TrialError(
            f"outcomes: {wrong} figures are no number, below 0, or a share above 1 (a count above "
            "n). Mend these."
        )
    return pd.Series(share.where(n > 0))


def _permute(
    share: Numbers, is_offered: Mask, stratum: Labels, permutations: int, seed: int
) -> float:
    """Compare the difference with those under arms that are drawn anew within strata."""
    rng = np.random.default_rng([seed, len(share)])
    contrast = _within(is_offered.astype(np.float64), stratum)
    seen = abs(float(contrast @ share)) - 1e-12
    as_large = 0
    for start in range(0, permutations, 1000):
        drawn = np.empty((min(1000, permutations - start), len(share)))
        for name in np.unique(stratum):
            inside = stratum == name
            arms = np.tile(contrast[inside], (len(drawn), 1))
            drawn[:, inside] = rng.permuted(arms, axis=1)
        as_large += int((np.abs(drawn @ share) >= seen).sum())
    return (as_large + 1) / (permutations + 1)
