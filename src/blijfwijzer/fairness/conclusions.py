"""One plain sentence on whom the vouchers miss, for each attribute."""

import math

import numpy as np
import pandas as pd

from blijfwijzer.survey.codebook import Column
from blijfwijzer.survey.texts import Message, Text

SMALL_GAP = 0.05
"""A gap that surely lies below this does not matter in practice (five percentage points)."""
REVIEW_RATIO = 0.8
"""A selection ratio below this is a reason to look closer, never a pass mark: the four-fifths rule
of the Uniform Guidelines on Employee Selection Procedures (1978, 29 CFR 1607.4 D)."""


def conclude(
    attribute: str, by_group: pd.DataFrame, gaps: pd.DataFrame, column: Column | None
) -> Message:
    """Say what the figures do and do not show about the people who are missed.

    "No difference" is said only when the 95 % interval of the largest gap lies within five
    points (an equivalence test; Schuirmann 1987); otherwise a gap is shown or too uncertain.

    Parameters
    ----------
    by_group, gaps : as in `Targeting`
    column : the attribute in the codebook, for its words; None names it as it is
    """
    of_attribute = gaps[gaps["attribute"] == attribute]
    exclusion, selection = (
        of_attribute[of_attribute["measure"] == measure].iloc[0]
        for measure in ("exclusion", "selection")
    )
    missed = _sentence(exclusion, by_group[by_group["attribute"] == attribute], column)
    values = {"attribute": column.label if column else attribute, "missed": missed}
    ratio = selection["ratio"]
    if not ratio < REVIEW_RATIO:
        return Message("fairness.conclusion", values)
    shown = math.floor(100 * ratio) / 100
    if shown == 0:  # as a ratio it would say less than what it means
        return Message("fairness.conclusion_unselected", values)
    return Message("fairness.conclusion_reviewed", {**values, "ratio": shown})


def _sentence(gap: pd.Series, groups: pd.DataFrame, column: Column | None) -> Message:
    if gap["groups"] < 2:
        return Message("fairness.missed.too_few")
    low, high = gap["gap_low"], gap["gap_high"]
    if not np.isfinite(high):
        return Message("fairness.missed.too_few_units")
    # Bounds are rounded outwards, so that a sentence never claims more than was found.
    least, most = math.floor(100 * low), math.ceil(100 * high - 1e-9)
    if high <= SMALL_GAP:
        return Message("fairness.missed.alike", {"most": most})
    if low <= 0:
        return Message("fairness.missed.uncertain", {"most": most})
    rates = groups[groups["measure"] == "exclusion"].set_index("group")["value"]
    return Message(
        "fairness.missed.apart",
        {
            "highest": words_of(str(gap["highest"]), column),
            "lowest": words_of(str(gap["lowest"]), column),
            "more": 100 * float(rates[gap["highest"]]),
            "less": 100 * float(rates[gap["lowest"]]),
            "least": least,
            "most": most,
        },
    )


def words_of(group: str, column: Column | None) -> Text | str:
    """Give the codebook's words for a group, or its name."""
    if column is None:
        return group
    by_value = {f"{value:g}": column.codes.get(code, code) for code, value in column.values.items()}
    texts: dict[str, Text | str] = {**by_value, **column.codes}
    return texts.get(group) or texts.get(group.removesuffix(".0")) or group
