"""Groups by which results are broken down: the codebook's columns, numbers in bands."""

from typing import Any

import pandas as pd

from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.held import Responses


def break_down(responses: Responses, codebook: Codebook) -> dict[str, pd.Series]:
    """Give the group of each response, for each column by which results are broken down."""
    return {
        name: _grouped(responses[name], codebook.columns[name].bands)
        for name in codebook.report_by
        if name in responses
    }


def break_down_people(responses: Responses, codebook: Codebook) -> dict[str, pd.Series]:
    """Give the audit attributes of each response, and what else people differ by, without units."""
    names = dict.fromkeys([*(c.name for c in codebook.with_role("audit")), *codebook.report_by])
    columns = [codebook.columns[name] for name in names if name in responses]
    return {
        column.name: _grouped(responses[column.name], column.bands)
        for column in columns
        if column.role != "unit" and (column.bands or column.codes)
    }


def in_order(group: pd.Series, of: pd.Series) -> list[Any]:
    """Give the levels of a breakdown: bands from low to high, then other levels as texts.

    Parameters
    ----------
    group : one level per response, perhaps with some taken together
    of : the breakdown as it was

    >>> ages = pd.Series(pd.cut([30, 60, 40], [0, 35, 55, 99], labels=["<35", "35-54", "55+"]))
    >>> in_order(ages, ages)
    ['<35', '35-54', '55+']
    """
    is_banded = isinstance(of.dtype, pd.CategoricalDtype)
    bands = [str(band) for band in of.cat.categories] if is_banded else []

    def place(level: Any) -> tuple[int, str]:
        name = str(level)
        return (bands.index(name) if name in bands else len(bands), name)

    return sorted(group.dropna().unique(), key=place)


def _grouped(answers: pd.Series, bands: tuple[float, ...]) -> pd.Series:
    if not bands:
        return answers
    names = [
        f"<{bands[0]:g}",
        *(f"{low:g}-{high - 1:g}" for low, high in zip(bands, bands[1:], strict=False)),
        f"{bands[-1]:g}+",
    ]
    edges = [-float("inf"), *bands, float("inf")]
    return pd.cut(answers, edges, right=False, labels=names)
