"""Whether a group by itself is too small, too alike or too lopsided to show."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blijfwijzer.settings import DisclosureSettings

Array = NDArray[np.float64]

SHOWN = ""
"""Reason of a group that passes."""
_HEAVIEST = 2


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

    An outcome is a sensitive answer, so a group is too alike when `unanimity` of it has the
    outcome. That all lack it tells something of each only if it is known that all of them
    responded; where that is not known it counts as known.

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
            [_is_alike(members, v, n, people, settings.unanimity) for v in values.values()], axis=0
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
