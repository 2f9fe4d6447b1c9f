"""Groups by which results are broken down: the codebook's columns, numbers in bands."""

import pandas as pd

from blijfwijzer.survey.codebook import Codebook


def break_down(responses: pd.DataFrame, codebook: Codebook) -> dict[str, pd.Series]:
    """Give the group of each response, for each column by which results are broken down."""
    return {
        name: _grouped(responses[name], codebook.columns[name].bands)
        for name in codebook.report_by
        if name in responses
    }


def break_down_people(responses: pd.DataFrame, codebook: Codebook) -> dict[str, pd.Series]:
    """Give the audit attributes of each response, and what else people differ by, without units."""
    names = dict.fromkeys([*(c.name for c in codebook.with_role("audit")), *codebook.report_by])
    columns = [codebook.columns[name] for name in names if name in responses]
    return {
        column.name: _grouped(responses[column.name], column.bands)
        for column in columns
        if column.role != "unit" and (column.bands or column.codes)
    }


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
