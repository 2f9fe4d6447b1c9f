"""Which scales are dimensions of culture, and how their numbers are read."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blijfwijzer.errors import CultureError
from blijfwijzer.settings import CultureSettings
from blijfwijzer.survey.arrays import Array
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.concepts import BESIDE_CULTURE, CULTURE
from blijfwijzer.survey.held import Responses

DimensionKind = Literal["culture", "condition", "other"]
"""A dimension of culture; red tape or room, which are conditions beside these; or a scale of a
survey that does not ask about culture."""

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
    kind: DimensionKind = "culture"

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
    """Find the scales that are dimensions of culture, for all that speaks of culture.

    Those that the settings name; else those of the culture construct, and those that the codebook
    maps to a dimension of the policy paper or to a condition beside these; else, in a survey that
    has no scale of the construct, all scales.

    Returns
    -------
    None where the codebook has no scales.

    Raises
    ------
    CultureError
        The settings name a scale that is not there.
    """
    unknown = [name for name in settings.dimensions if name not in codebook.scales]
    if unknown:
        raise CultureError(
            f"codebook {codebook.survey.name}: {len(unknown)} dimensions: {', '.join(unknown)}. "
            f"Choose from {', '.join(codebook.scales) or 'scales that you add under [scales]'}."
        )
    if settings.dimensions:
        return tuple(read_dimension(name, codebook) for name in settings.dimensions)
    kinds = _kinds(codebook, settings.of_construct)
    of_construct = [s for s in codebook.scales.values() if s.in_construct == settings.of_construct]
    return tuple(
        read_dimension(name, codebook, kind)
        for name, kind in kinds.items()
        if kind != "other" or not of_construct
    )


def dimensions_only(dimensions: tuple[Dimension, ...]) -> tuple[Dimension, ...]:
    """Leave red tape and room out, and in a survey that asks about culture all other scales."""
    of_culture = tuple(d for d in dimensions if d.kind == "culture")
    return of_culture or tuple(d for d in dimensions if d.kind == "other")


def _kinds(codebook: Codebook, construct: str) -> dict[str, DimensionKind]:
    """Scale to its kind, in the order of the codebook."""
    concepts = codebook.concepts
    mapped, beside = (
        {concepts[name].scale for name in names if name in concepts}
        for names in (CULTURE, BESIDE_CULTURE)
    )
    found: dict[str, DimensionKind] = {}
    for scale in codebook.scales.values():
        is_culture = scale.in_construct == construct or scale.name in mapped
        found[scale.name] = (
            "condition" if scale.name in beside else "culture" if is_culture else "other"
        )
    return found


def read_scores(scales: Responses, dimension: Dimension) -> Array:
    """Scores of one dimension; all missing where the survey lacks it."""
    if dimension.name not in scales:
        return np.full(len(scales), np.nan)
    return scales[dimension.name].to_numpy(dtype=float)


def read_dimension(name: str, codebook: Codebook, kind: DimensionKind = "culture") -> Dimension:
    """Read a scale as a dimension."""
    scale = codebook.scales[name]
    # A codebook's scales have items with one and the same span; `Codebook` refuses others.
    low, high = codebook.columns[scale.items[0]].span or (1.0, 5.0)
    return Dimension(name, low, high, scale.higher_is == "worse", kind)


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
