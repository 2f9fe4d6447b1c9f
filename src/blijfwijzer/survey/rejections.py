"""Why a response is rejected, and how many are."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Reason = Literal[
    "out_of_range_code",
    "duplicate_id",
    "missing_unit",
    "missing_weight",
    "weight_of_zero",
    "straight_lining",
    "other_reasons",
]
_WORDS: dict[Reason, str] = {
    "out_of_range_code": "out-of-range code",
    "straight_lining": "straight-lining",
}
"""How the screen and the file for programs have a reason, where that is not its name in words."""


@dataclass(frozen=True)
class Rejection:
    """A reason for which a response is rejected, and the column that it is about, if any."""

    reason: Reason
    column: str = ""

    def __str__(self) -> str:
        """Say it as the screen does."""
        told = _WORDS.get(self.reason, self.reason.replace("_", " "))
        return f"{told}: {self.column}" if self.column else told


def count_rejections(rejected: pd.DataFrame) -> list[tuple[Rejection, int]]:
    """Count rejected responses by reason, the most frequent first; a response can have several.

    Parameters
    ----------
    rejected : one row per rejected response, with a column `reasons`
    """
    counts = Counter(rejection for rejections in rejected["reasons"] for rejection in rejections)
    return sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
