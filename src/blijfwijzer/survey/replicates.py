"""Replicate weights: as many other weights per response, by which a file tells its own error."""

from collections.abc import Iterable
from itertools import count, takewhile

import pandas as pd

from blijfwijzer.errors import BlijfwijzerError, WeightError
from blijfwijzer.survey.answers import read_answers
from blijfwijzer.survey.codebook import Codebook, Column, Text


def replicate_names(columns: Iterable[object], codebook: Codebook) -> list[str]:
    """Names of the replicate weights among columns: numbered from 1, without gaps."""
    if codebook.weight is None or not codebook.weight.replicates:
        return []
    present, start = {str(name) for name in columns}, codebook.weight.replicates
    return list(takewhile(present.__contains__, (f"{start}{number}" for number in count(1))))


def read_replicates(
    file: str, frame: pd.DataFrame, codebook: Codebook
) -> tuple[pd.DataFrame, BlijfwijzerError | None]:
    """Read replicate weights as numbers, or say why they cannot be used.

    Zero is allowed: a jackknife leaves people out. What is no number of zero or more is missing,
    so that the response is rejected.
    """
    names = replicate_names(frame.columns, codebook)
    column = Column(
        name="replicate",
        label=Text(nl="herweging", en="replicate"),
        role="weight",
        range=(0.0, float("inf")),
    )
    read = {name: read_answers(frame[name], column, []).values for name in names}
    replicates = pd.DataFrame(read, index=pd.RangeIndex(len(frame)))
    asked = codebook.weight is not None and codebook.weight.replicates
    if asked and len(names) == 1:
        return replicates, WeightError(
            f"{file}: {len(names)} replicate weight, named {asked}1; there must be two or more, or "
            "none. Add the others to the export, or leave this one out."
        )
    if (replicates.sum() <= 0).any():
        empty = int((replicates.sum() <= 0).sum())
        return replicates, WeightError(
            f"{file}: {empty} of {len(names)} replicate weights add up to nothing. Correct them "
            "in the export."
        )
    return replicates, None
