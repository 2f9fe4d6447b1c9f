"""Whether a group by itself is too small, too alike or too lopsided to show."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.settings import DisclosureSettings

Array = NDArray[np.float64]

SHOWN = ""
"""Reason of a group that passes."""
LOOSE = ("respondents", "people", "complement")
"""Reasons that may be told: they say nothing of what anybody answered."""
COPIES = "copies"
"""Reason of a group with too few different forms."""
_HEAVIEST = 2
_SAME_RISK = 0.01
"""Distance from a group's mean within which a risk is that mean, as a reader of whole percentages
takes it: what is shown may lie half a point off, and so may what a reader makes of it."""


def find_faults(
    members: csr_array,
    people: Array,
    values: dict[str, Array],
    weight: Array,
    settings: DisclosureSettings,
) -> pd.Series:
    """Say for each group why it may not be shown by itself.

    Rules (k is `settings.minimum`): fewer than k respondents or people; fewer than k respondents
    outside it, who could be had by subtracting it from everyone; one answer given by 90 % or more,
    which tells what each of them answered; two respondents who carry 90 % of the weight ((n, k)
    rule with n = 2, as in ACRO's defaults).

    An outcome is a sensitive answer, so a group is too alike when `unanimity` of those who answered
    have the outcome. That all lack it tells something of each only if it is known that all of them
    responded; where that is not known it counts as known. An outcome that fewer than k of a group
    answered does not count: no figure of it is shown of the group (see `answers`).

    Parameters
    ----------
    members : one row per group, one column per response
    people : who work in each group; NaN when not known
    values : outcome to its value per response: 1, 0, or NaN where not known
    weight : per response

    Returns
    -------
    One reason per group: "respondents", "people", "complement", "alike", "dominance", or "" when
    none. Which rule it was is for those who run the software: to tell it to others would itself
    tell that all in a group answered alike.
    """
    k = settings.minimum
    n = np.asarray(members.sum(axis=1)).ravel()
    total = members.shape[1]
    reason = np.full(len(n), SHOWN, dtype=object)
    rules = {
        "dominance": _heaviest_share(members, weight) >= settings.dominance,
        "alike": np.any(
            [
                _is_alike(members, v, n, people, settings.unanimity)
                & (members @ (~np.isnan(v)).astype(float) >= k)
                for v in values.values()
            ],
            axis=0,
        )
        if values
        else np.zeros(len(n), dtype=bool),
        "complement": (total - n > 0) & (total - n < k),
        "people": people < k,
        "respondents": n < k,
    }
    for name, broken in rules.items():
        reason[broken] = name
    return pd.Series(reason, dtype="str")


def is_telling(rows: csr_array, values: Array, weight: Array, settings: DisclosureSettings) -> bool:
    """Whether a total over any of some parts tells what each in it answered, or what two did.

    Parameters
    ----------
    rows : one row per part, one column per response
    values : outcome per response: 1, 0 or NaN
    """
    n = np.asarray(rows.sum(axis=1)).ravel()
    unknown = np.full(len(n), np.nan)
    alike = _is_alike(rows, values, n, unknown, settings.unanimity)
    lopsided = _heaviest_share(rows, weight) >= settings.dominance
    return bool(((alike | lopsided) & (n > 0)).any())


def leaves_few(whole: float, parts: Array, minimum: int) -> int | None:
    """Give the part to withhold since those of the whole who are in no part are few.

    The smallest part goes: what is left then holds its answers too.

    Parameters
    ----------
    whole : who answered, of whom a figure is shown
    parts : who answered in each part of which a figure is shown; they share no people
    """
    left = whole - parts.sum()
    return int(parts.argmin()) if len(parts) and 0 < left < minimum else None


def is_narrow(
    members: csr_array, risk: Array, weight: Array, unanimity: float
) -> NDArray[np.bool_]:
    """Say of each group whether its mean risk is the risk of nearly each in it.

    Of a dozen copies of a form, or of a dozen people who differ in what a model hardly looks at,
    the mean tells what the model expects of one.

    Parameters
    ----------
    members : one row per group, one column per response
    risk : what a model expects of each response, in [0, 1]
    unanimity : share of a group from which it is nearly each
    """
    total = np.maximum(members @ weight, 1e-300)
    mean = (members @ (weight * risk)) / total
    rows = np.repeat(np.arange(members.shape[0]), np.diff(members.indptr))
    same = np.abs(risk[members.indices] - mean[rows]) <= _SAME_RISK
    n = np.diff(members.indptr)
    alike = np.bincount(rows, weights=same, minlength=members.shape[0])
    return np.asarray((n > 0) & (alike >= unanimity * n))


def _is_alike(
    members: csr_array, values: Array, n: NDArray[np.int64], people: Array, unanimity: float
) -> NDArray[np.bool_]:
    known = ~np.isnan(values)
    with_outcome = members @ np.where(known, values, 0.0)
    asked = members @ known.astype(float)
    share = np.divide(with_outcome, asked, out=np.zeros(len(asked)), where=asked > 0)
    all_answered = np.isnan(people) | (n >= unanimity * people)
    nobody = (asked > 0) & (with_outcome == 0) & all_answered
    return np.asarray((share >= unanimity) | nobody)


def _heaviest_share(members: csr_array, weight: Array) -> Array:
    """Share of a group's weight that its two heaviest respondents carry."""
    shares = np.zeros(members.shape[0])
    for place, (start, end) in enumerate(zip(members.indptr, members.indptr[1:], strict=False)):
        own = weight[members.indices[start:end]]
        total = own.sum()
        heaviest = np.partition(own, -_HEAVIEST)[-_HEAVIEST:] if len(own) > _HEAVIEST else own
        shares[place] = heaviest.sum() / total if total > 0 else 1.0
    return shares
