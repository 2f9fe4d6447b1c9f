"""Numbers as coarse as they may be shown: counts in bands, shares as whole percentages."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Width of bands from a count on: a band is about a tenth of the count, and never below five.
_WIDTHS = ((0, 5), (50, 10), (100, 20), (200, 50), (500, 100), (2_000, 500), (10_000, 1_000))


def band(count: float) -> tuple[int, int]:
    """Lowest and highest count of the band that a count lies in.

    >>> band(43)
    (40, 44)
    >>> band(1234)
    (1200, 1299)
    """
    width = max(w for start, w in _WIDTHS if count >= start)
    low = int(count // width * width)
    return low, low + width - 1


def band_text(count: float) -> str:
    """Write a band with a dash that no spreadsheet takes for a date; "" for a missing count."""
    if count != count:
        return ""
    low, high = band(count)
    return f"{low}\u2013{high}"


def band_floor(counts: pd.Series) -> pd.Series:
    """Lowest count of each band; missing stays missing."""
    return counts.map(lambda count: float(band(count)[0]), na_action="ignore")


def band_middle(counts: Array) -> Array:
    """Middle of the band that each count lies in; nobody stays nobody, missing stays missing.

    What follows from how many there are (an interval, a weight, a response) is computed with this
    and not with the count: its width would tell the count more finely than the band does.

    >>> band_middle(np.array([0.0, 10.0, 14.0, 43.0, np.nan])).tolist()
    [0.0, 12.0, 12.0, 42.0, nan]
    """
    starts, sizes = np.array(_WIDTHS, dtype=float).T
    known = np.where(np.isnan(counts), 0.0, counts)
    width = sizes[np.searchsorted(starts, known, side="right") - 1]
    middle = known // width * width + (width - 1) / 2
    return np.where(np.isnan(counts) | (known == 0), counts, middle)


def to_band(*counts: Array) -> Array:
    """Factor by which a variance is that of as many people as the middle of the band of a count.

    Of a mean that is the count over the middle; of a difference of means of several counts, that
    of the sums of their inverses. 1 where nobody is.

    >>> to_band(np.array([10.0, 14.0, 0.0])).round(3).tolist()
    [0.833, 1.167, 1.0]
    """
    known = np.all([count > 0 for count in counts], axis=0)
    own = sum(1 / np.where(known, count, 1.0) for count in counts)
    told = sum(1 / np.where(known, band_middle(count), 1.0) for count in counts)
    return np.asarray(told / own)


def ends_to_band(value: Array, ends: tuple[Array, Array], *counts: Array) -> tuple[Array, Array]:
    """Stretch an interval to that of as many people as the middle of the band of each count."""
    factor = np.sqrt(to_band(*counts))
    low, high = (value + factor * (end - value) for end in ends)
    return low, high


def whole_percent(shares: pd.Series) -> pd.Series:
    """Shares in [0, 1] as whole percentages; missing stays missing."""
    return (100 * shares.astype(float)).round()


def percent_of(count: int, people: int) -> int:
    """Give the whole percentage that some of some people are, as `whole_percent` gives it.

    >>> percent_of(1, 8), percent_of(3, 8)
    (12, 38)
    """
    return round(100 * count / people)


def hide_exact(shares: pd.Series, counts: pd.Series) -> pd.Series:
    """Whole percentages of which at least two counts are possible, given the band of n.

    A share with its n gives the count of those who have it, and of those who do not. With n in a
    band, the percentage is shown only if two or more counts of either would round to it; else it is
    missing: 95 % of 20-24 people are 19 to 21, and in each case one has not.

    Parameters
    ----------
    shares : observed shares in [0, 1]
    counts : respondents of each

    >>> hide_exact(pd.Series([0.5, 0.0]), pd.Series([12, 12])).tolist()
    [50.0, nan]
    """
    percents = whole_percent(shares)
    safe = [
        p == p and c == c and min(_counts_that_fit(int(p), *band(c))) >= 2
        for p, c in zip(percents, counts, strict=True)
    ]
    return percents.where(pd.Series(safe, index=percents.index))


def _counts_that_fit(percent: int, low: int, high: int) -> tuple[int, int]:
    """Count how many there may be who have it, and how many who have not."""
    n = np.arange(max(low, 1), high + 1)
    lowest = np.ceil((percent - 0.5) / 100 * n - 1e-9)
    highest = np.floor((percent + 0.5) / 100 * n + 1e-9)
    fitting = {
        (int(count), int(people) - int(count))
        for people, first, last in zip(n, lowest, highest, strict=True)
        for count in range(max(int(first), 0), min(int(last), int(people)) + 1)
    }
    have, have_not = (len(set(side)) for side in zip(*fitting, strict=True)) if fitting else (0, 0)
    return have, have_not
