"""One plain sentence on whom the vouchers miss, for each attribute."""

import math

import numpy as np
import pandas as pd

from blijfwijzer.survey.codebook import Column, Text

SMALL_GAP = 0.05
"""A gap that surely lies below this does not matter in practice (five percentage points)."""
REVIEW_RATIO = 0.8
"""A selection ratio below this is a reason to look closer, never a pass mark: the four-fifths rule
of the Uniform Guidelines on Employee Selection Procedures (1978, 29 CFR 1607.4 D)."""


def conclude(
    attribute: str, by_group: pd.DataFrame, gaps: pd.DataFrame, column: Column | None
) -> Text:
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
    label = column.label if column else Text(nl=attribute, en=attribute)
    missed = _sentence(exclusion, by_group[by_group["attribute"] == attribute], column)
    review = _review(selection)
    return Text(
        nl=f"{label.nl}: {missed.nl}{review.nl}",
        en=f"{label.en}: {missed.en}{review.en}",
    )


def _sentence(gap: pd.Series, groups: pd.DataFrame, column: Column | None) -> Text:
    if gap["groups"] < 2:
        return Text(
            nl="te weinig waarnemingen om groepen te vergelijken.",
            en="too few responses to compare groups.",
        )
    low, high = gap["gap_low"], gap["gap_high"]
    if not np.isfinite(high):
        return Text(
            nl="te onzeker om iets over verschil te zeggen (te weinig werkeenheden).",
            en="too uncertain to say anything about a difference (too few units).",
        )
    # Bounds are rounded outwards, so that a sentence never claims more than was found.
    least, most = math.floor(100 * low), math.ceil(100 * high - 1e-9)
    if high <= SMALL_GAP:
        return Text(
            nl="geen verschil van betekenis in wie van de mensen die achterblijven gemist wordt "
            f"(hoogstens {most} procentpunt).",
            en="no difference that matters in who of the people falling behind is missed "
            f"(at most {most} percentage points).",
        )
    if low <= 0:
        return Text(
            nl="te onzeker om te zeggen of de ene groep vaker gemist wordt dan de andere "
            f"(het grootste verschil ligt tussen 0 en {most} procentpunt).",
            en="too uncertain to say whether one group is missed more often than another "
            f"(the largest difference lies between 0 and {most} percentage points).",
        )
    rates = groups[groups["measure"] == "exclusion"].set_index("group")["value"]
    more, less = rates[gap["highest"]], rates[gap["lowest"]]
    most_missed, least_missed = (words_of(str(gap[end]), column) for end in ("highest", "lowest"))
    return Text(
        nl=f"van de mensen die achterblijven wordt bij {most_missed.nl} {more:.0%} gemist en bij "
        f"{least_missed.nl} {less:.0%}; het grootste verschil ligt tussen {least} en {most} "
        "procentpunt.",
        en=f"of the people falling behind, {more:.0%} is missed among {most_missed.en} and "
        f"{less:.0%} among {least_missed.en}; the largest difference lies between {least} and "
        f"{most} percentage points.",
    )


def _review(gap: pd.Series) -> Text:
    ratio = gap["ratio"]
    if not ratio < REVIEW_RATIO:
        return Text(nl="", en="")
    shown = f"{math.floor(100 * ratio) / 100:.2f}"
    return Text(
        nl=f" De selectieratio is {shown.replace('.', ',')}, onder 0,80: reden om na te gaan "
        "waarom.",
        en=f" The selection ratio is {shown}, below 0.80: a reason to find out why.",
    )


def words_of(group: str, column: Column | None) -> Text:
    """Give the codebook's words for a group, or its name."""
    if column is None:
        return Text(nl=group, en=group)
    by_value = {f"{value:g}": code for code, value in column.values.items()}
    group = group.removesuffix(".0")
    code = group if group in column.codes else by_value.get(group, group)
    return column.codes.get(code, Text(nl=group, en=group))
