"""Which scales are dimensions of culture, and how their numbers are read."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import CultureError
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook

BETTER, WORSE, SAME = "better", "worse", ""
"""Marks: which way a difference that is sure and large enough goes; for red tape less is better."""


@dataclass(frozen=True)
class Dimension:
    """A scale that says how it is to work somewhere."""

    name: str
    low: float
    """Lowest score it can have."""
    high: float
    is_turned: bool
    """Whether a higher score is worse, as of red tape."""

    @property
    def span(self) -> float:
        """Distance between the lowest and the highest score."""
        return self.high - self.low

    def grade(self, score: Array) -> Array:
        """Give a score as a grade of 1-10, where 10 is best: 1 + 2.25 (x - 1) on 1-5."""
        return np.asarray(1 + 9 * self._place(score))

    def is_favourable(self, score: Array, place: float) -> Array:
        """Whether each score lies at `place` of the span or better: 1, 0, or NaN if missing."""
        share = self._place(score)
        # 3.5 of an average of thirds must count, whatever floating point makes of it.
        return np.where(np.isnan(share), np.nan, (share >= place - 1e-9).astype(float))

    def _place(self, score: Array) -> Array:
        """Give scores as places on the span, 1 being best."""
        share = (score - self.low) / self.span
        return 1 - share if self.is_turned else share

    def turn(self, score: Array) -> Array:
        """Give scores of which a higher one is better."""
        return self.low + self.high - score if self.is_turned else score


def find_dimensions(codebook: Codebook, settings: CultureSettings) -> tuple[Dimension, ...]:
    """Find the scales that are dimensions of culture.

    Those that the settings name; else those of the culture construct; else, in a survey that does
    not ask about culture, all scales.

    Raises
    ------
    CultureError
        The settings name a scale that is not there, or the codebook has no scales.
    """
    unknown = [name for name in settings.dimensions if name not in codebook.scales]
    if unknown or not codebook.scales:
        raise CultureError(
            f"codebook {codebook.survey.name}: {len(unknown) or 'no'} dimensions: "
            f"{', '.join(unknown) or 'it has no scales'}. "
            f"Choose from {', '.join(codebook.scales) or 'scales that you add under [scales]'}."
        )
    scales = codebook.scales.values()
    names = settings.dimensions or [
        s.name for s in scales if s.in_construct == settings.of_construct
    ]
    return tuple(read_dimension(name, codebook) for name in names or codebook.scales)


def read_scores(scales: pd.DataFrame, dimension: Dimension) -> Array:
    """Scores of one dimension; all missing where the survey lacks it."""
    if dimension.name not in scales:
        return np.full(len(scales), np.nan)
    return scales[dimension.name].to_numpy(dtype=float)


def read_dimension(name: str, codebook: Codebook) -> Dimension:
    """Read a scale as a dimension."""
    scale = codebook.scales[name]
    # A codebook's scales have items with one and the same span; `Codebook` refuses others.
    low, high = codebook.columns[scale.items[0]].span or (1.0, 5.0)
    return Dimension(name, low, high, scale.higher_is == "worse")


def mark(
    differences: pd.DataFrame, dimensions: Iterable[Dimension], settings: CultureSettings
) -> NDArray[np.object_]:
    """Mark differences that are sure and large enough by the way they go.

    Parameters
    ----------
    differences : one row each: dimension, difference, d, is_sure
    """
    known = {dimension.name: dimension for dimension in dimensions}
    of_each = [known[name] for name in differences["dimension"]]
    floor = [settings.floor * dimension.span for dimension in of_each]
    turned = [-1 if dimension.is_turned else 1 for dimension in of_each]
    large = (differences["difference"].abs() >= floor) & (
        differences["d"].abs() >= settings.floor_d
    )
    way = np.where(differences["difference"] * turned > 0, BETTER, WORSE)
    return np.where(differences["is_sure"] & large, way, SAME)
